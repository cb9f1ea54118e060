import { type Static, Type } from 'typebox';
import { Alarm } from './alarm-routes.ts';
import { ChainRunDetail, ChainRunLine } from './chain-run-routes.ts';
import { Executor, HeldShard } from './group-routes.ts';
import { RUN_STATES } from './job-routes.ts';
import { route } from './route.ts';
import {
  BusinessDate,
  Id,
  Instant,
  MoneyTotal,
  maybe,
  Name,
  orNull,
  PAGE,
  pageOf,
  Reason,
  strict,
  words,
} from './shapes.ts';

/** Everything that the home page shows at one look. Live changes come by the stream's topics `tonight` and `alarms`. */
export const Tonight = Type.Object({
  nowMs: Instant,
  /** Chains that run now, and else the last run of each chain that fires by itself. The first is the one to show. */
  chainRuns: Type.Array(ChainRunLine),
  /** The one that was asked for, or the first of the above; null when no chain ever ran. */
  shown: orNull(ChainRunDetail),
  executors: Type.Array(Executor),
  /** Attempts in executors' hands, the oldest first, at most 200. */
  inFlight: Type.Array(HeldShard),
  alarms: Type.Array(Alarm),
  openRuns: Type.Object({ waiting: Type.Integer(), running: Type.Integer(), dispatched: Type.Integer() }),
  /** The next fires of anything that fires by itself, at most 10. */
  next: Type.Array(Type.Object({ kind: words(['job', 'chain']), name: Type.String(), atMs: Instant })),
});
export type Tonight = Static<typeof Tonight>;

/** Past runs of a chain by its nodes: the newest first. */
export const NightGrid = Type.Object({
  chain: Type.String(),
  nodes: Type.Array(Type.String()),
  rows: Type.Array(
    Type.Object({
      run: ChainRunLine,
      /** In the order of `nodes`; null: it had no run. */
      cells: Type.Array(
        orNull(Type.Object({ runId: Id, state: words(RUN_STATES), durationMs: orNull(Type.Integer()) })),
      ),
    }),
  ),
});
export type NightGrid = Static<typeof NightGrid>;

/** An item of the money protocol: one thing to be debited. States are those of docs/money.md. */
export const Item = Type.Object({
  runId: Id,
  sliceNo: Type.Integer(),
  seq: Type.Integer(),
  /** What the business calls it, e.g. a contract number; masked as the executor masks it. */
  key: Type.String(),
  requestNo: orNull(Type.String()),
  leg: Type.String(),
  currency: Type.String(),
  amountMinor: Type.String(),
  state: Type.String(),
  reason: orNull(Type.String()),
  attempt: Type.Integer(),
  businessDate: orNull(Type.String()),
  /** Unresolved ones: since when, and when the downstream is asked next. */
  openedAtMs: orNull(Instant),
  nextCheckAtMs: orNull(Instant),
});
export type Item = Static<typeof Item>;

export const ItemEvent = Type.Object({
  atMs: orNull(Instant),
  /** state, call, evidence, ledger, hand, ... */
  kind: Type.String(),
  /** One line in English, e.g. `PROCESSING > SUCCESS`. */
  text: Type.String(),
  /** The same as a word and its values, for those who say it in another language; not there: the line is all there is. */
  says: maybe(
    Type.Object({
      code: Type.String({ maxLength: 64 }),
      values: Type.Record(Type.String({ maxLength: 64 }), Type.Union([Type.String(), Type.Number()])),
    }),
  ),
  by: orNull(Type.String()),
  /** What was sent or answered, as it was kept: text, to be shown as text. */
  body: orNull(Type.String()),
});
export type ItemEvent = Static<typeof ItemEvent>;

export const NightLine = Type.Object({
  nightId: Type.String(),
  businessDate: Type.String(),
  chainRunId: orNull(Id),
  state: Type.String(),
  startedAtMs: orNull(Instant),
  endedAtMs: orNull(Instant),
  totals: Type.Array(MoneyTotal),
  differences: orNull(Type.Integer()),
});
export type NightLine = Static<typeof NightLine>;

/** A night's report: tables, each with a title, so that two nights can be laid side by side. */
export const NightReport = Type.Object({
  night: NightLine,
  sections: Type.Array(
    Type.Object({
      name: Type.String(),
      title: Type.String(),
      columns: Type.Array(Type.String()),
      rows: Type.Array(Type.Array(Type.Union([Type.String(), Type.Number(), Type.Null()]))),
    }),
  ),
  /** The whole report as the handler made it. */
  document: Type.Unknown(),
});
export type NightReport = Static<typeof NightReport>;

export const RunReportRow = Type.Object({
  /** A day (YYYY-MM-DD, UTC) or a job's name. */
  key: Type.String(),
  jobId: orNull(Id),
  runs: Type.Integer(),
  succeeded: Type.Integer(),
  failed: Type.Integer(),
  other: Type.Integer(),
  durationP50Ms: orNull(Type.Integer()),
  durationP95Ms: orNull(Type.Integer()),
  latenessP50Ms: orNull(Type.Integer()),
  latenessP95Ms: orNull(Type.Integer()),
});
export type RunReportRow = Static<typeof RunReportRow>;

const inGroup = { kind: 'group', in: 'query', field: 'group' } as const;
const bodyGroup = { kind: 'group', in: 'body', field: 'group' } as const;
const RequestNo = Type.String({ minLength: 1, maxLength: 64 });

export const nightRoutes = {
  'GET /tonight': route({
    summary: 'The home page in one answer.',
    permission: 'view',
    subject: { kind: 'visible' },
    query: strict({ chainRunId: maybe(Id) }),
    reply: Tonight,
  }),
  'GET /grid': route({
    summary: 'The last runs of a chain by its nodes.',
    permission: 'view',
    subject: { kind: 'chain', in: 'query', field: 'chain' },
    query: strict({ chain: Name, n: maybe(Type.Integer({ minimum: 1, maximum: 60, default: 14 })) }),
    reply: NightGrid,
  }),
  'GET /items': route({
    summary: 'Finds items by a contract, account or request number, asked of an executor of the group.',
    permission: 'view',
    subject: inGroup,
    query: strict({ ...PAGE, group: Name, q: Type.String({ minLength: 1, maxLength: 100 }) }),
    reply: pageOf(Item),
    heavy: true,
  }),
  'GET /items/unresolved': route({
    summary: 'Items whose outcome is not known, the oldest first, with when the downstream is asked next.',
    permission: 'view',
    subject: inGroup,
    query: strict({ ...PAGE, group: Name, state: maybe(Type.String({ maxLength: 32 })) }),
    reply: pageOf(Item),
    heavy: true,
  }),
  'GET /items/history': route({
    summary: 'Everything that is known of one item: states, calls, evidence.',
    permission: 'view',
    subject: inGroup,
    query: strict({ group: Name, requestNo: RequestNo }),
    reply: Type.Object({ item: Item, events: Type.Array(ItemEvent) }),
  }),
  'POST /items/ask-now': route({
    summary: 'Has the downstream asked now what became of an item.',
    permission: 'run',
    subject: bodyGroup,
    body: strict({ group: Name, requestNo: RequestNo }),
    reply: Type.Object({ asked: Type.Boolean(), text: orNull(Type.String()) }),
    audit: 'item.ask-now',
  }),
  'POST /items/resolve': route({
    summary: 'Asks that an item counts as debited, not debited, or is tried again; somebody else has to approve.',
    permission: 'run',
    subject: bodyGroup,
    body: strict({ group: Name, requestNo: RequestNo, as: words(['success', 'failed', 'retry']), reason: Reason }),
    reply: Type.Object({ approvalId: Id }),
    audit: 'item.resolve',
  }),
  'GET /nights': route({
    summary: 'Nights of a group, the newest first; with `chainRunId` that of one chain run, if it was one.',
    permission: 'view',
    subject: inGroup,
    query: strict({ ...PAGE, group: Name, chainRunId: maybe(Id) }),
    reply: pageOf(NightLine),
  }),
  'GET /nights/report': route({
    summary: 'The report of one night; for comparing two, ask for both.',
    permission: 'view',
    subject: inGroup,
    query: strict({ group: Name, nightId: Type.String({ minLength: 1, maxLength: 64 }) }),
    reply: NightReport,
    heavy: true,
  }),
  'GET /reports/runs': route({
    summary:
      'Runs by day or by job, jobs a page at a time: counts, and p50 and p95 of duration and lateness, within a hundredth. At most 92 days.',
    permission: 'view',
    subject: { kind: 'visible' },
    query: strict({
      ...PAGE,
      by: words(['day', 'job']),
      from: BusinessDate,
      to: BusinessDate,
      group: maybe(Name),
      jobId: maybe(Id),
    }),
    reply: pageOf(RunReportRow),
    heavy: true,
  }),
} as const;
