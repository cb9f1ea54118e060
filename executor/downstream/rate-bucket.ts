import type { Runtime } from '../../shared/runtime/runtime.ts';

/** A part of the limit that this process may use until then, by its own monotonic clock. */
export interface RateGrant {
  readonly perSecond: number;
  readonly untilMs: number;
}

/** How a bucket was used since it was last asked. */
export interface RateDemand {
  readonly taken: number;
  /** Somebody had to wait for the rate. */
  readonly wasShort: boolean;
}

/**
 * Requests per second to one downstream, all endpoints counted, shared by all executors of the process. Refilled at
 * 90 % of the limit, holds at most 10 % of it, and is empty at the start: so no window of one second holds more than
 * the limit, a restart included (0.9 + 0.1). Tokens are taken when a request really leaves, never ahead of time, so
 * that a stalled event loop does not let a queue of planned sends out at once.
 *
 * In a cluster the limit is a share that changes and runs out (`grant`): then the bound holds for the largest share of
 * each window, and without a share that runs nothing leaves (docs/rate.md).
 */
export class RateBucket {
  readonly #runtime: Runtime;
  readonly #limit: number;
  #tokens = 0;
  #refilledAtMs: number;
  #promised = 0;
  #heldUntilMs = 0;
  #turn: Promise<void> = Promise.resolve();
  /** Null: the whole limit is this process's own, for ever. */
  readonly #shares: RateShareTimes | null;
  #borrowed: { count: number; readonly untilMs: number }[] = [];
  #taken = 0;
  #wasShort = false;
  #nap = new AbortController();

  /** @param isShared the limit is the cluster's, and nothing of it is this process's before it is granted */
  constructor(runtime: Runtime, maxRequestsPerSecond: number, isShared = false) {
    this.#runtime = runtime;
    this.#limit = maxRequestsPerSecond;
    this.#shares = isShared ? new RateShareTimes() : null;
    this.#refilledAtMs = runtime.clock.monotonicMs();
  }

  /** Promises up to `wanted` requests, but no more than can leave within `horizonMs`; at least one, so that work goes on. */
  promise(wanted: number, horizonMs: number): number {
    this.#refill();
    const room = Math.floor(this.#tokens + horizonMs * this.#ratePerMs) - this.#promised;
    const granted = Math.max(1, Math.min(wanted, room));
    if (granted < wanted) this.#fellShort();
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
    const hasRoom = leftMs > 0 && Math.floor(this.#tokens + leftMs * this.#ratePerMs) - this.#promised >= 1;
    if (!hasRoom && this.heldForMs === 0) this.#fellShort();
    return hasRoom;
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

  /** A token that was taken for a request which then did not leave. A shared one is lost: it may have been another's. */
  putBack(): void {
    this.#refill();
    if (this.#shares === null) this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /** The downstream said 429: nothing leaves before then. */
  holdFor(ms: number): void {
    this.obeyHold(ms);
    this.onHold(ms);
  }

  /** The same, learned from another process. */
  obeyHold(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#runtime.clock.monotonicMs() + ms);
    this.#tokens = 0;
    this.#borrowed = [];
  }

  /** How long nothing may leave yet because the downstream said 429; 0 when it may. */
  get heldForMs(): number {
    return Math.max(0, this.#heldUntilMs - this.#runtime.clock.monotonicMs());
  }

  /** Requests per second that this process may make just now, what it has lent taken off. */
  get perSecond(): number {
    return this.#shares === null ? this.#limit : this.#shares.at(this.#runtime.clock.monotonicMs());
  }

  /** A share of the limit; a larger one that was granted before runs to its own end. */
  grant(grant: RateGrant): void {
    this.#refill();
    this.#shares?.grant(grant, this.#runtime.clock.monotonicMs());
    this.#wake();
  }

  /**
   * No more than this from now on, whatever was granted before. False when more is lent than that leaves: then nothing
   * has changed.
   */
  cede(perSecond: number): boolean {
    this.#refill();
    if (this.#shares === null || !this.#shares.cede(perSecond, this.#runtime.clock.monotonicMs())) return false;
    this.#tokens = Math.min(this.#tokens, this.#burst);
    return true;
  }

  /**
   * Takes up to `count` tokens out of this bucket for others, who may use them until `goodUntilMs`, and as much off its
   * share until `countedUntilMs`. Returns how many. Never so many that the share of that time would not cover them, and
   * one request per second always stays.
   */
  lend(count: number, goodUntilMs: number, countedUntilMs: number): number {
    this.#refill();
    if (this.#shares === null) return 0;
    const covered = Math.min(this.perSecond, this.#shares.laterAt(goodUntilMs, this.#runtime.clock.monotonicMs()));
    const lent = Math.max(0, Math.floor(Math.min(count, this.#tokens, covered - 1)));
    if (lent === 0) return 0;
    this.#tokens -= lent;
    this.#shares.lend(lent, countedUntilMs);
    this.onTokens('lent', lent);
    return lent;
  }

  /** Tokens that another process has lent: good until then, and no longer. */
  borrow(count: number, untilMs: number): void {
    if (count < 1 || this.heldForMs > 0) return;
    this.#borrowed.push({ count, untilMs });
    this.#wake();
  }

  /** Asked once in a while: begins to count anew. */
  readDemand(): RateDemand {
    const demand = { taken: this.#taken, wasShort: this.#wasShort };
    this.#taken = 0;
    this.#wasShort = false;
    return demand;
  }

  /** Called when somebody has to wait for the rate. */
  onShort: () => void = () => undefined;
  /** Called when the downstream told this process to wait. */
  onHold: (ms: number) => void = () => undefined;

  /** Called with what was taken, and from whom; `lent` is what others may take. */
  onTokens: (whose: 'own' | 'borrowed' | 'lent', count: number) => void = () => undefined;

  async #takeNext(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      this.#refill();
      const heldMs = this.#heldUntilMs - this.#runtime.clock.monotonicMs();
      if (heldMs <= 0 && this.#takeNow()) return;
      if (heldMs <= 0) this.#fellShort();
      await this.#sleep(Math.max(1, heldMs, Math.ceil((1 - this.#tokens) / this.#ratePerMs)), signal);
    }
  }

  #takeNow(): boolean {
    const whose = this.#takeBorrowed() ? 'borrowed' : 'own';
    if (whose === 'own') {
      if (this.#tokens < 1) return false;
      this.#tokens -= 1;
    }
    this.#taken += 1;
    this.onTokens(whose, 1);
    return true;
  }

  /** Before one's own: these do not keep. */
  #takeBorrowed(): boolean {
    if (this.#borrowed.length === 0) return false;
    const nowMs = this.#runtime.clock.monotonicMs();
    this.#borrowed = this.#borrowed.filter(({ count, untilMs }) => count > 0 && nowMs < untilMs);
    const first = this.#borrowed[0];
    if (first === undefined) return false;
    first.count -= 1;
    return true;
  }

  #fellShort(): void {
    this.#wasShort = true;
    this.onShort();
  }

  /** A share may come or go meanwhile: the one who waits looks again. */
  async #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#shares === null) return this.#runtime.sleep(ms, signal);
    const nap = new AbortController();
    this.#nap = nap;
    const either = signal === undefined ? nap.signal : AbortSignal.any([nap.signal, signal]);
    await this.#runtime.sleep(Math.min(ms, NAP_MS), either).catch((error: unknown) => {
      if (!nap.signal.aborted) throw error;
    });
  }

  #wake(): void {
    this.#nap.abort();
  }

  #refill(): void {
    const nowMs = this.#runtime.clock.monotonicMs();
    // Piece by piece: a share that ran out meanwhile has filled the bucket only for as long as it ran.
    for (let fromMs = this.#refilledAtMs; fromMs < nowMs; ) {
      const toMs = Math.min(nowMs, this.#shares?.nextChange(fromMs) ?? nowMs);
      const perSecond = this.#shares === null ? this.#limit : this.#shares.at(fromMs);
      this.#tokens = Math.min(burstOf(perSecond), this.#tokens + ((toMs - fromMs) * 0.9 * perSecond) / 1_000);
      fromMs = toMs;
    }
    this.#refilledAtMs = nowMs;
    this.#tokens = Math.min(this.#tokens, this.#burst);
  }

  get #ratePerMs(): number {
    return (0.9 * this.perSecond) / 1_000;
  }

  get #burst(): number {
    return burstOf(this.perSecond);
  }
}

const NAP_MS = 100;

const burstOf = (perSecond: number): number => (perSecond <= 0 ? 0 : Math.max(1, Math.floor(0.1 * perSecond)));

/** The shares of one process over time: the largest grant that runs, less what is lent. */
class RateShareTimes {
  #grants: RateGrant[] = [];
  #lent: RateGrant[] = [];

  grant(grant: RateGrant, nowMs: number): void {
    this.#grants = [...this.#grants.filter(({ untilMs }) => untilMs > nowMs), grant];
    this.#lent = this.#lent.filter(({ untilMs }) => untilMs > nowMs);
  }

  lend(perSecond: number, untilMs: number): void {
    this.#lent.push({ perSecond, untilMs });
  }

  /** False when what is lent needs more than is left. */
  cede(perSecond: number, nowMs: number): boolean {
    const lent = this.#lent.reduce((sum, part) => sum + (nowMs < part.untilMs ? part.perSecond : 0), 0);
    if (lent > perSecond) return false;
    this.#grants = this.#grants.map((one) => ({ ...one, perSecond: Math.min(one.perSecond, perSecond) }));
    return true;
  }

  at(ms: number): number {
    return this.laterAt(ms, ms);
  }

  /** What of the grants still runs at `ms`, less all that is lent at `nowMs`. */
  laterAt(ms: number, nowMs: number): number {
    let [perSecond, lent] = [0, 0];
    for (const grant of this.#grants) if (ms < grant.untilMs) perSecond = Math.max(perSecond, grant.perSecond);
    for (const part of this.#lent) if (nowMs < part.untilMs) lent += part.perSecond;
    return Math.max(0, perSecond - lent);
  }

  /** When something runs out next. */
  nextChange(afterMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { untilMs } of [...this.#grants, ...this.#lent]) {
      if (untilMs > afterMs) nextMs = Math.min(nextMs, untilMs);
    }
    return nextMs;
  }
}

/** How many repeats may go. */
export interface RepeatBudget {
  noteFirstSends(count: number): void;
  /** How many of `wanted` repeats may go now. */
  allow(wanted: number): number | Promise<number>;
}

/** A tenth of the first sends of the busiest minute, and always a few: what was lost at the end is repeated, too. */
export const repeatsPerMinute = (busiestMinute: number): number =>
  Math.max(RepeatPacer.FLOOR_PER_MINUTE, Math.floor(busiestMinute / 10));

/**
 * Repeats beyond 10 % of first sends in a minute wait. The minute that counts is the busiest one so far: after the last
 * first send there is no other base to take 10 % of, and what was lost at the end has to be repeated too.
 */
export class RepeatPacer implements RepeatBudget {
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
    const budget = repeatsPerMinute(this.#busiest) - sumOf(this.#repeats);
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
