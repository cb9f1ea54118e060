import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { closeRun } from './open-run.ts';
import { lockSlice, lockSliceIfFree, type SliceRow, saveSlice } from './slice-row.ts';

/** Holding a slice: one unexpired lease by the store's clock, a higher epoch at every take-over (I10). */
export interface SliceLease {
  readonly runId: number;
  readonly sliceNo: number;
  readonly epoch: number;
  readonly owner: string;
  /** Held without a shard of the run: each of its chunks asks whether the run is still open to volunteers. */
  readonly volunteer: boolean;
  /** One key, which is never split: nobody waits for what is in hand. */
  readonly hot: boolean;
  /** As it was when the slice was taken; a split may have brought it down since, and each chunk tells. */
  readonly hi: number;
  /** Where the work goes on. */
  readonly cursorSeq: number;
  /** > cursorSeq: the holder before was cut off between the two transactions of a chunk that ends here. */
  readonly sentToSeq: number;
}

export const LEASE_MS = 10_000;

/** Who takes a slice. */
export interface SliceTaker {
  readonly runId: number;
  /** Null: a volunteer, which has no shard of the run. */
  readonly shardIndex: number | null;
  readonly owner: string;
  /** Default LEASE_MS. */
  readonly leaseMs?: number;
  /** Rows that its chunks have in hand before a transaction says so; a split leaves them alone. Default 0. */
  readonly handRows?: number;
}

/** What a lease row says of a volunteer, which has no shard. */
export const NO_SHARD = -1;

/**
 * Takes a slice that is free or whose lease has run out, by its row's lock and epoch + 1. Null: it is not to be had, or
 * somebody has the row just now; nobody queues for it, because there are others.
 */
export async function takeSlice(tx: SqlTx, who: SliceTaker, sliceNo: number): Promise<SliceLease | null> {
  const slice = await lockSliceIfFree(tx, who.runId, sliceNo);
  if (!slice || slice.state === 'done' || (slice.state === 'leased' && slice.leaseUntil >= tx.nowMs)) return null;
  const epochRead = slice.epoch;
  if (slice.state === 'leased') await endLeaseRow(tx, slice);
  slice.epoch = epochRead + 1;
  slice.owner = who.owner;
  slice.state = 'leased';
  slice.leaseUntil = tx.nowMs + (who.leaseMs ?? LEASE_MS);
  slice.leasedAt = tx.nowMs;
  slice.leasedFrom = slice.cursorSeq;
  slice.readToSeq = handEnd(slice.cursorSeq, slice.hi, who);
  await insertLeaseRow(tx, slice, who);
  if (!(await saveSlice(tx, slice, epochRead))) return null;
  return leaseOf(slice, who);
}

/** The end of what a holder has in hand at a cursor. */
export const handEnd = (cursorSeq: number, hi: number, who: Pick<SliceTaker, 'handRows'>): number =>
  Math.min(hi, cursorSeq + (who.handRows ?? 0));

export function leaseOf(
  slice: Pick<SliceRow, 'runId' | 'sliceNo' | 'epoch' | 'hot' | 'hi' | 'cursorSeq' | 'sentToSeq'>,
  who: SliceTaker,
): SliceLease {
  const { runId, sliceNo, epoch, hot, hi, cursorSeq, sentToSeq } = slice;
  const volunteer = who.shardIndex === null;
  return { runId, sliceNo, epoch, owner: who.owner, volunteer, hot, hi, cursorSeq, sentToSeq };
}

export async function insertLeaseRow(
  tx: SqlTx,
  slice: Pick<SliceRow, 'runId' | 'sliceNo' | 'epoch' | 'cursorSeq'>,
  who: SliceTaker,
): Promise<void> {
  const shard = who.shardIndex ?? NO_SHARD;
  await tx.run(
    `insert into slice_lease (run_id, slice_no, epoch, owner, shard_index, from_cursor, to_cursor, started_at)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [slice.runId, slice.sliceNo, slice.epoch, who.owner, shard, slice.cursorSeq, slice.cursorSeq, tx.nowMs],
  );
}

/** True while this lease may write: the check stands inside the transaction that writes, never before it (T8). */
export const holds = (slice: SliceRow | null, lease: SliceLease): slice is SliceRow =>
  slice !== null && slice.epoch === lease.epoch && slice.owner === lease.owner && slice.state === 'leased';

/** Ends the lease: the slice is done when its cursor has reached the end, else free for the next holder. */
export async function endLease(tx: SqlTx, slice: SliceRow): Promise<void> {
  await endLeaseRow(tx, slice);
  // What a dead holder took is not counted: how long of it was work is not known.
  slice.workedMs += Math.max(0, tx.nowMs - slice.leasedAt);
  slice.workedRows += Math.max(0, slice.cursorSeq - slice.leasedFrom);
  slice.state = slice.cursorSeq >= slice.hi ? 'done' : 'free';
  slice.owner = null;
  slice.leaseUntil = 0;
}

async function endLeaseRow(tx: SqlTx, slice: SliceRow): Promise<void> {
  await tx.run(
    `update slice_lease set ended_at = ?, to_cursor = ?, item_rows = ? - from_cursor
     where run_id = ? and slice_no = ? and epoch = ? and ended_at is null`,
    [tx.nowMs, slice.cursorSeq, slice.cursorSeq, slice.runId, slice.sliceNo, slice.epoch],
  );
}

/**
 * Renews a lease that is being worked or waits. False: it was lost. Never shortens it: a chunk that is being sent holds
 * its slice for longer. Goes before the waiting work of the store, so that load alone never loses a lease (T21).
 */
export function renewLease(store: SqlStore, lease: SliceLease, leaseMs = LEASE_MS): Promise<boolean> {
  return store.transaction('renew-slice', (tx) => renewIn(tx, lease, leaseMs), { urgent: true });
}

/** The same inside a transaction; several go by their slice numbers, in one order for all. */
export async function renewIn(tx: SqlTx, lease: SliceLease, leaseMs: number): Promise<boolean> {
  const untilMs = tx.nowMs + leaseMs;
  const matched = await tx.run(
    `update slice set lease_until = case when lease_until > ? then lease_until else ? end
     where run_id = ? and slice_no = ? and epoch = ? and owner = ? and state = 'leased'`,
    [untilMs, untilMs, lease.runId, lease.sliceNo, lease.epoch, lease.owner],
  );
  return matched === 1;
}

/**
 * Gives a slice back unfinished, at its cursor: on a stop, or at the cut-off. `closing`: the attempt ends because it was
 * told to, so volunteers may claim nothing from this very transaction on.
 */
export function releaseSlice(store: SqlStore, lease: SliceLease, options: { closing?: boolean } = {}): Promise<void> {
  return store.transaction('release-slice', async (tx) => {
    if (options.closing) await closeRun(tx, lease.runId);
    const slice = await lockSlice(tx, lease.runId, lease.sliceNo);
    if (!holds(slice, lease)) return;
    await endLease(tx, slice);
    await saveSlice(tx, slice, lease.epoch);
  });
}

/**
 * A store that one process holds alone proves at its start that every earlier holder is dead: their leases in this
 * chain run end now instead of when they run out. The next claim takes the slice with a higher epoch.
 */
export function expireLeasesOf(store: SqlStore, chainRunId: number): Promise<number> {
  return store.transaction('expire-leases', (tx) =>
    tx.run(
      `update slice set lease_until = 0 where state = 'leased'
         and run_id in (select run_id from slice_run where chain_run_id = ?)`,
      [chainRunId],
    ),
  );
}
