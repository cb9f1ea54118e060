import { type Static, Type } from 'typebox';
import { LOG_LEVELS } from '../../../../shared/log-level.ts';
import { Progress } from './chain-run-routes.ts';
import { RUN_STATES, Started } from './job-routes.ts';
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
  RequestId,
  strict,
  words,
} from './shapes.ts';

export const RERUN_KINDS = ['all', 'failed', 'resume'] as const;
export const SHARD_STATES = ['ready', 'sent', 'running', 'succeeded', 'failed', 'cancelled'] as const;

/** A line of the list of runs. */
export const RunLine = Type.Object({
  id: Id,
  jobId: Id,
  job: Type.String(),
  group: Type.String(),
  chainRunId: orNull(Id),
  chain: orNull(Type.String()),
  state: words(RUN_STATES),
  /** While it waits, for what: executors, earlier (a run of the job), limit (of the group), input (a file). */
  waitsFor: orNull(words(['executors', 'earlier', 'limit', 'input'])),
  reason: orNull(Type.String()),
  businessDate: Type.String(),
  origin: Type.String(),
  by: orNull(Type.String()),
  rerunOf: orNull(Id),
  plannedAtMs: Instant,
  startedAtMs: Instant,
  endedAtMs: orNull(Instant),
  /** From start to end, or to now. */
  durationMs: Type.Integer(),
  /** From the planned instant to the start. */
  latenessMs: Type.Integer(),
  shardTotal: orNull(Type.Integer()),
});
export type RunLine = Static<typeof RunLine>;

export const Attempt = Type.Object({
  logId: Id,
  no: Type.Integer(),
  executorId: Id,
  address: Type.String(),
  state: words(['sent', 'running', 'succeeded', 'failed', 'refused', 'lost', 'cancelled', 'stopping']),
  reason: orNull(Type.String()),
  sentAtMs: Instant,
  acceptedAtMs: orNull(Instant),
  endedAtMs: orNull(Instant),
  sends: Type.Integer(),
});
export type Attempt = Static<typeof Attempt>;

export const Shard = Type.Object({
  index: Type.Integer(),
  /** shard, or what runs once before the first and after the last. */
  phase: words(['before', 'shard', 'after']),
  state: words(SHARD_STATES),
  reason: orNull(Type.String()),
  result: Type.Unknown(),
  endedAtMs: orNull(Instant),
  attempts: Type.Array(Attempt),
});
export type Shard = Static<typeof Shard>;

export const RunRelation = Type.Object({
  runId: Id,
  job: Type.String(),
  state: words(RUN_STATES),
  because: Type.String(),
});

export const RunDetail = Type.Object({
  run: RunLine,
  param: Type.String(),
  /** The version of the job that it was fired with. */
  jobVersion: orNull(Type.Integer()),
  codeVersion: orNull(Type.String()),
  scriptVersion: orNull(Type.Integer()),
  dispatchedAtMs: orNull(Instant),
  settledAtMs: orNull(Instant),
  result: Type.Unknown(),
  shardCounts: Type.Record(Type.String(), Type.Integer()),
  progress: Progress,
  frozen: Type.Array(MoneyTotal),
  told: Type.Array(MoneyTotal),
  /** What was told does not add up to what was frozen: in words. */
  mismatch: orNull(Type.String()),
  /** Why it is worked more slowly than it could be: outside its window, or so as not to disturb others. */
  throttled: orNull(Type.String()),
  parents: Type.Array(RunRelation),
  children: Type.Array(RunRelation),
  /** Reruns of it, and what it repeats. */
  line: Type.Array(
    Type.Object({ runId: Id, kind: words(RERUN_KINDS), state: words(RUN_STATES), isThis: Type.Boolean() }),
  ),
  /** What can be done with it now, for this caller; each false one has its reason. */
  may: Type.Object({
    kill: Type.Boolean(),
    rerunAll: Type.Boolean(),
    rerunFailed: Type.Boolean(),
    resume: Type.Boolean(),
  }),
});
export type RunDetail = Static<typeof RunDetail>;

/** What happened to a run, in order. */
export const TimelineEntry = Type.Object({
  atMs: Instant,
  /** planned, made, sent, accepted, how an attempt ended (failed, lost, ...), dispatched, settled, run_ and how the run ended. */
  kind: Type.String(),
  shardIndex: orNull(Type.Integer()),
  attempt: orNull(Type.Integer()),
  address: orNull(Type.String()),
  text: orNull(Type.String()),
});
export type TimelineEntry = Static<typeof TimelineEntry>;

/** A slice as its executor knows it; see docs/money.md. */
export const Slice = Type.Object({
  no: Type.Integer(),
  state: Type.String(),
  owner: orNull(Type.String()),
  items: Type.Integer(),
  done: Type.Integer(),
  fromSeq: Type.Integer(),
  toSeq: Type.Integer(),
});
export type Slice = Static<typeof Slice>;

/** A step of a batch job in one shard of a run; `step` null: it has not begun one yet. Counts are of all its executions. */
export const BatchStepLine = Type.Object({
  instanceId: Id,
  batchJob: Type.String(),
  shardIndex: Type.Integer(),
  shardTotal: Type.Integer(),
  status: words(['RUNNING', 'COMPLETED', 'FAILED', 'STOPPED', 'UNKNOWN']),
  executions: Type.Integer(),
  startedAtMs: orNull(Instant),
  endedAtMs: orNull(Instant),
  message: orNull(Type.String()),
  step: orNull(Type.String()),
  stepState: orNull(words(['OPEN', 'COMPLETED'])),
  read: Type.Integer(),
  written: Type.Integer(),
  filtered: Type.Integer(),
  skipped: Type.Integer(),
  commits: Type.Integer(),
  updatedAtMs: orNull(Instant),
});
export type BatchStepLine = Static<typeof BatchStepLine>;

/** A page of a run log. Text is as the handler wrote it, without control characters: to be shown as text, never as markup. */
export const LogPage = Type.Object({
  fromLine: Type.Integer(),
  toLine: Type.Integer(),
  lines: Type.Array(Type.Object({ no: Type.Integer(), text: Type.String(), level: orNull(words(LOG_LEVELS)) })),
  /** The attempt has ended and no line comes after these. */
  isEnd: Type.Boolean(),
  /** Its executor has no log of it: it has not begun, or the log is past its age. */
  missing: Type.Boolean(),
});
export type LogPage = Static<typeof LogPage>;

const runId = strict({ runId: Id });
const ofRun = { kind: 'run', in: 'params', field: 'runId' } as const;
const logId = strict({ logId: Id });
const ofLog = { kind: 'log', in: 'params', field: 'logId' } as const;

/** Which runs are cleared: ended ones, older than so many days or beyond so many per job; a job's, a group's or all. */
const Clearing = {
  group: maybe(Name),
  jobId: maybe(Id),
  olderThanDays: maybe(Type.Integer({ minimum: 0, maximum: 36_500 })),
  keepLast: maybe(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
};

export const runRoutes = {
  'GET /runs': route({
    summary:
      'Runs. Sorted by start, or by duration or lateness: those within one job, or within a time range. `sweeps=without` leaves out what the sweeps of chains do each second or so.',
    permission: 'view',
    subject: { kind: 'visible' },
    query: strict({
      ...PAGE,
      jobId: maybe(Id),
      chain: maybe(Name),
      chainRunId: maybe(Id),
      group: maybe(Name),
      /** One state, or `open` and `bad` (failed, timed out or cancelled). */
      state: maybe(words([...RUN_STATES, 'open', 'bad'])),
      businessDate: maybe(BusinessDate),
      fromMs: maybe(Instant),
      toMs: maybe(Instant),
      sort: maybe(words(['started', 'duration', 'lateness'])),
      order: maybe(words(['desc', 'asc'])),
      /** `without`: runs that the sweeps of chains make while their chain runs are left out. Default: all. */
      sweeps: maybe(words(['with', 'without'])),
    }),
    reply: pageOf(RunLine),
    heavy: true,
  }),
  'GET /runs/:runId': route({
    summary: 'One run.',
    permission: 'view',
    subject: ofRun,
    params: runId,
    reply: RunDetail,
  }),
  'GET /runs/:runId/shards': route({
    summary: 'Its shards with their attempts, in index order.',
    permission: 'view',
    subject: ofRun,
    params: runId,
    query: strict({ ...PAGE, state: maybe(words(SHARD_STATES)) }),
    reply: pageOf(Shard),
  }),
  'GET /runs/:runId/timeline': route({
    summary: 'What happened to it, in order; the last 1,000 entries.',
    permission: 'view',
    subject: ofRun,
    params: runId,
    reply: Type.Object({ items: Type.Array(TimelineEntry) }),
  }),
  'GET /runs/:runId/slices': route({
    summary: 'Its slices, asked of an executor. 503 when none can be asked.',
    permission: 'view',
    subject: ofRun,
    params: runId,
    query: strict(PAGE),
    reply: pageOf(Slice),
  }),
  'GET /runs/:runId/steps': route({
    summary:
      'Steps of the batch jobs in its shards: start, end and counts of each, asked of an executor. Empty where executors have no batch jobs; 503 when none can be asked.',
    permission: 'view',
    subject: ofRun,
    params: runId,
    query: strict(PAGE),
    reply: pageOf(BatchStepLine),
  }),
  'POST /runs/:runId/kill': route({
    summary: 'Ends it. `killed` false: it had ended before.',
    permission: 'run',
    subject: ofRun,
    params: runId,
    body: strict({ reason: Reason }),
    reply: Type.Object({ killed: Type.Boolean() }),
    audit: 'run.kill',
  }),
  'POST /runs/:runId/rerun': route({
    summary:
      'Runs an ended run again: all of it, the shards that failed, or from where it stopped. The same requestId is the same run.',
    permission: 'run',
    subject: ofRun,
    params: runId,
    body: strict({ kind: words(RERUN_KINDS), requestId: RequestId, param: maybe(Type.String({ maxLength: 65_536 })) }),
    reply: Started,
    audit: 'run.rerun',
  }),
  'GET /logs/:logId': route({
    summary:
      'A page of the log of one attempt: from a line on (`linesMax`: so many at most), the last so many, or those before a line. Default: the last 200.',
    permission: 'view',
    subject: ofLog,
    params: logId,
    query: strict({
      fromLine: maybe(Id),
      lastLines: maybe(Type.Integer({ minimum: 1, maximum: 2000 })),
      beforeLine: maybe(Id),
      linesMax: maybe(Type.Integer({ minimum: 1, maximum: 2000 })),
    }),
    reply: LogPage,
  }),
  'GET /logs/:logId/search': route({
    summary:
      'Lines that hold a text, and are of a level or a graver one, from a line on; it looks for about a second and says where to go on.',
    permission: 'view',
    subject: ofLog,
    params: logId,
    query: strict({
      text: maybe(Type.String({ maxLength: 200 })),
      level: maybe(words(LOG_LEVELS)),
      fromLine: maybe(Id),
      limit: maybe(Type.Integer({ minimum: 1, maximum: 1000 })),
    }),
    reply: Type.Object({ lines: LogPage.properties.lines, nextFromLine: orNull(Type.Integer()) }),
    heavy: true,
  }),
  'GET /logs/:logId/download': route({
    summary: 'The whole log as plain text.',
    permission: 'view',
    subject: ofLog,
    params: logId,
    reply: Type.Unknown(),
    streams: 'text/plain',
    heavy: true,
  }),
  'GET /clearing': route({
    summary: 'What a clearing would delete.',
    permission: 'admin',
    subject: { kind: 'installation' },
    query: strict(Clearing),
    reply: Type.Object({
      runs: Type.Integer(),
      attempts: Type.Integer(),
      oldestAtMs: orNull(Instant),
      newestAtMs: orNull(Instant),
    }),
    heavy: true,
  }),
  'POST /clearing': route({
    summary:
      'Deletes ended runs with their shards and attempts, at most 10,000 at a time; `more` says that there are others. `expected` is what the preview said.',
    permission: 'admin',
    subject: { kind: 'installation' },
    body: strict({ ...Clearing, expected: Type.Integer({ minimum: 0 }), reason: Reason }),
    reply: Type.Object({ deleted: Type.Integer(), more: Type.Boolean() }),
    audit: 'runs.clear',
    heavy: true,
  }),
} as const;
