import { type Static, Type } from 'typebox';
import { Name, words } from './shapes.ts';

/** What a person or a key may be granted in a group of executors. Each of the others includes `view`. */
export const GRANTABLE = ['view', 'run', 'edit', 'approve'] as const;
export type Grantable = (typeof GRANTABLE)[number];

/**
 * What a route asks for. `public`: nothing. `session`: anybody who is known. `admin`: an administrator, who may do
 * everything in every group. The others: that right in each group of the object.
 */
export type RoutePermission = 'public' | 'session' | Grantable | 'admin';

/** A right in one group, or in all of them: group `*`. */
export const Grant = Type.Object({
  group: Type.Union([Name, Type.Literal('*')]),
  permissions: Type.Array(words(GRANTABLE), { maxItems: 4 }),
});
export type Grant = Static<typeof Grant>;
export const Grants = Type.Array(Grant, { maxItems: 1000 });

/**
 * How the groups of what a route touches are found, before its handler is asked. Every group that is found has to grant
 * the permission: a chain belongs to the groups of all of its nodes.
 * - none: it touches nothing of a group (the caller's own session).
 * - visible: a list; its handler gets the groups that the caller may view, and shows nothing of others.
 * - installation: everything; a right in `*` is needed.
 * - each: a list of ids in the body, each of which is judged by itself and answered by itself.
 * - the others: the object whose id stands in that field of the params, query or body.
 */
export type Subject =
  | { readonly kind: 'none' | 'visible' | 'installation' | 'each' }
  | {
      readonly kind:
        | 'group'
        | 'job'
        | 'chain'
        | 'run'
        | 'chain_run'
        | 'log'
        | 'fire'
        | 'alarm'
        | 'backfill'
        | 'executor'
        | 'approval'
        | 'hold'
        | 'timed'
        | 'definition';
      readonly in: 'params' | 'query' | 'body';
      readonly field: string;
    };
