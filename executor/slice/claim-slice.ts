import type { SqlReader, SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { isTakeable, type RowCost, remainingRows, type SliceView, stealOrder } from './choose-slice.ts';
import { isRunOpen, mayVolunteer } from './open-run.ts';
import { type SliceLease, type SliceTaker, takeSlice } from './slice-lease.ts';

export interface Claimer extends SliceTaker {
  /** What rows of slices that this process saw end have cost. */
  readonly learned: RowCost;
  /** Asked in the claim's transaction: null, or why no slice may be claimed now. */
  holdsBack?(nowMs: number): string | null;
}

export type Claim =
  | { readonly kind: 'leased'; readonly lease: SliceLease; readonly stolen: boolean }
  /** The run is not open: its attempts have ended, or were told to. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'held_back'; readonly why: string }
  /** Nothing can be taken: others hold what is left. */
  | {
      readonly kind: 'nothing';
      /** The open slices of the whole run. */
      readonly slices: readonly SliceView[];
      /** Those of this shard that are not done. */
      readonly ownLeft: number;
      /** The soonest end of a lease, or null when no slice is left. */
      readonly untilMs: number | null;
      readonly nowMs: number;
      /** A slice could be taken, and somebody had its row: try again at once. */
      readonly busy: boolean;
    };

/** A run's slices may be more than this after splits; then the others are seen when some of these are done. */
const READ_MAX = 1_024;

/**
 * Claims what a dead node left in the middle, then the shard's own next slice, then the free one of the run with the
 * longest expected work.
 */
export function claimSlice(store: SqlStore, who: Claimer): Promise<Claim> {
  return store.transaction('claim-slice', async (tx) => {
    if (!(await isRunOpen(tx, who.runId))) return { kind: 'closed' };
    if (who.shardIndex === null && !(await mayVolunteer(tx, who.runId))) return { kind: 'closed' };
    const why = who.holdsBack?.(tx.nowMs) ?? null;
    if (why !== null) return { kind: 'held_back', why };
    const own = who.shardIndex === null ? null : await claimOwn(tx, who, who.shardIndex);
    if (own !== null) return own;
    const slices = await readOpenSlices(tx, who.runId);
    const order = stealOrder(slices, who.learned, tx.nowMs);
    for (const slice of order) {
      const lease = await takeSlice(tx, who, slice.sliceNo);
      if (lease) return { kind: 'leased', lease, stolen: slice.homeShard !== who.shardIndex };
    }
    return {
      kind: 'nothing',
      slices,
      // With more open slices than were read, there may be own ones among the others.
      ownLeft: slices.length < READ_MAX ? slices.filter((slice) => slice.homeShard === who.shardIndex).length : 1,
      untilMs: slices.length === 0 ? null : Math.min(...slices.map((slice) => slice.leaseUntil)),
      nowMs: tx.nowMs,
      busy: order.length > 0,
    };
  });
}

/**
 * A lease that has run out goes before a shard's own work: its node is gone, and the run's end may wait for just that
 * slice. Own slices go by the rows they have left, so that a hot key is begun first, and then by number. Walks the
 * primary key once.
 */
async function claimOwn(
  tx: SqlTx,
  who: Claimer,
  shardIndex: number,
): Promise<Extract<Claim, { kind: 'leased' }> | null> {
  const rows = await tx.arrays(
    `select slice_no, home_shard from slice where run_id = ? and
       ((state = 'free' and home_shard = ?) or (state = 'leased' and lease_until < ?))
     order by case when state = 'leased' then 0 else 1 end, hi - cursor_seq desc, slice_no limit ${OWN_TRIED}`,
    [who.runId, shardIndex, tx.nowMs],
  );
  for (const [sliceNo, home] of rows) {
    const lease = await takeSlice(tx, who, Number(sliceNo));
    if (lease) return { kind: 'leased', lease, stolen: Number(home) !== shardIndex };
  }
  return null;
}
const OWN_TRIED = 16;

/** One walk of the primary key over the run's slices; those that are done are left out. */
export async function readOpenSlices(db: SqlReader, runId: number): Promise<readonly SliceView[]> {
  const rows = await db.arrays(
    `select slice_no, home_shard, state, lease_until, epoch, cursor_seq, sent_to_seq, read_to_seq, hi, hot, leased_at,
       leased_from, worked_ms, worked_rows
     from slice where run_id = ? and state <> 'done' order by slice_no limit ${READ_MAX}`,
    [runId],
  );
  return rows.map((row) => ({
    sliceNo: Number(row[0]),
    homeShard: Number(row[1]),
    state: row[2] === 'leased' ? 'leased' : 'free',
    leaseUntil: Number(row[3]),
    epoch: Number(row[4]),
    cursorSeq: Number(row[5]),
    sentToSeq: Number(row[6]),
    readToSeq: Number(row[7]),
    hi: Number(row[8]),
    hot: Number(row[9]) === 1,
    leasedAt: Number(row[10]),
    leasedFrom: Number(row[11]),
    workedMs: Number(row[12]),
    workedRows: Number(row[13]),
  }));
}

/** Whether a run has something for a volunteer: a slice to take, or one that is long enough to be looked at. */
export const hasWork = (slices: readonly SliceView[], nowMs: number): boolean =>
  slices.some((slice) => isTakeable(slice, nowMs) || (!slice.hot && remainingRows(slice) > 1));
