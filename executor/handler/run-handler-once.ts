import { localDate } from '../../shared/business-date.ts';
import { DaybreakError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import { CODE_SUCCESS, CODE_TIMEOUT } from '../../shared/protocol/wire.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { type Attempt, type AttemptOutcome, AttemptStopped } from './attempt.ts';
import type { Handler, JsonValue, LogLevel, ShardResult } from './handler-context.ts';
import { createHandlerHosts } from './handler-hosts.ts';
import { createHandlerRegistry } from './handler-registry.ts';
import { runHandler } from './run-handler.ts';

/** What an attempt is about; everything has a default. */
export interface RunHandlerOnceOptions {
  /** The job's parameter as a value; it is written as JSON text, as the scheduler would send it. */
  readonly params?: JsonValue;
  /** The same as text, for handlers without a schema; default ''. Give only one of the two. */
  readonly param?: string;
  /** Default 0 of 1. */
  readonly shardIndex?: number;
  readonly shardTotal?: number;
  /** `YYYY-MM-DD`; default the UTC day of `plannedAt`. */
  readonly businessDate?: string;
  /** Epoch ms; default now. */
  readonly plannedAt?: number;
  /** Default null. */
  readonly cutOffAt?: number | null;
  /** Default 1. */
  readonly attempt?: number;
  /** Default 1. */
  readonly runId?: number;
  /** Default null. */
  readonly chainRunId?: number | null;
  /** The run whose work this one goes on with; default none. */
  readonly resumesRunId?: number;
  /** Default none: a shard. */
  readonly phase?: 'before' | 'after';
  /** What the run's beforeRun returned; default nothing. */
  readonly beforeResult?: JsonValue;
  /** What afterRun hears of the shards; default none. */
  readonly shardResults?: readonly Omit<ShardResult, 'leftOut'>[];
  /** Default 1. */
  readonly logId?: number;
  /** As the job's time limit; default none. */
  readonly timeoutMs?: number;
  /** Aborting it is a kill. */
  readonly signal?: AbortSignal;
  /** As the executor's option; default 10,000 ms. */
  readonly stopGraceMs?: number;
  /** Give a fake one to move the time by hand. Default: the real clock. */
  readonly runtime?: Runtime;
}

export interface HandlerOnce {
  readonly outcome: 'succeeded' | 'failed' | 'timed_out';
  /** What the scheduler would show: the result's beginning, or why it failed. */
  readonly message: string;
  /** What the handler returned; null when it returned nothing or failed. */
  readonly result: JsonValue;
  /** What the scheduler is told of the error; null when there is none. */
  readonly error: { readonly code: string; readonly message: string; readonly retryable?: boolean } | null;
  /** The run log, without times. */
  readonly log: readonly { readonly level: LogLevel; readonly text: string }[];
}

/**
 * One attempt at a handler without a scheduler, a port or a file: with its schema, init, time limit and destroy, in its
 * thread or process if it has one. Never rejects for what the handler does. Throws BAD_OPTION for `param` beside
 * `params`, and for a shard that is not within its total.
 * @example
 * const close = defineHandler({
 *   name: 'close',
 *   params: Type.Object({ region: Type.String(), limit: Type.Integer({ default: 100 }) }),
 *   async run({ params, log }) {
 *     log.info(`closing ${params.region}`);
 *     return { closed: params.limit };
 *   },
 * });
 * const once = await runHandlerOnce(close, { params: { region: 'north' }, businessDate: '2026-11-20' });
 * expect(once).toMatchObject({ outcome: 'succeeded', result: { closed: 100 } });
 * expect(once.log[0]).toEqual({ level: 'info', text: 'closing north' });
 */
export async function runHandlerOnce(handler: Handler, options: RunHandlerOnceOptions = {}): Promise<HandlerOnce> {
  const runtime = options.runtime ?? systemRuntime();
  const handlers = createHandlerRegistry([handler]);
  const stopGraceMs = options.stopGraceMs ?? 10_000;
  const hosts = createHandlerHosts(handlers.values(), {
    runtime,
    logger: silentLogger,
    executorAddress: 'http://127.0.0.1:9999/',
    stopGraceMs,
  });
  const stop = new AbortController();
  const kill = () => stop.abort(new AttemptStopped('killed'));
  if (options.signal?.aborted) kill();
  options.signal?.addEventListener('abort', kill, { once: true });
  const log = collectLog();
  const { outcome } = await runHandler(attemptOf(handler, options, runtime), stop, log, { handlers, hosts, runtime });
  options.signal?.removeEventListener('abort', kill);
  await hosts.close(stopGraceMs);
  return { ...readOutcome(outcome), log: log.lines };
}

function attemptOf(handler: Handler, options: RunHandlerOnceOptions, runtime: Runtime): Attempt {
  const { shardIndex = 0, shardTotal = 1, plannedAt = runtime.clock.wallMs(), params } = options;
  if (params !== undefined && options.param !== undefined) throw badOption('param', 'give it or params, not both');
  if (!Number.isInteger(shardIndex) || shardIndex < 0 || shardIndex >= shardTotal) {
    throw badOption('shardIndex', `${shardIndex} must be from 0 to ${shardTotal - 1} (shardTotal - 1)`);
  }
  return {
    logId: options.logId ?? 1,
    logDateTime: plannedAt,
    jobId: 1,
    handler: handler.name,
    param: params === undefined ? (options.param ?? '') : JSON.stringify(params),
    runId: options.runId ?? 1,
    chainRunId: options.chainRunId ?? null,
    attempt: options.attempt ?? 1,
    shardIndex,
    shardTotal,
    businessDate: options.businessDate ?? localDate(plannedAt, 'UTC'),
    plannedAtMs: plannedAt,
    cutOffAtMs: options.cutOffAt ?? null,
    timeoutMs: options.timeoutMs ?? null,
    ...onceOf(options),
  };
}

/** What only some attempts have, as it would come over the wire. */
function onceOf({ resumesRunId, phase, beforeResult, shardResults }: RunHandlerOnceOptions): Partial<Attempt> {
  const told = shardResults?.map(({ index, state, result }) => ({ index, state, result: JSON.stringify(result) }));
  return {
    ...(resumesRunId === undefined ? {} : { resumesRunId }),
    ...(phase === undefined ? {} : { phase }),
    ...(beforeResult === undefined ? {} : { beforeResult: JSON.stringify(beforeResult) }),
    ...(told === undefined ? {} : { shardResults: told }),
  };
}

function collectLog() {
  const lines: { level: LogLevel; text: string }[] = [];
  const add = (level: LogLevel) => (text: string) => void lines.push({ level, text });
  const done = () => Promise.resolve();
  // The stack of an error is the business of whoever reads the run log; a test looks at the error.
  const end = (text: string): boolean => {
    add('info')(text);
    return true;
  };
  const log = { lines, info: add('info'), warn: add('warn'), error: add('error'), end, flushed: done };
  return { ...log, stack: () => undefined };
}

function readOutcome({ code, message, result }: AttemptOutcome): Omit<HandlerOnce, 'log'> {
  const value = result === null ? null : JSON.parse(result);
  if (code === CODE_SUCCESS) return { outcome: 'succeeded', message, result: value, error: null };
  const outcome = code === CODE_TIMEOUT ? 'timed_out' : 'failed';
  const error: HandlerOnce['error'] = value?.error ?? null;
  return { outcome, message, result: error === null ? value : null, error };
}

const badOption = (option: string, why: string): DaybreakError =>
  new DaybreakError('BAD_OPTION', `runHandlerOnce option ${option}: ${why}`, { details: { option } });
