import { DaybreakError, messageOf } from '../../shared/errors.ts';
import { createLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { type Attempt, AttemptStopped } from '../handler/attempt.ts';
import type { ContextLog } from '../handler/create-handler-context.ts';
import type { JsonValue } from '../handler/handler-context.ts';
import { createHandlerHosts, type HandlerHosts } from '../handler/handler-hosts.ts';
import { createHandlerRegistry, type HandlerRegistry } from '../handler/handler-registry.ts';
import { crossEnding, crossError } from '../handler/isolation/cross-ending.ts';
import { compiledOrSource } from '../handler/isolation/load-handler.ts';
import { type FromWorker, readToWorker, type ToWorker } from './worker-messages.ts';
import type { OpenedWorker, OpenWorker } from './worker-port.ts';

/** The executor, seen from inside a worker process. */
export interface ParentChannel {
  send(message: FromWorker, done?: () => void): void;
  onMessage(listener: (message: unknown) => void): void;
  exit(code: number): void;
}

interface Opened {
  readonly worker: OpenedWorker;
  readonly handlers: HandlerRegistry;
  readonly hosts: HandlerHosts;
  readonly stopGraceMs: number;
}

/** Inside a worker process: opens the caller's module, and works the attempts that come, side by side. */
export function serveWorker(parent: ParentChannel): void {
  const runtime = systemRuntime();
  const metrics = createMetrics();
  const stops = new Map<number, AbortController>();
  const flushes = new Map<number, (() => void)[]>();
  let opening: Promise<Opened> | null = null;

  async function open(order: Extract<ToWorker, { kind: 'open' }>): Promise<Opened> {
    const { index, processes, config, executorAddress, stopGraceMs } = order;
    const logger = createLogger({ name: 'executor' }).child({ worker: index });
    const openWorker = await loadOpenWorker(order.module);
    const setup = { index, processes, config: config as JsonValue, executorAddress, runtime, logger, metrics };
    const worker = await openWorker(setup);
    const handlers = createHandlerRegistry(worker.handlers);
    const hosts = createHandlerHosts(handlers.values(), { runtime, logger, executorAddress, stopGraceMs });
    return { worker, handlers, hosts, stopGraceMs };
  }

  async function begin(order: Extract<ToWorker, { kind: 'open' }>): Promise<void> {
    opening = open(order);
    try {
      const { handlers } = await opening;
      parent.send({ kind: 'ready', handlers: [...handlers.keys()] });
    } catch (error) {
      parent.send({ kind: 'crashed', error: crossError(error) }, () => parent.exit(1));
    }
  }

  async function work(ref: number, attempt: Attempt): Promise<void> {
    const stop = new AbortController();
    stops.set(ref, stop);
    const ending = await run(ref, attempt, stop.signal);
    stops.delete(ref);
    flushes.delete(ref);
    parent.send({ kind: 'ended', ref, ending: crossEnding(ending) });
  }

  async function run(ref: number, attempt: Attempt, signal: AbortSignal) {
    const { handlers, hosts } = await (opening as Promise<Opened>);
    const handler = handlers.get(attempt.handler);
    if (handler === undefined) {
      const why = `the worker module has no handler "${attempt.handler}"`;
      return { kind: 'threw', error: new DaybreakError('HANDLER_UNKNOWN', why) } as const;
    }
    return await hosts.hostOf(handler).run({ attempt, signal, log: logOf(ref) });
  }

  function logOf(ref: number): ContextLog {
    const line = (level: 'info' | 'warn' | 'error') => (text: string) => parent.send({ kind: 'log', ref, level, text });
    return {
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      flushed: () =>
        new Promise((resolve) => {
          flushes.set(ref, [...(flushes.get(ref) ?? []), resolve]);
          parent.send({ kind: 'flush', ref });
        }),
    };
  }

  function flushed(ref: number): void {
    const [first, ...rest] = flushes.get(ref) ?? [];
    flushes.set(ref, rest);
    first?.();
  }

  async function close(): Promise<void> {
    const opened = await opening?.catch(() => null);
    try {
      await opened?.hosts.close(opened.stopGraceMs);
      await opened?.worker.close();
      parent.exit(0);
    } catch (error) {
      parent.send({ kind: 'crashed', error: crossError(error) }, () => parent.exit(1));
    }
  }

  async function scrape(ref: number): Promise<void> {
    parent.send({ kind: 'scraped', ref, body: (await metrics.scrape()).body });
  }

  parent.onMessage((given) => {
    const message = readToWorker(given);
    if (message === null) throw new DaybreakError('BAD_INPUT', 'a worker process got a message that it does not know');
    switch (message.kind) {
      case 'open':
        void begin(message);
        return;
      case 'work':
        void work(message.ref, message.attempt);
        return;
      case 'stop':
        parent.send({ kind: 'stop-heard', ref: message.ref });
        stops.get(message.ref)?.abort(new AttemptStopped(message.why));
        return;
      case 'flushed':
        flushed(message.ref);
        return;
      case 'scrape':
        void scrape(message.ref);
        return;
      case 'close':
        void close();
    }
  });
}

/** Throws BAD_OPTION for a module that is none. */
async function loadOpenWorker(module: string): Promise<OpenWorker> {
  try {
    const { openWorker } = (await import(compiledOrSource(module))) as { readonly openWorker?: unknown };
    if (typeof openWorker === 'function') return openWorker as OpenWorker;
  } catch (cause) {
    throw new DaybreakError('BAD_OPTION', `executor option workerModule: ${module}: ${messageOf(cause)}`, { cause });
  }
  throw new DaybreakError('BAD_OPTION', `executor option workerModule: ${module} exports no function openWorker`);
}
