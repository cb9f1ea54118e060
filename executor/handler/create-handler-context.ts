import type { Attempt } from './attempt.ts';
import type { HandlerContext, RunLog } from './handler-context.ts';
import { createLogStream } from './log-stream.ts';
import { shardOf } from './owns.ts';
import { parseResult } from './parse-result.ts';

/** The log under a context: `flushed` resolves when what was logged so far is written, and lets a stream hold back. */
export interface ContextLog extends RunLog {
  flushed?(): Promise<void>;
}

export function createHandlerContext(
  attempt: Attempt,
  node: {
    readonly executorAddress: string;
    readonly signal: AbortSignal;
    readonly log: ContextLog;
    readonly params?: unknown;
  },
): HandlerContext {
  const { log } = node;
  return Object.freeze({
    shardIndex: attempt.shardIndex,
    shardTotal: attempt.shardTotal,
    owns: (key: string | number | bigint) => shardOf(key, attempt.shardTotal) === attempt.shardIndex,
    param: attempt.param,
    params: node.params,
    secrets: attempt.secretValues ?? {},
    runId: attempt.runId,
    chainRunId: attempt.chainRunId,
    logId: attempt.logId,
    attempt: attempt.attempt,
    businessDate: attempt.businessDate,
    plannedAt: attempt.plannedAtMs,
    cutOffAt: attempt.cutOffAtMs,
    resumesRunId: attempt.resumesRunId ?? null,
    input: attempt.input ?? null,
    window: attempt.window ?? null,
    loadGuard: attempt.loadGuard ?? null,
    phase: attempt.phase ?? null,
    beforeResult: parseResult(attempt.beforeResult),
    shardResults: (attempt.shardResults ?? []).map(({ index, state, result, leftOut }) => ({
      index,
      state,
      result: parseResult(result),
      leftOut: leftOut ?? false,
    })),
    executorAddress: node.executorAddress,
    workerProcess: attempt.workerProcess ?? null,
    signal: node.signal,
    log: {
      info: (message: string) => log.info(message),
      warn: (message: string) => log.warn(message),
      error: (message: string) => log.error(message),
      stream: (level = 'info' as const) => createLogStream((line) => log[level](line), log.flushed?.bind(log)),
    },
  });
}
