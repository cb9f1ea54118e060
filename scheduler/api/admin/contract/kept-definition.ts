import { type Static, type TSchema, Type } from 'typebox';
import type { Subject } from './permissions.ts';
import { route } from './route.ts';
import { Done, FieldProblem, Instant, maybe, Name, orNull, Reason, strict } from './shapes.ts';

/**
 * What can be done with a job and with a chain alike: both are definitions that are kept in versions and fire by a
 * schedule. The routes stand in the table of each, in its own order.
 */
export const keptRoutes = <const S extends Subject, P extends TSchema, V extends TSchema, R extends TSchema>(of: {
  readonly kind: 'job' | 'chain';
  readonly subject: S;
  readonly params: P;
  /** Those of one of its versions. */
  readonly version: V;
  readonly saved: R;
}) => {
  const { kind, subject, params } = of;
  return {
    copy: route({
      summary: 'A copy under another name, stopped.',
      permission: 'edit',
      subject,
      params,
      body: strict({ name: Name }),
      reply: of.saved,
      audit: `${kind}.copy`,
    }),
    enable: route({
      summary: 'Lets its schedule fire.',
      permission: 'edit',
      subject,
      params,
      reply: Done,
      audit: `${kind}.enable`,
    }),
    disable: route({
      summary: 'Fires no more by itself.',
      permission: 'edit',
      subject,
      params,
      reply: Done,
      audit: `${kind}.disable`,
    }),
    versions: route({
      summary: 'The newest first, at most 200.',
      permission: 'view',
      subject,
      params,
      reply: Type.Object({ items: Type.Array(Version) }),
    }),
    diff: route({
      summary: 'What differs between this version and another; default: the one before.',
      permission: 'view',
      subject,
      params: of.version,
      query: strict({ from: maybe(Type.Integer({ minimum: 1 })) }),
      reply: Diff,
    }),
    restore: route({
      summary: 'Makes an earlier version the next one.',
      permission: 'edit',
      subject,
      params: of.version,
      body: strict({ reason: Reason }),
      reply: of.saved,
      audit: `${kind}.restore`,
    }),
    nextFires: route({
      summary: 'The next fires as they would be planned now.',
      permission: 'view',
      subject,
      params,
      query: strict({ n: maybe(Type.Integer({ minimum: 1, maximum: 100, default: 10 })) }),
      reply: Type.Object({ zone: Type.String(), items: Type.Array(NextFire) }),
    }),
  };
};

/** What the lists of both are filtered by. */
export const KEPT_FILTER = {
  search: maybe(Type.String({ maxLength: 100 })),
  /** A part of the name alone. */
  name: maybe(Type.String({ maxLength: 64 })),
  tag: maybe(Type.String({ maxLength: 64 })),
  owner: maybe(Type.String({ maxLength: 64 })),
  enabled: maybe(Type.Boolean()),
  /** Those that were taken away; default false. */
  removed: maybe(Type.Boolean()),
} as const;

/** What the caller may do with it. */
export const May = Type.Object({ run: Type.Boolean(), edit: Type.Boolean(), approve: Type.Boolean() });

/** What became of checking a definition: nothing is stored. */
export const Checked = Type.Object({ problems: Type.Array(FieldProblem) });

/** A version of a definition; the newest is the one that counts. */
export const Version = Type.Object({
  version: Type.Integer(),
  isCurrent: Type.Boolean(),
  createdAtMs: Instant,
  by: orNull(Type.String()),
});
export type Version = Static<typeof Version>;

/** One field that differs between two versions. */
export const Difference = Type.Object({ path: Type.String(), before: Type.Unknown(), after: Type.Unknown() });
export const Diff = Type.Object({ from: Type.Integer(), to: Type.Integer(), differences: Type.Array(Difference) });
export type Diff = Static<typeof Diff>;

export const NextFire = Type.Object({
  atMs: Instant,
  businessDate: Type.String(),
  /** Wall time in the zone with its offset, e.g. `2026-11-20 02:30:00 +08:00`. */
  local: Type.String(),
  /** The clocks of the zone change between the fire before (or now) and this one. */
  clockChange: orNull(Type.Object({ atMs: Instant, offsetBeforeMs: Type.Integer(), offsetAfterMs: Type.Integer() })),
});
export type NextFire = Static<typeof NextFire>;
