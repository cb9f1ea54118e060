import type { Handler } from '../../../executor/handler/handler-context.ts';
import { type WorkerHandlerDefinition, workerHandler } from '../../../executor/workers/worker-handler.ts';
import type { OpenWorker } from '../../../executor/workers/worker-port.ts';
import { SETTLEMENT_JOBS } from '../nightly-settlement.ts';
import type { ExecutorCommandOptions } from './executor-options.ts';
import { readHandlersFile } from './handlers-file.ts';
import { createOperatorClient } from './http-operator-client.ts';
import { openStore } from './open-cluster-store.ts';
import { openHints } from './open-hints.ts';
import { openSettlement } from './open-settlement.ts';
import type { Service } from './run-service.ts';
import { createServerWait } from './server-wait.ts';

/** Handlers whose work is shared through slices: every process works an attempt of theirs. */
const SHARED: ReadonlySet<string> = new Set(['premium-debit', 'principal-debit']);

/** What the executor itself has of the handlers that run in its worker processes. */
export function crewHandlers(options: ExecutorCommandOptions, own: readonly Handler[]): Handler[] {
  const settling: WorkerHandlerDefinition[] =
    options.settlement === null
      ? []
      : SETTLEMENT_JOBS.map(({ name }) => ({ name, spread: SHARED.has(name) ? 'every' : 'one' }));
  return [...settling.map(workerHandler), ...own.map(inCrew)];
}

/** A handler that has a thread or a process of its own keeps it. */
function inCrew(handler: Handler): Handler {
  const { name, isolation = 'inline', spread = 'one', params, combine } = handler;
  if (isolation === 'thread' || isolation === 'process') return handler;
  return workerHandler({
    name,
    spread,
    ...(params === undefined ? {} : { params }),
    ...(combine === undefined ? {} : { combine }),
  });
}

/** One worker process of `daybreak executor --processes N`: its own connections, its own engine, the same handlers. */
export const openWorker: OpenWorker = async ({ index, config, executorAddress, runtime, logger, metrics }) => {
  const options = config as unknown as ExecutorCommandOptions;
  const closing = new AsyncDisposableStack();
  const stop = new AbortController();
  const say = (line: string): void => logger.info(line);
  const wait = createServerWait({ waitMs: options.waitMs, runtime, stop: stop.signal, say });
  const service: Service = { runtime, logger, stop: stop.signal, wait, say };
  try {
    const handlers = options.handlersPath === null ? [] : [...(await readHandlersFile(options.handlersPath))];
    if (options.settlement !== null && options.store !== null) {
      // Migrated by the executor, which started this process after it.
      const store = await openStore(options.store, service, options.storeConnections);
      closing.defer(() => store.close());
      const settlement = await openSettlement(
        options,
        // Callbacks come to the one port that the gateway was told.
        { ...options.settlement, callback: null },
        {
          store,
          metrics,
          operator: createOperatorClient({ ...options, runtime }),
          hints: await openHints(options, { ...service, metrics }, closing),
          volunteerName: `${executorAddress}#worker-${index}`,
        },
        service,
        closing,
      );
      handlers.push(...settlement.handlers);
    }
    return { handlers, close: () => closing.disposeAsync() };
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
};
