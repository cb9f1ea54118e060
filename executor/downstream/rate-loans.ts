import type { Hints, Topic } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { RateBucket } from './rate-bucket.ts';
import { WINDOW_MS } from './rate-share.ts';
import type { StoreTime } from './store-time.ts';

export interface RateLoansOptions {
  readonly bucket: RateBucket;
  readonly hints: Hints;
  readonly runtime: Runtime;
  readonly downstreamId: number;
  /** What this process needs for itself just now. */
  readonly neededPerSecond: () => number;
}

/**
 * Unused tokens that change hands by hints, while a share would take a lease to do so. The lender takes them out of its
 * bucket first, and off its share until one second after the last of them may be used. They are offered under the name
 * of a slot of the store's time, and are good until the end of the next slot: so whatever Redis does with them (keeps
 * them while it is frozen, forgets them, brings them back), an old one is none.
 */
export class RateLoans {
  readonly #options: RateLoansOptions;
  readonly #topic: Topic;
  readonly #stop = new AbortController();
  #time: StoreTime | null = null;
  #neededAtMs = Number.NEGATIVE_INFINITY;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #offerUntilMs = Number.NEGATIVE_INFINITY;
  #borrowing = false;
  #offering = false;

  constructor(options: RateLoansOptions) {
    this.#options = options;
    this.#topic = `executor:rate-${options.downstreamId}`;
  }

  setTime(time: StoreTime): void {
    this.#time = time;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Somebody here waits for the rate. */
  need(): void {
    const nowMs = this.#options.runtime.clock.monotonicMs();
    this.#neededAtMs = nowMs;
    if (!this.#borrowing && this.#options.hints.isHeard) void this.#borrowWhileNeeded();
  }

  /** Somebody elsewhere waits: what is not needed here is offered for a second. */
  offerSoon(): void {
    const nowMs = this.#options.runtime.clock.monotonicMs();
    this.#offerUntilMs = nowMs + OFFER_FOR_MS;
    if (!this.#offering) void this.#offerWhileAsked();
  }

  /** Somebody elsewhere waits, and hears of what is offered. */
  get isAsked(): boolean {
    return this.#options.runtime.clock.monotonicMs() < this.#offerUntilMs;
  }

  /** Offers once what nobody here needs; returns how many. */
  offer(): number {
    const { bucket, hints, runtime, downstreamId } = this.#options;
    if (this.#time === null || bucket.heldForMs > 0) return 0;
    const slot = slotAt(this.#time.latest(runtime.clock.monotonicMs()));
    const goodUntilMs = this.#time.surelyPast(endOf(slot)) + DRIFT_MS;
    const spare = Math.floor(bucket.perSecond - this.#options.neededPerSecond());
    const lent = bucket.lend(spare, goodUntilMs, goodUntilMs + WINDOW_MS);
    if (lent > 0) hints.offerTokens(nameOf(downstreamId, slot), lent, 2 * SLOT_MS);
    return lent;
  }

  /** Takes once what others offer in the slots that are good now; returns how many. */
  async borrow(wanted: number): Promise<number> {
    const { bucket, hints, runtime, downstreamId } = this.#options;
    if (this.#time === null) return 0;
    const now = slotAt(this.#time.latest(runtime.clock.monotonicMs()));
    let taken = 0;
    for (const slot of [now - 1, now]) {
      if (taken >= wanted) break;
      const count = await hints.takeTokens(nameOf(downstreamId, slot), wanted - taken);
      // Held against the store's clock at its latest: what may be over is over, and the bucket uses none of it.
      const goodForMs = endOf(slot) - this.#time.latest(runtime.clock.monotonicMs());
      bucket.borrow(count, runtime.clock.monotonicMs() + goodForMs);
      taken += count;
    }
    return taken;
  }

  async #borrowWhileNeeded(): Promise<void> {
    const { hints, runtime, bucket } = this.#options;
    this.#borrowing = true;
    try {
      while (!this.#stop.signal.aborted && hints.isHeard && bucket.heldForMs === 0) {
        const nowMs = runtime.clock.monotonicMs();
        if (nowMs - this.#neededAtMs > 2 * TURN_MS) return;
        if (nowMs - this.#askedAtMs > OFFER_FOR_MS / 2) {
          this.#askedAtMs = nowMs;
          hints.publish(this.#topic, LOAN_WANTED);
        }
        await this.borrow(BORROW_MAX);
        await runtime.sleep(TURN_MS, this.#stop.signal).catch(() => undefined);
      }
    } finally {
      this.#borrowing = false;
    }
  }

  async #offerWhileAsked(): Promise<void> {
    const { runtime } = this.#options;
    this.#offering = true;
    try {
      while (!this.#stop.signal.aborted && runtime.clock.monotonicMs() < this.#offerUntilMs) {
        this.offer();
        await runtime.sleep(TURN_MS, this.#stop.signal).catch(() => undefined);
      }
    } finally {
      this.#offering = false;
    }
  }
}

/** The body by which tokens are asked for that others do not need just now. */
export const LOAN_WANTED = 'loan';

const SLOT_MS = 200;
const TURN_MS = 100;
const OFFER_FOR_MS = 1_000;
const BORROW_MAX = 1_000;
/** How far two readings of the store's clock may disagree. */
const DRIFT_MS = 100;

const slotAt = (storeMs: number): number => Math.floor(storeMs / SLOT_MS);
/** A token of a slot is good until then, by the store's clock. */
const endOf = (slot: number): number => (slot + 2) * SLOT_MS;
const nameOf = (downstreamId: number, slot: number): string => `rate-${downstreamId}:${slot}`;
