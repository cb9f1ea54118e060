import { isDaybreakError, messageOf } from '../../shared/errors.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { RunLog } from '../handler/handler-context.ts';
import type { HeldSlice } from './held-slice.ts';
import { keepRunOpen, OPEN_MS, tellThrottled } from './open-run.ts';
import { renewIn } from './slice-lease.ts';
import type { Throttle } from './throttle.ts';

export interface SliceBeatOptions {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly runId: number;
  readonly shardIndex: number | null;
  readonly leaseMs: number;
  readonly stallMs: number;
  readonly throttle: Throttle;
  readonly signal: AbortSignal;
  readonly log: RunLog;
}

/**
 * What an attempt does three times per lease beside its work: renews the slices that move, keeps the run open while it
 * may, and keeps the reason for a throttled run in step. One urgent transaction, so that load alone loses no lease.
 */
export class SliceBeat {
  readonly #options: SliceBeatOptions;
  readonly #held = new Set<HeldSlice>();
  readonly #stop = new AbortController();
  #going: Promise<void> | null = null;
  #heldBackWhy: string | null = null;
  #toldWhy: string | null = null;

  constructor(options: SliceBeatOptions) {
    this.#options = options;
  }

  /** Resolves after the first beat: the run is open then. */
  async start(): Promise<void> {
    if (this.#options.shardIndex !== null) {
      await this.#beat().catch((error: unknown) => {
        // A claim that finds the run closed after all has it opened by another beat.
        if (!isDaybreakError(error, 'COMMIT_UNKNOWN')) throw error;
      });
    }
    this.#going = this.#go();
  }

  hold(held: HeldSlice): void {
    this.#held.add(held);
  }

  letGo(held: HeldSlice): void {
    this.#held.delete(held);
  }

  now(): Promise<void> {
    return this.#beat();
  }

  /** The claim's word on the window or the load; written when it changes. */
  async heldBack(why: string | null): Promise<void> {
    this.#heldBackWhy = why;
    if (this.#why() !== this.#toldWhy) await this.#tell(this.#why());
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the beat is over'));
    await this.#going;
    if (this.#toldWhy !== null) await this.#tell(null);
  }

  async #go(): Promise<void> {
    const { runtime, leaseMs, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await runtime.sleep(leaseMs / 3, signal);
        await this.#beat();
      } catch (error) {
        if (signal.aborted) return;
        // The next one tries again; a lease that runs out meanwhile is lost, as it should be.
        log.warn(`the leases could not be renewed: ${messageOf(error)}`);
      }
    }
  }

  async #beat(): Promise<void> {
    const { store, runId, shardIndex, leaseMs, stallMs, signal, runtime } = this.#options;
    const moving = [...this.#held].filter((held) => held.isMoving(stallMs) && held.heldForMs < leaseMs * FRESH_PART);
    moving.sort((a, b) => a.lease.sliceNo - b.lease.sliceNo);
    const opens = shardIndex !== null && !signal.aborted;
    if (!opens && moving.length === 0) return;
    const sinceMs = runtime.clock.monotonicMs();
    const lost = await store.transaction(
      'beat',
      async (tx) => {
        if (opens) await keepRunOpen(tx, runId, Math.max(OPEN_MS, leaseMs));
        const gone: HeldSlice[] = [];
        for (const held of moving) if (!(await renewIn(tx, held.lease, leaseMs))) gone.push(held);
        return gone;
      },
      { urgent: true },
    );
    for (const held of moving) if (!lost.includes(held)) held.noteRenewed(sinceMs, leaseMs);
    // One that was let go while the transaction ran has ended by itself.
    for (const held of lost) if (this.#held.has(held)) held.isLost = true;
    if (this.#why() !== null) await this.#tell(this.#why());
    else if (this.#toldWhy !== null) await this.#tell(null);
  }

  #why(): string | null {
    return this.#heldBackWhy ?? this.#options.throttle.why;
  }

  /** Said again with each beat while it lasts: another node's "it is over" may have taken it back. */
  async #tell(why: string | null): Promise<void> {
    const { store, runId } = this.#options;
    this.#toldWhy = why;
    await store.transaction('tell-throttled', (tx) => tellThrottled(tx, runId, why));
  }
}

/**
 * A lease that a chunk's own transaction has just put ahead needs no renewal, and is not waited for: the beat would
 * queue for the row behind that transaction and hold the rows of the other slices meanwhile. With three processes on two
 * cores beats took half a second each. What is left alone has more than half of its lease before the next beat.
 */
const FRESH_PART = 5 / 6;
