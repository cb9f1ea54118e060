import type { Logger } from '../../shared/logger.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { Handler, JsonValue } from '../handler/handler-context.ts';

/** What a worker process is given when it opens. */
export interface WorkerSetup {
  /** Which of them it is: from 0 to `processes - 1`, and the same after it was forked anew. */
  readonly index: number;
  readonly processes: number;
  /** The executor's `workerConfig`, as it crossed to this process: JSON. */
  readonly config: JsonValue;
  readonly executorAddress: string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Of this process; what it counts is added up in the executor's own /metrics. */
  readonly metrics: Metrics;
}

export interface OpenedWorker {
  /** By the names under which the executor's `workerHandler`s go. */
  readonly handlers: readonly Handler[];
  /** After the last attempt. */
  close(): Promise<void>;
}

/**
 * What the module of `workerModule` exports under this name: it opens the process's own store connections and makes its
 * handlers.
 * @example
 * export const openWorker: OpenWorker = async ({ config, runtime }) => {
 *   const store = await openExecutorStore((config as { store: string }).store);
 *   return { handlers: [feesJob(store, runtime)], close: () => store.close() };
 * };
 */
export type OpenWorker = (setup: WorkerSetup) => Promise<OpenedWorker>;
