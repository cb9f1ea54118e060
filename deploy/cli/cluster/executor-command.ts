import { settlementInspections } from '../../../executor/examples/settlement/inspect-settlement.ts';
import { createMetrics } from '../../../shared/metrics.ts';
import type { CommandCall } from '../command-call.ts';
import { EXECUTOR_PART } from '../migrate-night-store.ts';
import { type ExecutorCommandOptions, executorOptions } from './executor-options.ts';
import { crewHandlers } from './executor-worker.ts';
import { readHandlersFile } from './handlers-file.ts';
import { holdDataDir } from './hold-data-dir.ts';
import { createOperatorClient } from './http-operator-client.ts';
import { openClusterStore } from './open-cluster-store.ts';
import { openHints } from './open-hints.ts';
import { openSettlement } from './open-settlement.ts';
import { claimForExecutors } from './refuse-other-cluster.ts';
import { configuredCall, runService, type Service, untilAborted } from './run-service.ts';
import { startClusterExecutor } from './start-cluster-executor.ts';

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
  const { runtime, wait, stop } = service;
  await using closing = new AsyncDisposableStack();
  await holdDataDir(options.dataDir, service, closing);
  const ownHandlers = options.handlersPath === null ? [] : await readHandlersFile(options.handlersPath);
  const store =
    options.store === null
      ? null
      : await openClusterStore(
          {
            location: options.store,
            part: EXECUTOR_PART,
            connections: options.storeConnections,
            migrate: options.migrate,
          },
          service,
          closing,
        );
  if (store !== null) await claimForExecutors(store, options.cluster);
  const metrics = createMetrics();
  closing.defer(() => metrics.close());
  const hints = await openHints(options, { ...service, metrics }, closing);
  const operator = createOperatorClient({ ...options, runtime });
  const settlement =
    options.settlement === null || store === null
      ? null
      : await openSettlement(
          options,
          options.settlement,
          // Worker processes volunteer by themselves; this one then only takes callbacks.
          { store, metrics, operator, hints, volunteerName: options.processes === null ? nameOf(options) : null },
          service,
          closing,
        );
  await wait.until(
    { name: `--schedulers ${options.schedulers.join(',')}`, wayOut: 'start one of them, or name those that run' },
    () => operator.reach(stop),
  );
  await startClusterExecutor(
    options,
    {
      service,
      store,
      metrics,
      handlers:
        options.processes === null
          ? [...(settlement?.handlers ?? []), ...ownHandlers]
          : crewHandlers(options, ownHandlers),
      afterSettled: settlement === null ? null : (body) => settlement.engine.afterSettled(body),
      inspections: settlement === null || store === null ? null : settlementInspections(store, settlement.engine),
    },
    closing,
  );
  await untilAborted(stop);
}

/** For people who look at leases. */
const nameOf = ({ address, host, port, group, hold }: ExecutorCommandOptions): string =>
  hold === null ? (address ?? `http://${host}:${port}/`) : `held executor of ${group}`;
