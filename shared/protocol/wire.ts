import { type Static, Type } from 'typebox';
import { LOG_LEVELS } from '../log-level.ts';
import { SecretPlaceSchema } from './param-secrets.ts';

/**
 * The wire between scheduler and executor: xxl-job's messages (generations B-E) with our own optional fields, which
 * its peers ignore. Every answer is HTTP 200 with an envelope; `code` 200 is success, 500 failure, 502 timeout.
 */
export const CODE_SUCCESS = 200;
export const CODE_FAIL = 500;
export const CODE_TIMEOUT = 502;

// Java peers count jobs in 32 bits and attempts in 64; beyond 2^53 a number would be rounded here, so it is refused.
const JobId = () => Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 });
const LogId = () => Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });

export const TOKEN_HEADER = 'xxl-job-access-token';
export const APPNAME_HEADER = 'xxl-job-appname';

export const EnvelopeSchema = Type.Object({
  code: Type.Integer(),
  msg: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  /** D/E say `data`, B/C say `content`; we write both and read either. */
  data: Type.Optional(Type.Unknown()),
  content: Type.Optional(Type.Unknown()),
  /** Ours, true beside a refused run request: there is no room for it now, and nothing is wrong with it. */
  busy: Type.Optional(Type.Unknown()),
});
export type Envelope = Static<typeof EnvelopeSchema>;

/** A shard that is worked more slowly than it could be: it is outside its window, or its load guard has stepped back. */
export const ThrottledShardSchema = Type.Object({
  runId: Type.Integer(),
  shardIndex: Type.Integer(),
  why: Type.String({ maxLength: 255 }),
});
export type ThrottledShard = Static<typeof ThrottledShardSchema>;

/** POST {admin}/api/registry and /api/registryRemove. */
export const RegistrySchema = Type.Object({
  registryGroup: Type.String(),
  registryKey: Type.String({ maxLength: 64 }),
  registryValue: Type.String({ maxLength: 255 }),
  // Ours: a new value per start of the executor's process, so that a restart on the same address is known for one.
  incarnation: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  /** Ours: jobs may ask for executors that carry certain labels. */
  labels: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 255 }))),
  /** Ours: of the shards that it holds, those that are THROTTLED at this moment, and why. Left out: it does not say. */
  throttled: Type.Optional(Type.Array(ThrottledShardSchema, { maxItems: 1_000 })),
});
export type RegistryMessage = Static<typeof RegistrySchema>;

/** POST {executor}/run (B-D) or /trigger (E). */
export const RunRequestSchema = Type.Object({
  jobId: JobId(),
  executorHandler: Type.String(),
  executorParams: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  /** Ours: where `executorParams` names secrets of the executor, in order. */
  secrets: Type.Optional(Type.Array(SecretPlaceSchema)),
  executorBlockStrategy: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  /** Seconds; 0 = none. */
  executorTimeout: Type.Optional(Type.Integer()),
  /** One attempt at one shard. */
  logId: LogId(),
  logDateTime: Type.Integer(),
  glueType: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  glueSource: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  glueUpdatetime: Type.Optional(Type.Integer()),
  broadcastIndex: Type.Optional(Type.Integer()),
  broadcastTotal: Type.Optional(Type.Integer()),
  // Ours:
  runId: Type.Optional(Type.Integer()),
  chainRunId: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  attempt: Type.Optional(Type.Integer()),
  epoch: Type.Optional(Type.Integer()),
  businessDate: Type.Optional(Type.String()),
  plannedAtMs: Type.Optional(Type.Integer()),
  /** When the attempt must have ended, epoch ms, or null. */
  deadlineAtMs: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  /** Of a sliced job: outside of it no new slice is begun. */
  window: Type.Optional(Type.Object({ from: Type.String(), to: Type.String(), timeZone: Type.String() })),
  /** Of a sliced job: above these figures of its store it is worked more slowly. */
  loadGuard: Type.Optional(
    Type.Object({
      roundTripP95Ms: Type.Optional(Type.Number()),
      connectionWaitP95Ms: Type.Optional(Type.Number()),
    }),
  ),
  /** When the chain must be done, epoch ms, or null. */
  cutOffAtMs: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  /** What runs once per run, before its first shard or after its last. */
  phase: Type.Optional(Type.Union([Type.Literal('before'), Type.Literal('after')])),
  /** What the run's `before` returned, as JSON text. */
  beforeResult: Type.Optional(Type.String()),
  /** For `after`: the shards in index order; `result` is JSON text. */
  shardResults: Type.Optional(
    Type.Array(
      Type.Object({
        index: Type.Integer(),
        state: Type.String(),
        result: Type.Optional(Type.String()),
        /** There is a result, and it is too much to send along. */
        leftOut: Type.Optional(Type.Boolean()),
      }),
    ),
  ),
  /** The run whose work this one goes on with: what it has done and how far it came is kept under that id. */
  resumesRunId: Type.Optional(Type.Integer()),
  /** The file that the run waited for, as it was when its content was hashed. */
  input: Type.Optional(
    Type.Object({
      path: Type.String(),
      bytes: Type.Integer(),
      changedAtMs: Type.Integer(),
      /** Of the content, hex. */
      sha256: Type.String(),
    }),
  ),
});
export type RunRequest = Static<typeof RunRequestSchema>;

/**
 * POST {executor}/runs, ours: many run requests in one message. The `data` of the answer has one envelope for each, in
 * their order, and each request is judged as if it had come alone.
 */
export const RUNS_MAX = 400;
export const RunsSchema = Type.Object({ requests: Type.Array(Type.Unknown(), { minItems: 1, maxItems: RUNS_MAX }) });
export const RunsAnswerSchema = Type.Array(EnvelopeSchema, { maxItems: RUNS_MAX });

/** POST {executor}/kill. xxl-job kills by job; with `logId` (ours) one attempt is killed. */
export const KillSchema = Type.Object({ jobId: JobId(), logId: Type.Optional(LogId()) });
/** POST {executor}/idleBeat. */
export const IdleBeatSchema = Type.Object({ jobId: JobId() });
/** POST {executor}/log. */
export const LogRequestSchema = Type.Object({
  logId: LogId(),
  logDateTim: Type.Optional(Type.Integer()),
  logDateTime: Type.Optional(Type.Integer()),
  fromLineNum: Type.Integer(),
  // Ours: the last so many lines; with `beforeLineNum` those before that line. `fromLineNum` of the answer says where
  // they begin.
  lastLines: Type.Optional(Type.Integer({ minimum: 1 })),
  beforeLineNum: Type.Optional(Type.Integer({ minimum: 1 })),
  // So many lines from `fromLineNum` on at most; of a search so many that are found.
  linesMax: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Not the lines themselves, but those among them that hold a text and are of a level or a graver one. */
  search: Type.Optional(
    Type.Object({
      text: Type.String(),
      level: Type.Optional(Type.Union(LOG_LEVELS.map((level) => Type.Literal(level)))),
    }),
  ),
});
export type LogRequest = Static<typeof LogRequestSchema>;

/** What /log answers with: lines count from 1. */
export const LogPageSchema = Type.Object({
  fromLineNum: Type.Integer(),
  toLineNum: Type.Integer(),
  logContent: Type.Optional(Type.String()),
  isEnd: Type.Optional(Type.Boolean()),
  /** Ours, the answer to a search: it has come as far as `toLineNum`. */
  search: Type.Optional(
    Type.Object({
      found: Type.Array(Type.Object({ no: Type.Integer(), text: Type.String() })),
      /** No line comes after that one now. */
      isThrough: Type.Boolean(),
    }),
  ),
});
export type LogPage = Static<typeof LogPageSchema>;

/** One result of one attempt. POST {admin}/api/callback takes an array of these, or `{callbackList: [...]}`. */
export const CallbackSchema = Type.Object({
  logId: LogId(),
  logDateTim: Type.Optional(Type.Integer()),
  logDateTime: Type.Optional(Type.Integer()),
  handleCode: Type.Optional(Type.Integer()),
  handleMsg: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  executeResult: Type.Optional(
    Type.Object({ code: Type.Integer(), msg: Type.Optional(Type.Union([Type.String(), Type.Null()])) }),
  ),
  // Ours:
  attempt: Type.Optional(Type.Integer()),
  /** The handler's result as JSON text. */
  result: Type.Optional(Type.String()),
});
export type CallbackMessage = Static<typeof CallbackSchema>;

/** A count and a sum of minor units (decimal digits as text: sums outgrow 2^53) for one group, currency and state. */
export const TotalSchema = Type.Object({
  group: Type.String(),
  currency: Type.String(),
  /** An item state; absent in a manifest. */
  state: Type.Optional(Type.String()),
  count: Type.Integer(),
  amountMinor: Type.String({ pattern: '^-?[0-9]+$' }),
});
export type Total = Static<typeof TotalSchema>;

/** POST {admin}/api/run-manifest: what was frozen for a run. Taken once per run; repeats are answered 200. */
export const RunManifestSchema = Type.Object({
  runId: Type.Integer(),
  sliceCount: Type.Integer({ minimum: 0 }),
  totals: Type.Array(TotalSchema),
});
export type RunManifest = Static<typeof RunManifestSchema>;

/**
 * POST {admin}/api/slices-settled with `{slices: [...]}`: slices that have no item left PENDING, PROCESSING or
 * RETRY_WAIT. Each (runId, sliceNo) is taken once; repeats are answered 200.
 */
export const SliceSettledSchema = Type.Object({
  runId: Type.Integer(),
  sliceNo: Type.Integer({ minimum: 0 }),
  totals: Type.Array(TotalSchema),
  /** How many slices the run had by then: more than the manifest says when some were split. */
  sliceCount: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type SliceSettled = Static<typeof SliceSettledSchema>;
