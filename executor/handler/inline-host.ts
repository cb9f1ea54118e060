import { DaybreakError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { HandlerEnding } from './classify-outcome.ts';
import { createHandlerContext } from './create-handler-context.ts';
import type { Handler } from './handler-context.ts';
import type { HandlerCall, HandlerHost } from './handler-host.ts';

export interface InlineHostOptions {
  readonly readParams: (call: HandlerCall) => unknown;
  readonly executorAddress: string;
  readonly stopGraceMs: number;
  readonly runtime: Pick<Runtime, 'sleep'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Runs a handler in this very thread. The same code runs it inside a thread or process of its own. */
export function createInlineHost(handler: Handler, options: InlineHostOptions): HandlerHost {
  const { runtime, logger } = options;
  const present = new Set<Promise<HandlerEnding>>();
  let ready: Promise<void> | null = null;

  async function call(given: HandlerCall): Promise<HandlerEnding> {
    try {
      const params = options.readParams(given);
      if (handler.init !== undefined) await unlessAborted(initialised(handler.init.bind(handler)), given.signal);
      const { executorAddress } = options;
      const ctx = createHandlerContext(given.attempt, { ...given, executorAddress, params });
      return { kind: 'returned', value: await handler.run(ctx) };
    } catch (error) {
      return { kind: 'threw', error };
    }
  }

  /** One init for all who wait for it. A failed one is forgotten, so that the next attempt tries again. */
  function initialised(init: () => Promise<void>): Promise<void> {
    ready ??= init().catch((cause: unknown) => {
      ready = null;
      const why = `handler "${handler.name}" could not be initialised: ${messageOf(cause)}`;
      throw new DaybreakError('HANDLER_INIT_FAILED', why, { cause });
    });
    return ready;
  }

  async function destroyed(over: AbortSignal): Promise<void> {
    await Promise.all(present);
    if (handler.destroy === undefined) return;
    const initFailed = handler.init !== undefined && !(await succeeded(ready));
    if (initFailed || over.aborted) return;
    await handler.destroy();
  }

  return {
    stuckAfterMs: options.stopGraceMs,
    async run(given) {
      const running = call(given);
      present.add(running);
      const ending = await running;
      present.delete(running);
      return ending;
    },
    async close(limitMs) {
      if (handler.destroy === undefined) return;
      const over = new AbortController();
      const inTime = destroyed(over.signal).then(
        () => true,
        (err: unknown) => {
          logger.warn({ err, handler: handler.name }, 'a handler could not be destroyed');
          return true;
        },
      );
      const late = runtime.sleep(limitMs, over.signal).then(
        () => false,
        () => true,
      );
      if (!(await Promise.race([inTime, late]))) {
        logger.warn(
          { handler: handler.name, limitMs },
          'a handler was not destroyed in time: the node stops without it',
        );
      }
      over.abort();
    },
  };
}

async function succeeded(init: Promise<void> | null): Promise<boolean> {
  if (init === null) return false;
  return await init.then(
    () => true,
    () => false,
  );
}

/** An attempt that is told to stop does not wait for an init that hangs; the init goes on for those who come later. */
async function unlessAborted(waited: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await Promise.race([waited, promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
