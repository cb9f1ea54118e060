import { DaybreakError } from '../../shared/errors.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { cutAfter, handOf, type SliceView } from './choose-slice.ts';
import { handEnd, insertLeaseRow, LEASE_MS, leaseOf, type SliceLease, type SliceTaker } from './slice-lease.ts';
import { SLICES_WITH_SPLITS_MAX } from './slice-plan.ts';
import { appendHistory, lockSliceIfFree, type SliceRow, saveSlice } from './slice-row.ts';

export type Split =
  | { readonly kind: 'leased'; readonly lease: SliceLease }
  /** Somebody had the run's or the slice's row just now. */
  | { readonly kind: 'busy' }
  /** By the time of the lock it was not what had been read, or there is no cut in it. */
  | { readonly kind: 'no_cut' }
  | { readonly kind: 'closed' };

/**
 * Gives the upper part of what a slice's holder has not taken up to a new slice, held by who asks: one transaction, or
 * nothing of it. The parent's end comes down, the rows above it change hands, and the sums of both are those of before.
 * The holder is told nothing: it reads its end under its slice's lock in each chunk's transaction.
 *
 * Locks: the run (its number of slices grows, and the next number is taken), then the parent; the child is nobody
 * else's yet. Rows are PENDING, or the split does not happen: money that may have moved stays where its calls are.
 */
export function splitSlice(
  store: SqlStore,
  who: SliceTaker & { readonly rowsMin: number },
  seen: Pick<SliceView, 'sliceNo' | 'epoch'>,
): Promise<Split> {
  return store.transaction('split-slice', async (tx) => {
    const run = await tx.get<{ state: string; slice_count: number; slice_by: string | null; open_until: number }>(
      `select state, slice_count, slice_by, open_until from slice_run where run_id = ?${tx.forUpdateSkipLocked}`,
      [who.runId],
    );
    if (run === null) return { kind: 'busy' };
    if (Number(run.open_until) < tx.nowMs) return { kind: 'closed' };
    if (run.state !== 'frozen' || run.slice_count >= SLICES_WITH_SPLITS_MAX) return { kind: 'no_cut' };
    const parent = await lockSliceIfFree(tx, who.runId, seen.sliceNo);
    if (parent === null) return { kind: 'busy' };
    const isAsSeen = parent.epoch === seen.epoch && parent.state === 'leased' && parent.leaseUntil >= tx.nowMs;
    // A hot slice has one key, and so no cut.
    const after = isAsSeen ? await cutOf(tx, parent, who.rowsMin, run.slice_by !== null) : null;
    if (after === null) return { kind: 'no_cut' };
    const child = { runId: who.runId, sliceNo: run.slice_count, epoch: 1, hi: parent.hi, cursorSeq: after };
    await moveRows(tx, parent, child.sliceNo, after);
    await moveSums(tx, parent, child.sliceNo);
    await appendHistory(tx, parent, {
      fromSeq: after + 1,
      toSeq: parent.hi,
      fromState: 'SPLIT',
      toState: 'SPLIT',
      actor: who.owner,
      exceptions: [[child.sliceNo, 'SLICE']],
    });
    await insertChild(tx, parent, child, who);
    await insertLeaseRow(tx, child, who);
    await tx.run('update slice_run set slice_count = slice_count + 1 where run_id = ?', [who.runId]);
    parent.hi = after;
    parent.itemCount = after - parent.lo + 1;
    if (!(await saveSlice(tx, parent, seen.epoch))) throw broken(parent, 'it changed under its lock');
    return { kind: 'leased', lease: leaseOf({ ...child, hot: false, sentToSeq: after }, who) };
  });
}

async function cutOf(tx: SqlTx, parent: SliceRow, rowsMin: number, byKey: boolean): Promise<number | null> {
  const cut = cutAfter(parent, rowsMin);
  return cut === null || !byKey ? cut : cutBetweenKeys(tx, parent, cut, rowsMin);
}

/** The boundary between two keys that is nearest to the wanted cut and leaves the child rows enough. */
async function cutBetweenKeys(tx: SqlTx, parent: SliceRow, cut: number, rowsMin: number): Promise<number | null> {
  const hand = handOf(parent);
  const lowest = hand > parent.cursorSeq ? hand : hand + 1;
  const at = [parent.runId, parent.sliceNo];
  const [above] = await tx.arrays(
    `select first_seq from slice_key where run_id = ? and slice_no = ? and first_seq > ? and first_seq <= ?
     order by first_seq limit 1`,
    [...at, cut, parent.hi - rowsMin + 1],
  );
  const [below] = await tx.arrays(
    `select first_seq from slice_key where run_id = ? and slice_no = ? and first_seq > ? and first_seq <= ?
     order by first_seq desc limit 1`,
    [...at, lowest, cut],
  );
  const ends = [above, below].flatMap((row) => (row === undefined ? [] : [Number(row[0]) - 1]));
  return ends.sort((a, b) => Math.abs(a - cut) - Math.abs(b - cut))[0] ?? null;
}

/** I9: exactly the rows above the cut change hands, and none of them has been touched. */
async function moveRows(tx: SqlTx, parent: SliceRow, childNo: number, after: number): Promise<void> {
  const moved = await tx.run(
    `update item set slice_no = ? where run_id = ? and slice_no = ? and seq > ? and state = 'PENDING'`,
    [childNo, parent.runId, parent.sliceNo, after],
  );
  if (moved !== parent.hi - after) {
    throw broken(parent, `${moved} rows above ${after} are PENDING, ${parent.hi - after} should be`);
  }
  await tx.run('update slice_key set slice_no = ? where run_id = ? and slice_no = ? and first_seq > ?', [
    childNo,
    parent.runId,
    parent.sliceNo,
    after,
  ]);
}

/** The child's sums are counted from its rows, and taken from the parent's: together they are those that were frozen. */
async function moveSums(tx: SqlTx, parent: SliceRow, childNo: number): Promise<void> {
  const sums = await tx.arrays(
    `select e.group_name, i.currency, count(*), cast(sum(i.amount_minor) as char) from item i
     join slice_expected e on e.run_id = i.run_id and e.slice_no = ? and e.currency = i.currency
     where i.run_id = ? and i.slice_no = ? group by e.group_name, i.currency`,
    [parent.sliceNo, parent.runId, childNo],
  );
  for (const [group, currency, count, amount] of sums) {
    const minor = BigInt(String(amount));
    const place = [parent.runId, parent.sliceNo, group ?? null, currency ?? null];
    await tx.run(
      `update slice_expected set item_count = item_count - ?, amount_minor = amount_minor - ?
       where run_id = ? and slice_no = ? and group_name = ? and currency = ?`,
      [count ?? 0, minor, ...place],
    );
    await tx.run(
      `delete from slice_expected
       where run_id = ? and slice_no = ? and group_name = ? and currency = ? and item_count = 0`,
      place,
    );
    await tx.run(
      `insert into slice_expected (run_id, slice_no, group_name, currency, item_count, amount_minor)
       values (?, ?, ?, ?, ?, ?)`,
      [parent.runId, childNo, group ?? null, currency ?? null, count ?? 0, minor],
    );
  }
}

async function insertChild(
  tx: SqlTx,
  parent: SliceRow,
  child: { runId: number; sliceNo: number; epoch: number; hi: number; cursorSeq: number },
  who: SliceTaker,
): Promise<void> {
  const { runId, sliceNo, epoch, hi, cursorSeq: after } = child;
  await tx.run(
    `insert into slice (run_id, slice_no, parent_slice_no, home_shard, wave, lo, hi, cursor_seq, sent_to_seq,
       read_to_seq, item_count, epoch, owner, lease_until, leased_at, leased_from, state)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'leased')`,
    [
      runId,
      sliceNo,
      parent.sliceNo,
      // The thief's shard sees it through; a volunteer has none, so the parent's does.
      who.shardIndex ?? parent.shardIndex,
      parent.wave + 1,
      after + 1,
      hi,
      after,
      after,
      handEnd(after, hi, who),
      hi - after,
      epoch,
      who.owner,
      tx.nowMs + (who.leaseMs ?? LEASE_MS),
      tx.nowMs,
      after,
    ],
  );
}

const broken = (slice: SliceRow, what: string): DaybreakError =>
  new DaybreakError('INVARIANT_BROKEN', `slice ${slice.sliceNo} of run ${slice.runId} cannot be split: ${what}`, {
    details: { runId: slice.runId, sliceNo: slice.sliceNo },
  });
