import { DaybreakError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { Handler } from './handler-context.ts';
import type { HandlerCall, HandlerHost } from './handler-host.ts';
import { createInlineHost } from './inline-host.ts';
import { createIsolatedHost } from './isolation/isolated-host.ts';
import { startProcess } from './isolation/process-fork-worker.ts';
import { startThread } from './isolation/process-thread-worker.ts';
import { createParamsReader } from './read-params.ts';

export interface HandlerHostsOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly executorAddress: string;
  readonly stopGraceMs: number;
  /** Runs handlers of isolation 'workers'; without them there are no worker processes. */
  readonly workers?: WorkerHosts | null;
}

/** The worker processes of one executor, as its handlers see them. */
export interface WorkerHosts {
  hostOf(handler: Handler): HandlerHost;
  /** Lets them destroy their handlers and ends them, in `limitMs`. Never rejects. */
  close(limitMs: number): Promise<void>;
}

/** The hosts of one node's handlers. Two nodes of one process that are given the same handler have a host each. */
export interface HandlerHosts {
  hostOf(handler: Handler): HandlerHost;
  /** Destroys what was initialised and ends threads and processes, all at once, in `limitMs`. Never rejects. */
  close(limitMs: number): Promise<void>;
}

/** Makes every host at once, so that a schema that cannot be compiled fails the start and not the first attempt. */
export function createHandlerHosts(handlers: Iterable<Handler>, options: HandlerHostsOptions): HandlerHosts {
  const hosts = new Map<Handler, HandlerHost>();
  for (const handler of handlers) hosts.set(handler, createHost(handler, options));
  return {
    // A handler that was made for one attempt only has nothing to keep.
    hostOf: (handler) => hosts.get(handler) ?? createHost(handler, options),
    close: async (limitMs) => {
      await Promise.all(
        [...hosts.values(), ...(options.workers ? [options.workers] : [])].map((one) => one.close(limitMs)),
      );
    },
  };
}

function createHost(handler: Handler, options: HandlerHostsOptions): HandlerHost {
  const read = handler.params === undefined ? () => undefined : createParamsReader(handler.params);
  const common = { ...options, readParams: (call: { attempt: { param: string } }) => read(call.attempt.param) };
  switch (handler.isolation ?? 'inline') {
    case 'inline':
      return createInlineHost(handler, common);
    case 'thread':
      return createIsolatedHost(handler, { ...common, start: startThread, what: 'thread' });
    case 'process':
      return createIsolatedHost(handler, { ...common, start: startProcess, what: 'process' });
    case 'workers':
      if (options.workers) return checkedFirst(options.workers.hostOf(handler), common.readParams);
      throw new DaybreakError(
        'BAD_OPTION',
        `handler "${handler.name}" runs in worker processes: give the executor processes`,
      );
  }
}

/** What does not fit the schema does not cross to a worker. */
function checkedFirst(host: HandlerHost, readParams: (call: HandlerCall) => unknown): HandlerHost {
  return {
    stuckAfterMs: host.stuckAfterMs,
    close: host.close,
    async run(call) {
      try {
        readParams(call);
      } catch (error) {
        return { kind: 'threw', error };
      }
      return await host.run(call);
    },
  };
}
