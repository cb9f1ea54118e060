import { isDaybreakError, messageOf } from '../../shared/errors.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { RunLog } from '../handler/handler-context.ts';
import { lowerBoundMs, NOTHING_LEARNED, type RowCost, splitOrder } from './choose-slice.ts';
import { type Claim, claimSlice } from './claim-slice.ts';
import { HeldSlice, leaseLost } from './held-slice.ts';
import { SliceBeat } from './slice-beat.ts';
import { releaseSlice, renewLease, type SliceLease } from './slice-lease.ts';
import { splitSlice } from './split-slice.ts';
import type { Throttle } from './throttle.ts';

/** What a job does with the slices that it is given; everything else about slices is the same for all jobs. */
export interface SliceWork {
  /** Sees to what a holder left between two transactions of a chunk; returns where the work goes on. */
  takeUp?(held: HeldSlice): Promise<number>;
  /** Waits until the next chunk may begin, keeping the slice; false: no chunk may begin any more. */
  mayBegin?(held: HeldSlice): Promise<boolean>;
  /** One chunk behind `cursorSeq`. Throws LEASE_LOST when the slice went to somebody else. */
  chunk(held: HeldSlice, cursorSeq: number): Promise<ChunkEnd>;
}

export type ChunkEnd =
  | { readonly kind: 'moved'; readonly cursorSeq: number; readonly hi: number }
  /** Past the cut-off: no slice is worked any further. */
  | { readonly kind: 'cut_off' }
  /** A volunteer's: the run is not open any more. */
  | { readonly kind: 'closed' };

export interface WorkSlicesOptions {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly runId: number;
  /** Null: a volunteer, which takes what there is and never waits. */
  readonly shardIndex: number | null;
  /** What the leases are held as; each worker adds its number. */
  readonly owner: string;
  readonly leaseMs: number;
  /** A slice in which nothing has happened for so long is not renewed. */
  readonly stallMs: number;
  /** Slices worked at the same time. */
  readonly slicesAtOnce: number;
  /** Rows in hand ahead of any transaction; see SliceTaker. */
  readonly handRows: number;
  /** A split gives away no fewer rows. */
  readonly splitRowsMin: number;
  readonly throttle: Throttle;
  /** Aborted: every worker gives its slice back at its cursor, and the reason is thrown. */
  readonly signal: AbortSignal;
  readonly log: RunLog;
}

/** How many slices were worked here, by how many chunks nobody asks. */
export interface WorkedSlices {
  readonly slices: number;
  readonly stolen: number;
  readonly split: number;
}

/**
 * The one loop in which slices are worked, by shards and by volunteers, for money and for anything else: claim > (steal
 * > split) > chunk by chunk > give back. A shard's slices are worked first, then whatever of the run is free, then what
 * can be split off those who are slow. A shard returns when all slices that are its own are done, also those that
 * others took: they may be dead.
 */
export async function workSlices(options: WorkSlicesOptions, work: SliceWork): Promise<WorkedSlices> {
  const shard = new SliceWorkers(options, work);
  const ends = await shard.run();
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return shard.worked;
}

type Worked = { -readonly [K in keyof WorkedSlices]: WorkedSlices[K] };

class SliceWorkers {
  readonly worked: Worked = { slices: 0, stolen: 0, split: 0 };
  readonly #options: WorkSlicesOptions;
  readonly #work: SliceWork;
  readonly #beat: SliceBeat;
  /** The cut-off has come: nobody takes another slice. */
  #isOver = false;
  #busy = 0;
  #firstHasEnded = false;
  #learned: RowCost = NOTHING_LEARNED;
  #boundIsSaid = false;
  /** How often in a row each worker found what it wanted in somebody else's hands. */
  readonly #busyTurns = new Map<string, number>();

  constructor(options: WorkSlicesOptions, work: SliceWork) {
    this.#options = options;
    this.#work = work;
    this.#beat = new SliceBeat(options);
  }

  async run(): Promise<PromiseSettledResult<void>[]> {
    await this.#beat.start();
    try {
      const { slicesAtOnce } = this.#options;
      return await Promise.allSettled(Array.from({ length: slicesAtOnce }, (_, no) => this.#worker(no)));
    } finally {
      await this.#beat.stop();
    }
  }

  async #worker(no: number): Promise<void> {
    const owner = `${this.#options.owner}.${no}`;
    try {
      while (!this.#isOver) {
        this.#options.signal.throwIfAborted();
        if (this.#isOneTooMany(no)) {
          if (this.#firstHasEnded) return;
          await this.#sleep(REST_MS);
          continue;
        }
        if (!(await this.#turn(no, owner))) return;
      }
    } finally {
      if (no === 0) this.#firstHasEnded = true;
    }
  }

  /** Takes a slice and works it; false: there is nothing left to take, or to wait for. */
  async #turn(no: number, owner: string): Promise<boolean> {
    try {
      const sinceMs = this.#options.runtime.clock.monotonicMs();
      const claim = await this.#claim(owner);
      const lease = claim.kind === 'leased' ? claim.lease : await this.#splitOff(owner, claim);
      if (lease === null) return false;
      if (lease === 'again') return true;
      this.#busyTurns.delete(owner);
      await this.#workSlice(no, lease, sinceMs);
    } catch (error) {
      // Whether it happened the rows will say: at worst a lease is ours that nobody works until it has run out.
      if (!isDaybreakError(error, 'COMMIT_UNKNOWN')) throw error;
      this.#options.log.warn(messageOf(error));
      await this.#sleep(REST_MS);
    }
    return true;
  }

  /** The throttle leaves room for fewer slices than there are workers: the last ones rest. The first never does. */
  #isOneTooMany(no: number): boolean {
    const { throttle, slicesAtOnce } = this.#options;
    return no > 0 && no >= throttle.slots(slicesAtOnce);
  }

  async #claim(owner: string): Promise<Claim> {
    const { store, throttle } = this.#options;
    const claim = await claimSlice(store, {
      ...this.#taker(owner),
      learned: this.#learned,
      holdsBack: (nowMs) => throttle.holdsBack(nowMs),
    });
    await this.#beat.heldBack(claim.kind === 'held_back' ? claim.why : null);
    if (claim.kind === 'leased' && claim.stolen) this.worked.stolen += 1;
    return claim;
  }

  #taker(owner: string) {
    const { runId, shardIndex, leaseMs, handRows } = this.#options;
    return { runId, shardIndex, owner, leaseMs, handRows };
  }

  /** Nothing can be taken: splits what ends last, or waits, or says (null) that there is nothing to wait for. */
  async #splitOff(owner: string, claim: Exclude<Claim, { kind: 'leased' }>): Promise<SliceLease | 'again' | null> {
    const isVolunteer = this.#options.shardIndex === null;
    if (claim.kind !== 'nothing') {
      if (isVolunteer) return null;
      // This attempt is alive, so the run is open: its own beat says so, and the next claim asks again.
      if (claim.kind === 'closed') await this.#beat.now();
      await this.#sleep(claim.kind === 'closed' ? BUSY_MS : HELD_BACK_MS);
      return 'again';
    }
    this.#sayBound(claim);
    let isBusy = claim.busy;
    const { splitRowsMin, store } = this.#options;
    const rules = { rowsMin: splitRowsMin, nowMs: claim.nowMs };
    for (const { slice: seen, rowsMin } of splitOrder(claim.slices, this.#learned, rules).slice(0, SPLITS_TRIED)) {
      const split = await splitSlice(store, { ...this.#taker(owner), rowsMin }, seen);
      if (split.kind === 'leased') {
        this.worked.split += 1;
        this.#options.log.info(`slice ${split.lease.sliceNo}: split off slice ${seen.sliceNo}, which would end last`);
        return split.lease;
      }
      if (split.kind === 'busy') isBusy = true;
    }
    if (isBusy) {
      await this.#sleep(this.#busyMs(owner));
      return 'again';
    }
    return (await this.#waitForOwn(claim)) ? 'again' : null;
  }

  #busyMs(owner: string): number {
    const turns = this.#busyTurns.get(owner) ?? 0;
    this.#busyTurns.set(owner, turns + 1);
    return Math.min(BUSY_MAX_MS, BUSY_MS * 2 ** turns) * (0.5 + this.#options.runtime.random.next());
  }

  async #waitForOwn({ ownLeft, untilMs, nowMs }: Extract<Claim, { kind: 'nothing' }>): Promise<boolean> {
    // Another worker of this very shard will see its slice through; only a stranger's lease is worth waiting for.
    if (this.#options.shardIndex === null || ownLeft === 0 || this.#busy > 0 || untilMs === null) return false;
    // Its holder may end it long before the lease does.
    await this.#sleep(Math.min(OWN_POLL_MS, Math.max(20, untilMs - nowMs)));
    return true;
  }

  async #workSlice(no: number, lease: SliceLease, sinceMs: number): Promise<void> {
    const { runtime, leaseMs, store, signal } = this.#options;
    const held = new HeldSlice(lease, runtime.clock, { sinceMs, leaseMs });
    this.#busy += 1;
    this.#beat.hold(held);
    try {
      const ended = await this.#workChunks(no, held);
      if (ended) this.#learn(lease, sinceMs);
      else await releaseSlice(store, lease, { closing: this.#isOver && !lease.volunteer });
      this.worked.slices += 1;
    } catch (error) {
      if (isDaybreakError(error, 'LEASE_LOST')) {
        this.#options.log.warn(`slice ${lease.sliceNo}: ${messageOf(error)}`);
        return;
      }
      // Told to stop, the attempt closes the run behind it: nobody is to go on with what was killed.
      await releaseSlice(store, lease, { closing: signal.aborted && !lease.volunteer });
      throw error;
    } finally {
      this.#beat.letGo(held);
      this.#busy -= 1;
    }
  }

  /** False: the slice is to be given back. */
  async #workChunks(no: number, held: HeldSlice): Promise<boolean> {
    const { lease } = held;
    let cursorSeq = lease.cursorSeq;
    if (lease.sentToSeq > cursorSeq && this.#work.takeUp) cursorSeq = await this.#work.takeUp(held);
    while (cursorSeq < held.hi) {
      if (!(await this.#mayBegin(held))) {
        this.#isOver = true;
        return false;
      }
      if (this.#isOneTooMany(no)) return false;
      const end = await this.#work.chunk(held, cursorSeq);
      if (end.kind !== 'moved') {
        this.#isOver = true;
        return false;
      }
      cursorSeq = end.cursorSeq;
      held.hi = end.hi;
    }
    return true;
  }

  async #mayBegin(held: HeldSlice): Promise<boolean> {
    const { signal, throttle, store, leaseMs, runtime } = this.#options;
    signal.throwIfAborted();
    await held.whileWaiting(() => throttle.beforeChunk(signal));
    const may = (await this.#work.mayBegin?.(held)) ?? true;
    signal.throwIfAborted();
    if (held.isLost) throw leaseLost(held.lease);
    if (may && held.hasLikelyRunOut) {
      const sinceMs = runtime.clock.monotonicMs();
      if (!(await renewLease(store, held.lease, leaseMs))) throw leaseLost(held.lease);
      held.noteHeld(sinceMs, leaseMs);
    }
    return may;
  }

  #learn(lease: SliceLease, sinceMs: number): void {
    const ms = this.#options.runtime.clock.monotonicMs() - sinceMs;
    const rows = Math.max(0, lease.hi - lease.cursorSeq);
    this.#learned = { ms: this.#learned.ms + ms, rows: this.#learned.rows + rows };
  }

  /** A key that stays whole may be what the run waits for: said once, by the shards that have nothing left to do. */
  #sayBound({ slices, nowMs }: Extract<Claim, { kind: 'nothing' }>): void {
    if (this.#boundIsSaid || !slices.some((slice) => slice.hot)) return;
    this.#boundIsSaid = true;
    const bound = lowerBoundMs(slices, this.#learned, { workers: slices.length, nowMs });
    if (bound.hotSliceNo === null) return;
    this.#options.log.info(
      `slice ${bound.hotSliceNo} is one key, which stays whole: the run ends in ${Math.ceil(bound.ms / 1_000)} s at the soonest`,
    );
  }

  #sleep(ms: number): Promise<void> {
    return this.#options.runtime.sleep(ms, this.#options.signal);
  }
}

/** How long a worker rests that the throttle has no room for. */
const REST_MS = 250;
const HELD_BACK_MS = 1_000;
/** How often a shard that has nothing to do looks whether others are done with its slices. */
const OWN_POLL_MS = 150;
/** Somebody had a row just now: a transaction's length, not a lease's. */
const BUSY_MS = 25;
/**
 * Where transactions are long, workers with nothing to do would ask all the time: at the end of a night of three
 * processes on two cores they made nearly a thousand attempts to split.
 */
const BUSY_MAX_MS = 100;
const SPLITS_TRIED = 4;
