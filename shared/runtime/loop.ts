import type { Logger } from '../logger.ts';
import { type BackoffRules, backoffMs } from './backoff.ts';
import type { Runtime } from './runtime.ts';

/** What a body may tell its loop; any other report is for whoever calls the body by hand. */
export interface LoopReport {
  /** There is more to do now: go round again without waiting. */
  readonly more?: boolean;
}

export interface LoopOptions {
  /** A verb phrase, e.g. 'rescue-lost-runs'. */
  readonly name: string;
  /** One pass. The signal aborts when the loop is stopped without draining. */
  readonly body: (signal: AbortSignal) => Promise<unknown>;
  /** From the end of one pass to the start of the next. */
  readonly intervalMs: number;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Waits after failures in a row. Default: from the interval (at least 500 ms) to 60 s. */
  readonly backoff?: BackoffRules;
}

export interface Loop {
  readonly name: string;
  /** Begins with a pass at once. A second call does nothing. */
  start(): void;
  /** The next pass begins now; when one is running, another follows it. */
  wake(): void;
  /** With `drain` (the default) the running pass ends by itself; without, its signal aborts. Resolves when it has ended. */
  stop(drain?: boolean): Promise<void>;
}

/**
 * Runs a body again and again. An error is logged and waited upon, longer each time; it never ends the loop.
 * @example
 * const loop = createLoop({ name: 'retire-silent-executors', body: retire, intervalMs: 5_000, runtime, logger });
 * loop.start();
 * await loop.stop();
 */
export function createLoop(options: LoopOptions): Loop {
  const { name, body, intervalMs, runtime } = options;
  const logger = options.logger.child({ loop: name });
  const backoff = options.backoff ?? { firstMs: Math.max(intervalMs, 500), maxMs: 60_000 };
  const abort = new AbortController();
  let stopping = false;
  let woken = false;
  let nap = new AbortController();
  let running: Promise<void> | null = null;

  async function go(): Promise<void> {
    let failures = 0;
    while (!stopping) {
      woken = false;
      let waitMs = intervalMs;
      try {
        if (wantsMore(await body(abort.signal))) waitMs = 0;
        failures = 0;
      } catch (error) {
        // Asked to give up, it gave up: not a failure.
        if (abort.signal.aborted && error === abort.signal.reason) return;
        failures++;
        waitMs = backoffMs(failures, runtime.random, backoff);
        logger.error({ err: error, failures, nextInMs: waitMs }, 'a pass failed');
      }
      await pause(waitMs);
    }
  }

  async function pause(ms: number): Promise<void> {
    // A turn for the others, even when the loop is woken all the time.
    await runtime.yieldTurn();
    if (stopping || woken || ms <= 0) return;
    nap = new AbortController();
    try {
      await runtime.sleep(ms, nap.signal);
    } catch (error) {
      if (!nap.signal.aborted) throw error;
    }
  }

  return {
    name,
    start() {
      if (!stopping) running ??= go();
    },
    wake() {
      woken = true;
      nap.abort(WOKEN);
    },
    async stop(drain = true) {
      stopping = true;
      nap.abort();
      if (!drain) abort.abort(new DOMException(`the loop ${name} is stopped`, 'AbortError'));
      await running;
    },
  };
}

/** Given as the reason of each wake: without one an exception with a stack is made, the dearest part of a wake. */
const WOKEN = 'woken';

const wantsMore = (report: unknown): boolean =>
  typeof report === 'object' && report !== null && (report as LoopReport).more === true;
