import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { lockSlice, type SliceRow, saveSlice } from './slice-row.ts';

/** Holding a slice: one unexpired lease by the store's clock, a higher epoch at every take-over (I10). */
export interface SliceLease {
  readonly runId: number;
  readonly sliceNo: number;
  readonly epoch: number;
  readonly owner: string;
  readonly hi: number;
  /** Where the work goes on. */
  readonly cursorSeq: number;
  /** > cursorSeq: the holder before was cut off between the two transactions of a chunk that ends here. */
  readonly sentToSeq: number;
}

export const LEASE_MS = 10_000;

export type Claim =
  | { readonly kind: 'leased'; readonly lease: SliceLease }
  /** Others hold what is left; the soonest of their leases ends then. */
  | { readonly kind: 'held'; readonly untilMs: number; readonly nowMs: number }
  | { readonly kind: 'none_left' };

/** Claims the shard's next slice that is free or whose lease has run out. Walks the primary key, at most 1,024 rows. */
export function claimSlice(
  store: SqlStore,
  who: { runId: number; shardIndex: number; owner: string; leaseMs?: number },
): Promise<Claim> {
  return store.transaction('claim-slice', async (tx) => {
    const candidates = await tx.arrays(
      `select slice_no, lease_until, state from slice where run_id = ? and home_shard = ? and state <> 'done'
       order by slice_no`,
      [who.runId, who.shardIndex],
    );
    if (candidates.length === 0) return { kind: 'none_left' };
    for (const [sliceNo, leaseUntil, state] of candidates) {
      if (state === 'leased' && Number(leaseUntil) >= tx.nowMs) continue;
      const lease = await takeSlice(tx, Number(sliceNo), who);
      if (lease) return { kind: 'leased', lease };
    }
    return { kind: 'held', untilMs: Math.min(...candidates.map((row) => Number(row[1]))), nowMs: tx.nowMs };
  });
}

async function takeSlice(
  tx: SqlTx,
  sliceNo: number,
  who: { runId: number; shardIndex: number; owner: string; leaseMs?: number },
): Promise<SliceLease | null> {
  const slice = await lockSlice(tx, who.runId, sliceNo);
  if (!slice || slice.state === 'done' || (slice.state === 'leased' && slice.leaseUntil >= tx.nowMs)) return null;
  const epochRead = slice.epoch;
  if (slice.state === 'leased') await endLeaseRow(tx, slice);
  slice.epoch = epochRead + 1;
  slice.owner = who.owner;
  slice.state = 'leased';
  slice.leaseUntil = tx.nowMs + (who.leaseMs ?? LEASE_MS);
  await tx.run(
    `insert into slice_lease (run_id, slice_no, epoch, owner, shard_index, from_cursor, to_cursor, started_at)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [slice.runId, slice.sliceNo, slice.epoch, who.owner, who.shardIndex, slice.cursorSeq, slice.cursorSeq, tx.nowMs],
  );
  if (!(await saveSlice(tx, slice, epochRead))) return null;
  const { runId, epoch, hi, cursorSeq, sentToSeq } = slice;
  return { runId, sliceNo, epoch, owner: who.owner, hi, cursorSeq, sentToSeq };
}

/** True while this lease may write: the check stands inside the transaction that writes, never before it (T8). */
export const holds = (slice: SliceRow | null, lease: SliceLease): slice is SliceRow =>
  slice !== null && slice.epoch === lease.epoch && slice.owner === lease.owner && slice.state === 'leased';

/** Ends the lease: the slice is done when its cursor has reached the end, else free for the next holder. */
export async function endLease(tx: SqlTx, slice: SliceRow): Promise<void> {
  await endLeaseRow(tx, slice);
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

/** Renews a lease that only waits (for a rate token, for the downstream to come back); false: it was lost. */
export async function renewLease(store: SqlStore, lease: SliceLease, leaseMs = LEASE_MS): Promise<boolean> {
  return store.transaction('renew-slice', async (tx) => {
    const matched = await tx.run(
      `update slice set lease_until = ? where run_id = ? and slice_no = ? and epoch = ? and owner = ? and state = 'leased'`,
      [tx.nowMs + leaseMs, lease.runId, lease.sliceNo, lease.epoch, lease.owner],
    );
    return matched === 1;
  });
}

/** Gives a slice back unfinished, at its cursor: on a stop, or at the cut-off. */
export function releaseSlice(store: SqlStore, lease: SliceLease): Promise<void> {
  return store.transaction('release-slice', async (tx) => {
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
