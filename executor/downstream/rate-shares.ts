import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Hints, Topic } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { RateBucket } from './rate-bucket.ts';
import { LOAN_WANTED, RateLoans } from './rate-loans.ts';
import { decideShare, type ShareDecision, type ShareRow } from './rate-share.ts';
import {
  lockLimit,
  readShares,
  releaseLarger,
  releaseShare,
  saveHold,
  saveLimit,
  saveShare,
} from './rate-share-rows.ts';
import { readStoreTime } from './store-time.ts';

export interface RateSharesOptions {
  readonly store: SqlStore;
  readonly hints: Hints;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly downstreamId: number;
  /** What the downstream takes from all processes together, per second. */
  readonly maxRequestsPerSecond: number;
  /** ms a share is held without being renewed; it is renewed three times as often. Default 3,000. */
  readonly leaseMs?: number;
}

/**
 * This process's part of a downstream's rate: a share that is leased from the store, renewed while it is used, and
 * given back when it is not. The store judges: a process that cannot renew sends nothing. Hints make shares and unused
 * tokens move sooner, and never make any.
 */
export class RateShares {
  readonly bucket: RateBucket;
  readonly #options: RateSharesOptions;
  readonly #leaseMs: number;
  readonly #holder: string;
  readonly #topic: Topic;
  readonly #loans: RateLoans;
  readonly #stop = new AbortController();
  readonly #unsubscribe: () => void;
  #limitUnits: number;
  #unit: number;
  #wanted = 0;
  #units = 0;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #saidWanted = false;
  #measured = { sinceMs: Number.NEGATIVE_INFINITY, taken: 0 };
  #soon = false;
  #failed = false;
  #nap = new AbortController();
  #toldHoldUntilMs = 0;
  #running: Promise<void> | null = null;

  constructor(options: RateSharesOptions) {
    const { runtime, hints, downstreamId, maxRequestsPerSecond } = options;
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#holder = runtime.random.ulid();
    this.#topic = `executor:rate-${downstreamId}`;
    [this.#limitUnits, this.#unit] = unitsOf(maxRequestsPerSecond);
    this.bucket = new RateBucket(runtime, maxRequestsPerSecond, true);
    this.#loans = new RateLoans({
      bucket: this.bucket,
      hints,
      runtime,
      downstreamId,
      neededPerSecond: () => this.#wanted * this.#unit,
    });
    this.bucket.onShort = () => this.#fellShort();
    this.bucket.onHold = (ms) => void this.#tellHold(ms);
    this.#unsubscribe = hints.subscribe(this.#topic, (body) => this.#hear(body));
  }

  /** Writes down what the downstream states, and begins to hold a share when somebody asks for the rate. */
  async start(): Promise<void> {
    await this.setLimit(this.#options.maxRequestsPerSecond);
    this.begin();
  }

  /** The same with a limit that is known from the store, before the downstream was asked. */
  begin(): void {
    this.#running ??= this.#run();
  }

  /** The limit as it is stated now. */
  async setLimit(perSecond: number): Promise<void> {
    const { store, downstreamId } = this.#options;
    [this.#limitUnits, this.#unit] = unitsOf(perSecond);
    await store.transaction('save-rate-limit', (tx) => saveLimit(tx, downstreamId, perSecond));
  }

  /** For people: what is held and what was asked for, in units of the limit. */
  get held(): { readonly units: number; readonly wanted: number; readonly limit: number } {
    return { units: this.#units, wanted: this.#wanted, limit: this.#limitUnits };
  }

  /** Nothing leaves any more, and what is held is given back. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#nap.abort();
    this.#unsubscribe();
    this.#loans.stop();
    await this.#running;
    // A store that was away a moment ago is not waited for: the lease runs out by itself.
    if (this.#units > 0 && !this.#failed) await this.#release(0, releaseShare);
  }

  /** One pass: asks for what is needed, and takes what is given. Public for tests; the loop calls it. */
  async look(): Promise<ShareDecision> {
    const { store, runtime, downstreamId } = this.#options;
    this.#wanted = this.#wish();
    const sinceMs = runtime.clock.monotonicMs();
    this.#lookedAtMs = sinceMs;
    const { decision, heldMs, nowMs } = await store.transaction(
      'renew-rate-share',
      async (tx) => {
        const limit = await lockLimit(tx, downstreamId);
        const ask = {
          holder: this.#holder,
          wanted: this.#wanted,
          // Whoever states less is right: a limit that was lowered holds at once.
          limit: Math.min(this.#limitUnits, limit === null ? this.#limitUnits : unitsOf(limit.perSecond)[0]),
          nowMs: tx.nowMs,
          leaseMs: this.#leaseMs,
        };
        const rows = await readShares(tx, downstreamId, this.#holder);
        const decided = decideShare(rows, ask);
        await saveShare(tx, downstreamId, decided.row);
        return { decision: decided, heldMs: (limit?.heldUntil ?? 0) - tx.nowMs, nowMs: tx.nowMs };
      },
      { urgent: true },
    );
    // From before the transaction: the lease ends here no later than it does for the others.
    this.#units = decision.row.units;
    this.bucket.grant({ perSecond: decision.row.units * this.#unit, untilMs: sinceMs + this.#leaseMs });
    this.#loans.setTime(readStoreTime({ nowMs, sinceMs, untilMs: runtime.clock.monotonicMs() }));
    if (heldMs > 0) this.bucket.obeyHold(heldMs);
    if (this.#mayGoSooner(decision.row, nowMs)) await this.#release(decision.row.units, releaseLarger);
    return decision;
  }

  /**
   * What a share has lost is another's sooner, unless it is lent meanwhile, which is sooner still: who is short has
   * nothing to lend. And unless nothing is left of it while more is wanted: where processes take turns, a turn has to
   * last until a token is full.
   */
  #mayGoSooner({ units, beforeUnits, beforeUntil, wanted }: ShareRow, nowMs: number): boolean {
    if (beforeUnits <= units || beforeUntil <= nowMs) return false;
    const isLent = this.#loans.isAsked && wanted < this.#limitUnits;
    return !isLent && (units > 0 || wanted === 0);
  }

  /**
   * A share that shrank need not run to the end of its lease: first nothing more than `units` leaves here, then that is
   * written down, and a window later the rest is another's. The order is what counts: the instant that is written is
   * later than the last request that the larger share let go.
   */
  async #release(units: number, write: typeof releaseShare): Promise<void> {
    const { store, logger, downstreamId } = this.#options;
    if (!this.bucket.cede(units * this.#unit)) return;
    try {
      await store.transaction(
        'release-rate-share',
        async (tx) => {
          await lockLimit(tx, downstreamId);
          await write(tx, downstreamId, this.#holder);
        },
        { urgent: true },
      );
    } catch (error) {
      // Nobody may use it sooner, then: it counts until its lease has run out.
      logger.warn({ why: messageOf(error) }, 'a share of the rate could not be given back before its lease ends');
    }
  }

  async #run(): Promise<void> {
    const { hints, logger } = this.#options;
    while (!this.#stop.signal.aborted) {
      let nextMs = this.#leaseMs / 3;
      try {
        const { row, freeAtMs } = await this.look();
        this.#failed = false;
        if (freeAtMs !== null) {
          // Said once: who hears it looks at the rows, and sees this one's wish there from now on.
          if (!this.#saidWanted) hints.publish(this.#topic, `wanted ${this.#holder}`);
          nextMs = Math.min(nextMs, Math.max(MIN_LOOK_MS, freeAtMs + this.#leaseMs - row.leaseUntil + 1));
        }
        this.#saidWanted = freeAtMs !== null;
        // Nothing is wanted: what is held runs out, and the store is left alone until somebody asks.
        if (row.wanted === 0) nextMs = LONGEST_MS;
      } catch (error) {
        this.#failed = true;
        // What was granted goes on until its lease ends; then nothing is sent until a renewal succeeds.
        logger.warn({ why: messageOf(error) }, 'the share of the rate could not be renewed');
        nextMs = Math.min(nextMs, 500);
      }
      await this.#sleep(nextMs);
    }
  }

  /**
   * Who had to wait asks for everything, and what others ask for decides how much that is. Who did not asks for a
   * quarter more than it used, so that what it does not use comes free.
   */
  #wish(): number {
    const nowMs = this.#options.runtime.clock.monotonicMs();
    const { taken, wasShort } = this.bucket.readDemand();
    const { sinceMs } = this.#measured;
    const soFar = this.#measured.taken + taken;
    if (wasShort) {
      this.#measured = { sinceMs: nowMs, taken: 0 };
      return this.#limitUnits;
    }
    if (nowMs - sinceMs < MEASURE_MS) {
      this.#measured = { sinceMs, taken: soFar };
      return this.#wanted;
    }
    this.#measured = { sinceMs: nowMs, taken: 0 };
    const used = soFar === 0 ? 0 : Math.ceil((1_250 * soFar) / (nowMs - sinceMs) / this.#unit) + 1;
    // By halves, so that a pause between two chunks does not give away what the next one needs.
    return Math.min(this.#limitUnits, Math.max(used, Math.floor(this.#wanted / 2)));
  }

  /** Somebody waits. That everything is wanted is written once; then the next look sees to it. */
  #fellShort(): void {
    this.#loans.need();
    if (this.#wanted < this.#limitUnits) this.#lookSoon();
  }

  #hear(body: string): void {
    if (body === LOAN_WANTED) this.#loans.offerSoon();
    // Another process waits for what may be held here, or the downstream told it to wait.
    else if (body !== `wanted ${this.#holder}` && (this.#units > 0 || this.#wanted > 0)) this.#lookSoon();
  }

  #lookSoon(): void {
    this.#soon = true;
    this.#nap.abort();
  }

  async #sleep(ms: number): Promise<void> {
    const { runtime } = this.#options;
    const rest = (waitMs: number): Promise<void> => {
      this.#nap = new AbortController();
      if (this.#stop.signal.aborted) return Promise.resolve();
      return runtime.sleep(Math.min(waitMs, LONGEST_MS), this.#nap.signal).catch(() => undefined);
    };
    // However many ask for it: not more than ten looks a second.
    const sinceLookMs = runtime.clock.monotonicMs() - this.#lookedAtMs;
    if (!this.#soon) await rest(ms);
    if (this.#soon && sinceLookMs < MIN_LOOK_MS) {
      this.#soon = false;
      await runtime.sleep(MIN_LOOK_MS - sinceLookMs, this.#stop.signal).catch(() => undefined);
    }
    this.#soon = false;
  }

  async #tellHold(ms: number): Promise<void> {
    const { store, runtime, hints, logger, downstreamId } = this.#options;
    const untilMs = runtime.clock.monotonicMs() + ms;
    // A storm of refusals is one message.
    if (untilMs < this.#toldHoldUntilMs + 200) return;
    this.#toldHoldUntilMs = untilMs;
    try {
      await store.transaction('hold-rate', (tx) => saveHold(tx, downstreamId, tx.nowMs + Math.ceil(ms)));
      hints.publish(this.#topic, 'held');
    } catch (error) {
      logger.warn({ why: messageOf(error) }, 'other processes could not be told that the downstream wants a pause');
    }
  }
}

const LEASE_MS = 3_000;
const MIN_LOOK_MS = 100;
const MEASURE_MS = 1_000;
const LONGEST_MS = 3_600_000;
/** A limit in whole units; below one request per second, one unit is the whole limit. */
export function unitsOf(perSecond: number): [units: number, unit: number] {
  return perSecond < 1 ? [1, perSecond] : [Math.min(Math.floor(perSecond), 1_000_000_000), 1];
}
