import { createExecutor, type Executor } from '../../../executor/create-executor.ts';
import type { Handler } from '../../../executor/handler/handler-context.ts';
import { createMetrics, type Metrics } from '../../../shared/metrics.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import type { CommandCall } from '../command-call.ts';
import { makeFolder } from '../make-folder.ts';
import { EXECUTOR_PART } from '../migrate-night-store.ts';
import { type ExecutorCommandOptions, executorOptions } from './executor-options.ts';
import { readHandlersFile } from './handlers-file.ts';
import { startHealthServer } from './http-health-server.ts';
import { createOperatorClient } from './http-operator-client.ts';
import { listenError } from './listen-error.ts';
import { openClusterStore } from './open-cluster-store.ts';
import { openHints } from './open-hints.ts';
import { openSettlement } from './open-settlement.ts';
import { configuredCall, runService, type Service, untilAborted } from './run-service.ts';

/** `daybreak executor`: one of the executors of a group, until it is told to stop. */
export async function runExecutorCommand(call: CommandCall): Promise<number> {
  const given = configuredCall(call);
  if (given === null) return 0;
  const options = executorOptions(given, call.cwd);
  const stopping = `it takes no new runs, and those that run may end within ${options.drainMs / 1_000} s`;
  return runService(call, { ...options, stopping }, (service) => serve(options, service));
}

/** What is opened is closed in the reverse order, however it ends: the executor first, what its handlers use after it. */
async function serve(options: ExecutorCommandOptions, service: Service): Promise<void> {
  const { runtime, wait, stop, say } = service;
  await using closing = new AsyncDisposableStack();
  makeFolder(options.dataDir, 'data-dir');
  const ownHandlers = options.handlersPath === null ? [] : await readHandlersFile(options.handlersPath);
  const store =
    options.store === null
      ? null
      : await openClusterStore(
          { location: options.store, part: EXECUTOR_PART, migrate: options.migrate },
          service,
          closing,
        );
  const metrics = createMetrics();
  closing.defer(() => metrics.close());
  const hints = await openHints(options, service, closing);
  const operator = createOperatorClient({ ...options, runtime });
  const settlement =
    options.settlement === null || store === null
      ? null
      : await openSettlement(options, options.settlement, { store, metrics, operator, hints }, service, closing);
  await wait.until(
    { name: `--schedulers ${options.schedulers.join(',')}`, wayOut: 'start one of them, or name those that run' },
    () => operator.reach(stop),
  );
  const executor = await startExecutor(
    options,
    {
      service,
      store,
      metrics,
      handlers: [...(settlement?.handlers ?? []), ...ownHandlers],
      afterSettled: settlement === null ? null : (body) => settlement.engine.afterSettled(body),
    },
    closing,
  );
  say(`executor is up at ${executor.address}, group ${options.group}`);
  await untilAborted(stop);
}

interface ExecutorParts {
  readonly service: Service;
  readonly store: SqlStore | null;
  readonly metrics: Metrics;
  readonly handlers: readonly Handler[];
  readonly afterSettled: ((body: unknown) => Promise<void>) | null;
}

async function startExecutor(
  options: ExecutorCommandOptions,
  { service, store, metrics, handlers, afterSettled }: ExecutorParts,
  closing: AsyncDisposableStack,
): Promise<Executor> {
  const { runtime, logger } = service;
  const { settlement, drainMs } = options;
  const executor = createExecutor({
    appname: options.group,
    schedulers: options.schedulers,
    accessToken: options.accessToken,
    handlers,
    ...(options.hold === null ? listening(options) : { hold: true }),
    ...(store === null ? {} : { store }),
    dataDir: options.dataDir,
    labels: options.labels,
    ...(options.slots === null ? {} : { slots: options.slots }),
    heartbeatIntervalMs: options.heartbeatMs,
    timeZone: options.timeZone,
    // A handler that was told to stop waits for the answers to what it has sent.
    ...(settlement === null ? {} : { stopGraceMs: settlement.gatewayTimeoutMs + 1_000 }),
    ...(afterSettled === null ? {} : { afterSettled }),
    runtime,
    logger,
    metrics,
  });
  if (options.hold !== null && options.hold.healthPort !== null) {
    const health = await startHealthServer({ host: options.host, port: options.hold.healthPort }, executor);
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
  return executor;
}

const listening = ({ host, port, address }: ExecutorCommandOptions) => ({
  host,
  port,
  ...(address === null ? {} : { advertisedAddress: address }),
});
