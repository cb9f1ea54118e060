import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Hints } from '../../../shared/redis/hints.ts';
import type { AdminSettings } from '../../admin/admin-options.ts';
import type { AlarmSender } from '../../admin/alarm/alarm-sender.ts';
import type { LiveCounts } from '../../admin/night/live-counts.ts';
import type { Caller } from '../../admin/people/sessions.ts';
import type { SubjectRef } from '../../admin/rights/find-groups.ts';
import type { Principal, Right, Touched, Visible } from '../../admin/rights/rights.ts';
import type { GroupsApi } from '../../registry/groups-api.ts';
import type { Joins } from '../../registry/joins.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import type { Body, Params, Query, Reply, RouteName } from './contract/routes.ts';
import type { LiveHub } from './live/live-hub.ts';

/** What the handlers of one scheduler share beside its context. */
export interface AdminParts {
  /** Reads and writes that belong to no request. Handlers take `call.ctx`, whose changes are audited. */
  readonly ctx: SchedulerContext;
  readonly settings: AdminSettings;
  readonly version: string;
  readonly groups: GroupsApi;
  /** Null: this scheduler takes no one-time tokens. */
  readonly joins: Joins | null;
  /** Seals secrets that have to be kept: passwords of mail servers, signing keys of chats. */
  readonly installationToken: string;
  /** Null: it was sealed with a token that nobody has any more. */
  openSecret(sealed: string): string | null;
  /** Below them jobs may wait for files. */
  readonly arrivalRoots: readonly string[];
  readonly hints: Hints;
  readonly live: LiveHub;
  readonly counts: LiveCounts;
  readonly sender: AlarmSender;
  /** Where the scheduler listens. */
  url(): string;
}

/** One request of a known route, checked: its shape, who asks, and whether they may. */
export interface Call<N extends RouteName> {
  readonly params: Params<N>;
  readonly query: Query<N>;
  readonly body: Body<N>;
  /** Who asks; for public routes nobody may. */
  readonly caller: Caller | null;
  /** Throws UNAUTHORIZED when nobody is known: routes that are not public always have one. */
  readonly principal: Principal;
  /** Their name as it is kept with what they do. */
  readonly by: string;
  readonly visible: Visible;
  /** Every transaction of it is recorded in the audit log, when the route is a change. */
  readonly ctx: SchedulerContext;
  readonly from: string;
  readonly agent: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** What is touched, for the audit log, when the route itself does not say it, e.g. what was made. */
  note(subject: SubjectRef, group?: string | null): void;
  /** Somebody who was nobody has just proven who they are: for the audit log. */
  isNow(caller: Caller): void;
  /** Why, for the audit log. */
  because(reason: string): void;
  /** A right beyond the route's own. Throws FORBIDDEN. */
  mustHave(right: Right, groups: Touched): void;
}

export type Handler<N extends RouteName> = (call: Call<N>) => Promise<Reply<N>>;
/** A handler for each route of a part of the table: one that is missing does not compile. */
export type Handlers<Part> = { readonly [N in keyof Part & RouteName]: Handler<N> };
