import { type Static, Type } from 'typebox';
import type { CalendarDefinition } from '../../../calendar/calendar.ts';
import { NextFire } from './kept-definition.ts';
import { route } from './route.ts';
import {
  BusinessDate,
  Done,
  FieldProblem,
  FiringReason,
  Id,
  Instant,
  maybe,
  Name,
  orNull,
  PAGE,
  pageOf,
  RequestId,
  strict,
  words,
} from './shapes.ts';

export const CalendarShape = Type.Unsafe<CalendarDefinition>({
  type: 'object',
  description: 'docs/scheduling.md has each field',
});
export const CalendarView = Type.Object({
  calendar: CalendarShape,
  version: Type.Integer(),
  updatedAtMs: Instant,
  usedBy: Type.Array(Type.Object({ kind: words(['job', 'chain']), name: Type.String() })),
});
export type CalendarView = Static<typeof CalendarView>;

/** What a cron text says, while somebody types it. `problem` null: it is good. */
export const CronPreview = Type.Object({
  problem: orNull(FieldProblem),
  /** What it says, in words; null when it says nothing. */
  text: orNull(Type.Object({ en: Type.String(), zh: Type.String() })),
  /** Without calendar and window: of the text alone. */
  items: Type.Array(NextFire),
  /** Changes of the clocks of the zone in the next year. */
  clockChanges: Type.Array(
    Type.Object({ atMs: Instant, offsetBeforeMs: Type.Integer(), offsetAfterMs: Type.Integer() }),
  ),
});
export type CronPreview = Static<typeof CronPreview>;

export const FIRE_STATE_WORDS = ['planned', 'fired', 'merged', 'skipped', 'held', 'truncated'] as const;
export const Fire = Type.Object({
  id: Id,
  job: orNull(Type.String()),
  chain: orNull(Type.String()),
  origin: Type.String(),
  state: words(FIRE_STATE_WORDS),
  reason: orNull(Type.String()),
  plannedAtMs: Instant,
  businessDate: Type.String(),
  by: orNull(Type.String()),
  decidedAtMs: orNull(Instant),
  runId: orNull(Id),
  chainRunId: orNull(Id),
  mergedInto: orNull(Id),
  range: orNull(Type.Object({ toMs: Instant, count: Type.Integer() })),
});
export type Fire = Static<typeof Fire>;

export const HOLD_SCOPES = ['cluster', 'group', 'chain', 'job'] as const;
export const HoldLine = Type.Object({
  scope: words(HOLD_SCOPES),
  name: Type.String(),
  onResume: words(['all', 'latest', 'none']),
  reason: Type.String(),
  by: Type.String(),
  heldAtMs: Instant,
  heldFires: Type.Integer(),
});
export type HoldLine = Static<typeof HoldLine>;

export const Backfill = Type.Object({
  id: Id,
  job: orNull(Type.String()),
  chain: orNull(Type.String()),
  state: words(['running', 'paused', 'done', 'failed', 'cancelled']),
  reason: orNull(Type.String()),
  fromDate: Type.String(),
  toDate: Type.String(),
  nextDate: orNull(Type.String()),
  by: Type.String(),
  createdAtMs: Instant,
  endedAtMs: orNull(Instant),
  /** How many dates were started, and how they stand. */
  progress: Type.Unsafe<Readonly<Record<string, number>>>({ type: 'object' }),
});
export type Backfill = Static<typeof Backfill>;

const calendar = strict({ calendar: Name });
const backfillId = strict({ backfillId: Id });
const ofBackfill = { kind: 'backfill', in: 'params', field: 'backfillId' } as const;

export const timingRoutes = {
  'GET /cron/preview': route({
    summary: 'What a cron text says: words in two languages, the next fires, or what is wrong with it and where.',
    permission: 'session',
    subject: { kind: 'none' },
    query: strict({
      text: Type.String({ maxLength: 200 }),
      dialect: words(['quartz', 'unix']),
      zone: Type.String({ maxLength: 64 }),
      n: maybe(Type.Integer({ minimum: 1, maximum: 100, default: 10 })),
      fromMs: maybe(Instant),
    }),
    reply: CronPreview,
  }),
  'GET /zones': route({
    summary: 'Time zones by name.',
    permission: 'session',
    subject: { kind: 'none' },
    reply: Type.Object({ items: Type.Array(Type.String()) }),
  }),
  'GET /calendars': route({
    summary: 'Calendars.',
    permission: 'view',
    subject: { kind: 'visible' },
    reply: Type.Object({ items: Type.Array(CalendarView) }),
  }),
  'GET /calendars/:calendar': route({
    summary: 'One calendar.',
    permission: 'view',
    subject: { kind: 'visible' },
    params: calendar,
    reply: CalendarView,
  }),
  'PUT /calendars/:calendar': route({
    summary:
      "Stores a calendar or its next version; schedules that go by it follow. Calendars are everybody's: a right to edit in all groups is needed.",
    permission: 'edit',
    subject: { kind: 'installation' },
    params: calendar,
    body: strict({ calendar: CalendarShape }),
    reply: Type.Object({ version: Type.Integer(), changed: Type.Boolean() }),
    audit: 'calendar.save',
    bodyBytesMax: 1_048_576,
  }),
  'GET /calendars/:calendar/days': route({
    summary: 'Which days of a range are in.',
    permission: 'view',
    subject: { kind: 'visible' },
    params: calendar,
    query: strict({ from: BusinessDate, to: BusinessDate }),
    reply: Type.Object({
      items: Type.Array(Type.Object({ date: Type.String(), isIn: Type.Boolean(), name: orNull(Type.String()) })),
      unknownYears: Type.Array(Type.Integer()),
    }),
  }),
  'GET /jobs/:jobId/fires': route({
    summary: 'What was planned or asked for, and what became of it, the newest first.',
    permission: 'view',
    subject: { kind: 'job', in: 'params', field: 'jobId' },
    params: strict({ jobId: Id }),
    query: strict(PAGE),
    reply: pageOf(Fire),
  }),
  'GET /chains/:chain/fires': route({
    summary: 'The same of a chain.',
    permission: 'view',
    subject: { kind: 'chain', in: 'params', field: 'chain' },
    params: strict({ chain: Name }),
    query: strict(PAGE),
    reply: pageOf(Fire),
  }),
  'GET /held-fires': route({
    summary: 'Fires that wait for a hold or for a person.',
    permission: 'view',
    subject: { kind: 'visible' },
    reply: Type.Object({ items: Type.Array(Fire) }),
  }),
  'POST /held-fires/:fireId/decide': route({
    summary: 'Runs a held fire after all, or skips it.',
    permission: 'run',
    subject: { kind: 'fire', in: 'params', field: 'fireId' },
    params: strict({ fireId: Id }),
    body: strict({ decision: words(['run', 'skip']), reason: FiringReason }),
    reply: Type.Object({ state: Type.String() }),
    audit: 'fire.decide',
  }),
  'GET /holds': route({
    summary: 'What people have stopped.',
    permission: 'view',
    subject: { kind: 'visible' },
    reply: Type.Object({ items: Type.Array(HoldLine) }),
  }),
  'POST /holds': route({
    summary: 'Stops a job, chain, group or everything from firing; runs that are there go on.',
    permission: 'run',
    subject: { kind: 'hold', in: 'body', field: 'scope' },
    body: strict({
      scope: words(HOLD_SCOPES),
      name: maybe(Name),
      onResume: maybe(words(['all', 'latest', 'none'])),
      reason: FiringReason,
    }),
    reply: Done,
    audit: 'hold',
  }),
  'POST /holds/release': route({
    summary: 'Takes a hold away; what it held is fired, merged or skipped.',
    permission: 'run',
    subject: { kind: 'hold', in: 'body', field: 'scope' },
    body: strict({ scope: words(HOLD_SCOPES), name: maybe(Name), reason: FiringReason }),
    reply: Type.Object({ fired: Type.Integer(), merged: Type.Integer(), skipped: Type.Integer() }),
    audit: 'hold.release',
  }),
  'GET /backfills': route({
    summary: 'The newest first, at most 100.',
    permission: 'view',
    subject: { kind: 'visible' },
    reply: Type.Object({ items: Type.Array(Backfill) }),
  }),
  'POST /backfills': route({
    summary: 'Runs a job or chain for past business dates.',
    permission: 'run',
    subject: { kind: 'timed', in: 'body', field: 'job' },
    body: strict({
      job: maybe(Name),
      chain: maybe(Name),
      fromDate: BusinessDate,
      toDate: BusinessDate,
      calendar: maybe(Name),
      parallel: maybe(Type.Integer({ minimum: 1, maximum: 100 })),
      stopOnFailure: maybe(Type.Boolean()),
      param: maybe(Type.String({ maxLength: 65_536 })),
      requestId: RequestId,
    }),
    reply: Type.Object({ backfillId: Id, created: Type.Boolean() }),
    audit: 'backfill',
  }),
  'GET /backfills/:backfillId': route({
    summary: 'One backfill.',
    permission: 'view',
    subject: ofBackfill,
    params: backfillId,
    reply: Backfill,
  }),
  'POST /backfills/:backfillId/pause': route({
    summary: 'No further date is started.',
    permission: 'run',
    subject: ofBackfill,
    params: backfillId,
    body: strict({ reason: FiringReason }),
    reply: Done,
    audit: 'backfill.pause',
  }),
  'POST /backfills/:backfillId/resume': route({
    summary: 'Goes on.',
    permission: 'run',
    subject: ofBackfill,
    params: backfillId,
    body: strict({ reason: FiringReason }),
    reply: Done,
    audit: 'backfill.resume',
  }),
  'POST /backfills/:backfillId/cancel': route({
    summary: 'No further date, for good.',
    permission: 'run',
    subject: ofBackfill,
    params: backfillId,
    body: strict({ reason: FiringReason }),
    reply: Done,
    audit: 'backfill.cancel',
  }),
} as const;
