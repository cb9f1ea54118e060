import type { Logger } from '../../shared/logger.ts';
import { createLoop, type Loop } from '../../shared/runtime/loop.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { listRunningLogIds, removeAttemptsBefore } from './attempt-queries.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { RunLogs } from './run-logs.ts';

export interface KeepRunLogsOptions {
  readonly runLogs: RunLogs;
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: NodeMetrics;
  readonly keepDays: number;
  readonly runLogsTotalBytesMax: number;
}

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

/** Every hour: ended attempts and run logs that are too old go, then the oldest logs until the rest fits. */
export function createRunLogKeeper(options: KeepRunLogsOptions): Loop {
  const { runtime, logger } = options;
  return createLoop({ name: 'keep-run-logs', intervalMs: EVERY_MS, runtime, logger, body: () => keepRunLogs(options) });
}

export async function keepRunLogs(options: KeepRunLogsOptions): Promise<void> {
  const { runLogs, store, runtime, logger, metrics } = options;
  const keepMs = options.keepDays * DAY_MS;
  await removeAttemptsBefore(store, keepMs);
  // Executors that share a store may share a folder: what another of them writes just now is in the store.
  const running = new Set(await listRunningLogIds(store));
  const { removedByAge, removedBySize, bytes } = await runLogs.prune({
    beforeMs: runtime.clock.wallMs() - keepMs,
    totalBytesMax: options.runLogsTotalBytesMax,
    isRunning: (logId) => running.has(logId),
  });
  metrics.runLogsKept(bytes, { age: removedByAge, size: removedBySize });
  if (removedByAge + removedBySize > 0)
    logger.info({ removedByAge, removedBySize, bytes }, 'old run logs were removed');
}
