import { DaybreakError } from '../../shared/errors.ts';
import type { Clock } from '../../shared/runtime/runtime.ts';
import type { SliceLease } from './slice-lease.ts';

/**
 * A slice in the hands of one worker: its lease, how far its end has come down, and whether it moves. Renewal asks for
 * movement: a worker that hangs loses its slice, however alive the process around it is (T9).
 */
export class HeldSlice {
  readonly lease: SliceLease;
  /** The slice's end as the last transaction saw it. */
  hi: number;
  /** The renewal found another epoch: nothing of this slice may be written any more. */
  isLost = false;
  readonly #clock: Clock;
  #heldUntilMs: number;
  #movedAtMs: number;
  #waiting = 0;

  constructor(lease: SliceLease, clock: Clock, taken: { readonly sinceMs: number; readonly leaseMs: number }) {
    this.lease = lease;
    this.hi = lease.hi;
    this.#clock = clock;
    this.#movedAtMs = clock.monotonicMs();
    this.#heldUntilMs = taken.sinceMs + taken.leaseMs;
  }

  /** A row is done, a request has come back, a transaction is written. */
  noteProgress(): void {
    this.#movedAtMs = this.#clock.monotonicMs();
  }

  /** A transaction that began at `sinceMs` of the monotonic clock has put the lease's end so far ahead. */
  noteHeld(sinceMs: number, leaseMs: number): void {
    this.noteRenewed(sinceMs, leaseMs);
    this.noteProgress();
  }

  /** The same by a renewal, which is no movement. */
  noteRenewed(sinceMs: number, leaseMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, sinceMs + leaseMs);
  }

  /** Waiting for room elsewhere is no hanging: the lease is kept meanwhile. */
  async whileWaiting<T>(wait: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    try {
      return await wait();
    } finally {
      this.#waiting -= 1;
      this.noteProgress();
    }
  }

  /** Whether its lease is worth renewing. */
  isMoving(stallMs: number): boolean {
    return !this.isLost && (this.#waiting > 0 || this.#clock.monotonicMs() - this.#movedAtMs <= stallMs);
  }

  /** How long the lease goes on from now, as far as this process's clock can tell. */
  get heldForMs(): number {
    return this.#heldUntilMs - this.#clock.monotonicMs();
  }

  /**
   * By this process's monotonic clock the lease has run out. A hint and no more: nothing is begun without asking the
   * store first. Whether a write counts is decided by the epoch in its WHERE.
   */
  get hasLikelyRunOut(): boolean {
    return this.heldForMs < 0;
  }
}

export const leaseLost = (lease: SliceLease, cause?: unknown): DaybreakError =>
  new DaybreakError(
    'LEASE_LOST',
    `slice ${lease.sliceNo} of run ${lease.runId} is no longer held with epoch ${lease.epoch}`,
    { details: { runId: lease.runId, sliceNo: lease.sliceNo, epoch: lease.epoch }, cause },
  );
