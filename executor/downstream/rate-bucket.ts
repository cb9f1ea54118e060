import type { Runtime } from '../../shared/runtime/runtime.ts';

/**
 * Requests per second to one downstream, all endpoints counted, shared by all executors of the process. Refilled at
 * 90 % of the limit, holds at most 10 % of it, and is empty at the start: so no window of one second holds more than
 * the limit, a restart included (0.9 + 0.1). Tokens are taken when a request really leaves, never ahead of time, so
 * that a stalled event loop does not let a queue of planned sends out at once.
 */
export class RateBucket {
  readonly #runtime: Runtime;
  #tokens = 0;
  #refilledAtMs: number;
  readonly #ratePerMs: number;
  readonly #burst: number;
  #promised = 0;
  #heldUntilMs = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(runtime: Runtime, maxRequestsPerSecond: number) {
    this.#runtime = runtime;
    this.#ratePerMs = (0.9 * maxRequestsPerSecond) / 1_000;
    this.#burst = Math.max(1, Math.floor(0.1 * maxRequestsPerSecond));
    this.#refilledAtMs = runtime.clock.monotonicMs();
  }

  /** Promises up to `wanted` requests, but no more than can leave within `horizonMs`; at least one, so that work goes on. */
  promise(wanted: number, horizonMs: number): number {
    this.#refill();
    const room = Math.floor(this.#tokens + horizonMs * this.#ratePerMs) - this.#promised;
    const granted = Math.max(1, Math.min(wanted, room));
    this.#promised += granted;
    return granted;
  }

  /**
   * True when at least one more request can leave within `horizonMs`, what is promised already counted. With a limit
   * of less than one request per horizon that is when a token is nearly there: storing a call earlier would only have
   * it miss its send deadline.
   */
  hasRoom(horizonMs: number): boolean {
    this.#refill();
    const leftMs = horizonMs - this.heldForMs;
    return leftMs > 0 && Math.floor(this.#tokens + leftMs * this.#ratePerMs) - this.#promised >= 1;
  }

  giveBack(count: number): void {
    this.#promised = Math.max(0, this.#promised - count);
  }

  /** Waits until one request may leave, in the order of asking. `promised`: it was promised before. */
  async take(options: { promised?: boolean; signal?: AbortSignal } = {}): Promise<void> {
    const before = this.#turn;
    let done: () => void = () => undefined;
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await before;
      await this.#takeNext(options.signal);
    } finally {
      if (options.promised) this.giveBack(1);
      done();
    }
  }

  /** A token that was taken for a request which then did not leave. */
  putBack(): void {
    this.#refill();
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /** The downstream said 429: nothing leaves before then. */
  holdFor(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#runtime.clock.monotonicMs() + ms);
    this.#tokens = 0;
  }

  /** How long nothing may leave yet because the downstream said 429; 0 when it may. */
  get heldForMs(): number {
    return Math.max(0, this.#heldUntilMs - this.#runtime.clock.monotonicMs());
  }

  async #takeNext(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      this.#refill();
      const heldMs = this.#heldUntilMs - this.#runtime.clock.monotonicMs();
      if (heldMs <= 0 && this.#tokens >= 1) {
        this.#tokens -= 1;
        return;
      }
      await this.#runtime.sleep(Math.max(1, heldMs, Math.ceil((1 - this.#tokens) / this.#ratePerMs)), signal);
    }
  }

  #refill(): void {
    const nowMs = this.#runtime.clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#refilledAtMs) * this.#ratePerMs);
    this.#refilledAtMs = nowMs;
  }
}

/**
 * Repeats beyond 10 % of first sends in a minute wait. The minute that counts is the busiest one so far: after the last
 * first send there is no other base to take 10 % of, and what was lost at the end has to be repeated too.
 */
export class RepeatPacer {
  readonly #runtime: Runtime;
  #firsts: Minute[] = [];
  #repeats: Minute[] = [];
  #busiest: number;
  static readonly FLOOR_PER_MINUTE = 60;

  /** `busiestBefore`: first sends of the busiest minute before this process. */
  constructor(runtime: Runtime, busiestBefore = 0) {
    this.#runtime = runtime;
    this.#busiest = busiestBefore;
  }

  noteFirstSends(count: number): void {
    this.#firsts = this.#lastMinute(this.#firsts);
    this.#firsts.push({ atMs: this.#runtime.clock.monotonicMs(), count });
    this.#busiest = Math.max(this.#busiest, sumOf(this.#firsts));
  }

  /** How many of `wanted` repeats may go now. */
  allow(wanted: number): number {
    this.#repeats = this.#lastMinute(this.#repeats);
    const budget = Math.max(RepeatPacer.FLOOR_PER_MINUTE, Math.floor(this.#busiest / 10)) - sumOf(this.#repeats);
    const allowed = Math.max(0, Math.min(wanted, budget));
    if (allowed > 0) this.#repeats.push({ atMs: this.#runtime.clock.monotonicMs(), count: allowed });
    return allowed;
  }

  #lastMinute(minutes: readonly Minute[]): Minute[] {
    const sinceMs = this.#runtime.clock.monotonicMs() - 60_000;
    return minutes.filter(({ atMs }) => atMs > sinceMs);
  }
}

interface Minute {
  readonly atMs: number;
  readonly count: number;
}
const sumOf = (minutes: readonly Minute[]): number => minutes.reduce((total, { count }) => total + count, 0);
