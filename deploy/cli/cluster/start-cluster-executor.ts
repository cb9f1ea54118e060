import { extname } from 'node:path';
import { createExecutor } from '../../../executor/create-executor.ts';
import type { Handler, JsonValue } from '../../../executor/handler/handler-context.ts';
import type { Inspections } from '../../../executor/inspect/inspections.ts';
import type { ExecutorOptions } from '../../../executor/node/executor-options.ts';
import type { Metrics } from '../../../shared/metrics.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import type { ExecutorCommandOptions } from './executor-options.ts';
import { startHealthServer } from './http-health-server.ts';
import { listenError } from './listen-error.ts';
import { createRegistrationNews } from './registration-news.ts';
import type { Service } from './run-service.ts';

export interface ClusterExecutorParts {
  readonly service: Service;
  readonly store: SqlStore | null;
  readonly metrics: Metrics;
  readonly handlers: readonly Handler[];
  readonly afterSettled: ((body: unknown) => Promise<void>) | null;
  /** What people may ask over the scheduler's page; null: nothing. */
  readonly inspections?: Inspections | null;
}

/** Starts the node, which says when it is registered or why not; the stack drains and stops it. Throws UsageError, naming the option, when a port cannot be opened. */
export async function startClusterExecutor(
  options: ExecutorCommandOptions,
  { service, store, metrics, handlers, afterSettled, inspections = null }: ClusterExecutorParts,
  closing: AsyncDisposableStack,
): Promise<void> {
  const { runtime, logger } = service;
  const { settlement, drainMs, hold } = options;
  const executor = createExecutor({
    appname: options.group,
    schedulers: options.schedulers,
    accessToken: options.accessToken,
    handlers,
    ...(hold === null ? listening(options) : { hold: true }),
    ...workers(options),
    ...(store === null ? {} : { store }),
    dataDir: options.dataDir,
    labels: options.labels,
    ...(options.slots === null ? {} : { slots: options.slots }),
    heartbeatIntervalMs: options.heartbeatMs,
    timeZone: options.timeZone,
    // A handler that was told to stop waits for the answers to what it has sent.
    ...(settlement === null ? {} : { stopGraceMs: settlement.gatewayTimeoutMs + 1_000 }),
    ...(afterSettled === null ? {} : { afterSettled }),
    ...(inspections === null ? {} : { inspections }),
    onRegistration: createRegistrationNews({ ...options, ...service }),
    runtime,
    logger,
    metrics,
  });
  if (hold !== null && hold.healthPort !== null) {
    const health = await startHealthServer({ host: options.host, port: hold.healthPort }, executor);
    closing.defer(() => health.close());
    service.say(`health pages are at ${health.url}`);
  }
  closing.defer(async () => {
    await executor.drain({ deadlineMs: drainMs });
    await executor.stop();
  });
  try {
    await executor.start();
  } catch (cause) {
    throw listenError(cause, options) ?? cause;
  }
}

const listening = ({ host, port, address }: ExecutorCommandOptions) => ({
  host,
  port,
  ...(address === null ? {} : { advertisedAddress: address }),
});

/** The options, secrets among them, go over the channel between the processes, which nobody else reads. */
function workers(
  options: ExecutorCommandOptions,
): Pick<ExecutorOptions, 'processes' | 'workerModule' | 'workerConfig'> {
  if (options.processes === null) return {};
  return {
    processes: options.processes,
    workerModule: new URL(`./executor-worker${extname(import.meta.url)}`, import.meta.url),
    workerConfig: { ...options } as unknown as JsonValue,
  };
}
