import type { Writable } from 'node:stream';
import type { TSchema } from 'typebox';
import type { JobWindow } from '../../shared/job-window.ts';
import type { LoadGuard } from '../slice/load-guard.ts';

/** What a handler is given. `shardIndex` and `shardTotal` are 0 and 1 when the job is not broadcast. */
export interface HandlerContext<Params = unknown> {
  readonly shardIndex: number;
  /** Fixed when the run is made: nodes that come or go never change it, and an heir gets the dead node's index. */
  readonly shardTotal: number;
  /** Whether a key belongs to this shard: an integer by modulo, a text by the modulo of its 32-bit FNV-1a hash. */
  owns(key: string | number | bigint): boolean;
  /** The job's parameter as the scheduler sent it; '' when there is none. */
  readonly param: string;
  /**
   * The secrets that the parameter names, by name; they stand in `param` and `params` already. They are masked in the run
   * log, in the result and in errors: do not put them into tables, arguments of programs or logs of your own.
   */
  readonly secrets?: Readonly<Record<string, string>>;
  /** `param` as the handler's schema has it, checked and with its defaults; undefined for a handler without a schema. */
  readonly params: Params;
  /** The scheduler's run: the same for all shards and attempts. */
  readonly runId: number;
  /** The scheduler's chain run, or null for a run outside a chain. */
  readonly chainRunId: number | null;
  /** The wire's logId: one attempt at one shard. */
  readonly logId: number;
  /** 1 for the first attempt at this shard. */
  readonly attempt: number;
  /** `YYYY-MM-DD`: the day that is settled. */
  readonly businessDate: string;
  /** The planned instant of the fire, epoch milliseconds. */
  readonly plannedAt: number;
  /** When the chain has to be done (epoch ms), or null. */
  readonly cutOffAt: number | null;
  /**
   * The run whose work this one goes on with, or null. Who keeps progress of a run of his own keeps it under
   * `ctx.resumesRunId ?? ctx.runId`; the batch and money engines do.
   */
  readonly resumesRunId: number | null;
  /** The file that the run waited for, or null. A handler that must be sure compares it with what it opens. */
  readonly input: InputFile | null;
  /** When the job may take up new work, or null for any time. Sliced jobs and debits keep to it by themselves. */
  readonly window?: JobWindow | null;
  /** What the job may ask of the database that it shares, or null. Sliced jobs and debits keep to it by themselves. */
  readonly loadGuard?: LoadGuard | null;
  /** 'before' or 'after' in a handler that runs once per run, `beforeRun` and `afterRun` of the job; null in a shard. */
  readonly phase: 'before' | 'after' | null;
  /** What the run's beforeRun returned; null when there is none, or it returned nothing. */
  readonly beforeResult: JsonValue;
  /** In afterRun: what became of the shards, in index order. Empty otherwise. */
  readonly shardResults: readonly ShardResult[];
  /** Address of the executor that runs this, e.g. `http://127.0.0.1:9999/`. */
  readonly executorAddress: string;
  /**
   * Which of the executor's worker processes this is, from 0; null outside of one. Whoever holds leases as this attempt
   * puts it into the name that they are held as.
   */
  readonly workerProcess: number | null;
  /** Aborted on kill, on the deadline and when the node stops; a handler passes it on and returns soon. */
  readonly signal: AbortSignal;
  /** Writes to this attempt's run log, one line each. */
  readonly log: HandlerLog;
}

/** A file as it was when the scheduler hashed its content and let the run go. */
export type InputFile = {
  readonly path: string;
  readonly bytes: number;
  /** Epoch ms. */
  readonly changedAtMs: number;
  /** Of the content, hex. */
  readonly sha256: string;
};

/** What became of one shard, as afterRun hears of it. */
export type ShardResult = {
  readonly index: number;
  /** 'succeeded', 'failed' or 'cancelled'. */
  readonly state: string;
  /** What its handler returned, or null. */
  readonly result: JsonValue;
  /** True: it has a result, which is null here because all results together are more than 1 MiB of JSON. */
  readonly leftOut: boolean;
};

export interface RunLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export type LogLevel = 'info' | 'warn' | 'error';

export interface HandlerLog extends RunLog {
  /**
   * A stream whose lines become lines of the run log, at `level` (default info): for the output of a child process. It
   * takes bytes or text, cut anywhere, and holds its source back while the log is being written. A line of more than
   * 16,384 characters becomes several. End it: only then is a last line without a line break written.
   * @example
   * child.stdout.pipe(ctx.log.stream());
   * child.stderr.pipe(ctx.log.stream('warn'));
   */
  stream(level?: LogLevel): Writable;
}

/** What a handler returns becomes the result of the shard: any JSON value, or nothing. */
export type HandlerResult = JsonValue | undefined;
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * Where a handler's attempts run: beside the node's own work, in a thread of their own, in a process of their own, or in
 * the worker processes that the executor has for all of its work.
 */
export type Isolation = 'inline' | 'thread' | 'process' | 'workers';

/** Whether one attempt is worked by every worker process at once, or by one of them. */
export type Spread = 'every' | 'one';

/** A handler as an executor takes it; `defineHandler` makes one. */
export interface Handler {
  readonly name: string;
  run(ctx: HandlerContext): Promise<HandlerResult>;
  /** What the job's parameter has to look like. Without it the parameter is the handler's own matter. */
  readonly params?: TSchema;
  /** Before the first attempt on a node; in a thread or process, before its first attempt there. */
  init?(): Promise<void>;
  /** After the last attempt, when the node stops or the thread or process is given up. */
  destroy?(): Promise<void>;
  /** Default 'inline'. */
  readonly isolation?: Isolation;
  /** For 'thread' and 'process': the module to load there, a `file:` URL, and the name of its export. */
  readonly module?: string;
  readonly exportName?: string;
  readonly memoryMbMax?: number;
  /** For 'workers'. */
  readonly spread?: Spread;
  combine?(results: readonly HandlerResult[]): HandlerResult;
}
