import type { Logger } from '../../shared/logger.ts';
import { backoffMs } from '../../shared/runtime/backoff.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { Exchange } from './define-downstream.ts';

/**
 * Whether it makes sense to talk to the downstream at all. Refused credentials are systemic: sending and sweeping
 * pause at once. A row of failed sends opens the breaker. In both cases the capabilities are asked with back-off
 * (1 s to 30 s) until they are answered; then everything that waits goes on, and `onWell` wakes the open items.
 * No item fails for any of this.
 */
export class DownstreamHealth {
  readonly #runtime: Runtime;
  readonly #logger: Logger;
  readonly #probe: (signal: AbortSignal) => Promise<boolean>;
  readonly #whenWell: () => Promise<void>;
  readonly #stop = new AbortController();
  #failedInARow = 0;
  #pausesInARow = 0;
  #paused: { readonly why: string; readonly over: Promise<void> } | null = null;
  #nap = new AbortController();
  #suspectedAtMs = Number.NEGATIVE_INFINITY;
  /** Called when this process has judged so by itself; other processes may be told. */
  onPause: (why: string) => void = () => undefined;
  onWell: () => void = () => undefined;

  static readonly FAILURES_TO_OPEN = 8;

  constructor(options: {
    runtime: Runtime;
    logger: Logger;
    probe: (signal: AbortSignal) => Promise<boolean>;
    onWell: () => Promise<void>;
  }) {
    this.#runtime = options.runtime;
    this.#logger = options.logger;
    this.#probe = options.probe;
    this.#whenWell = options.onWell;
  }

  /** Why nothing is sent just now, or null. */
  get pausedWhy(): string | null {
    return this.#paused?.why ?? null;
  }

  /** Resolves at once when well, else when the pause is over; rejects when the signal aborts first. */
  async ready(signal: AbortSignal): Promise<void> {
    while (this.#paused) {
      signal.throwIfAborted();
      await raceAbort(this.#paused.over, signal);
    }
  }

  /** What became of a send. Queries do not count: a query endpoint that is down must not stop the debits (F47). */
  noteSend(exchange: Exchange<unknown>): void {
    if (exchange.kind === 'answered') {
      this.#failedInARow = 0;
      this.#pausesInARow = 0;
      return;
    }
    if (exchange.kind === 'credentials') {
      this.pause('CREDENTIALS');
      return;
    }
    if (exchange.kind === 'not_sent' && exchange.status === 429) return;
    this.#failedInARow += 1;
    if (this.#failedInARow >= DownstreamHealth.FAILURES_TO_OPEN) this.pause('BREAKER_OPEN');
  }

  noteOther(exchange: Exchange<unknown>): void {
    if (exchange.kind === 'credentials') this.pause('CREDENTIALS');
  }

  pause(why: string): void {
    if (this.#paused || this.#stop.signal.aborted) return;
    this.#begin(why);
    this.onPause(why);
  }

  /** Another process has paused: this one asks the downstream once, and believes only what it hears itself. */
  async suspect(why: string): Promise<void> {
    const nowMs = this.#runtime.clock.monotonicMs();
    if (this.#paused || this.#stop.signal.aborted || nowMs - this.#suspectedAtMs < SUSPECT_EVERY_MS) return;
    this.#suspectedAtMs = nowMs;
    const isWell = await this.#isWell();
    if (!isWell && !this.#paused && !this.#stop.signal.aborted) this.#begin(why);
  }

  /** Another process was answered: asked now, and not when the back-off is over. */
  lookNow(): void {
    this.#nap.abort();
  }

  #begin(why: string): void {
    // Said once per pause: what was under way is refused as well, request by request.
    this.#logger.error({ why }, 'the downstream is paused: nothing is sent until its capabilities are answered');
    this.#paused = { why, over: this.#untilWell() };
  }

  stop(): void {
    this.#stop.abort(new Error('the money engine has stopped'));
  }

  /** A probe that throws (capabilities that cannot be) is one that was not answered. */
  async #isWell(): Promise<boolean> {
    try {
      return await this.#probe(this.#stop.signal);
    } catch (error) {
      this.#logger.warn({ err: error }, 'the downstream was asked for its capabilities and could not be understood');
      return false;
    }
  }

  async #untilWell(): Promise<void> {
    for (let tries = this.#pausesInARow; !this.#stop.signal.aborted; tries += 1) {
      const delayMs = backoffMs(tries + 1, this.#runtime.random, { firstMs: 1_000, maxMs: 30_000 });
      this.#nap = new AbortController();
      const signal = AbortSignal.any([this.#stop.signal, this.#nap.signal]);
      await this.#runtime.sleep(delayMs, signal).catch(() => undefined);
      if (this.#stop.signal.aborted || (await this.#isWell())) break;
    }
    this.#failedInARow = 0;
    this.#pausesInARow = Math.min(this.#pausesInARow + 1, 5);
    this.#paused = null;
    if (this.#stop.signal.aborted) return;
    this.#logger.info('the downstream answers again');
    this.onWell();
    await this.#whenWell().catch((error: unknown) =>
      this.#logger.error({ err: error }, 'waking the open items failed'),
    );
  }
}

const SUSPECT_EVERY_MS = 5_000;

function raceAbort(over: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    over.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
