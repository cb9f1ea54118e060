import { hash } from 'node:crypto';
import type { SqlTx } from '../../shared/sql/sql.ts';

/**
 * A slice row, read under its lock and written once at the end of the transaction. Every change of an item goes
 * through here, so that counters, history chain and lease are always of one piece. Lock order: slice, item, call.
 */
export interface SliceRow {
  readonly runId: number;
  readonly sliceNo: number;
  readonly lo: number;
  readonly shardIndex: number;
  readonly wave: number;
  /** One key with more rows than a slice has: it stays whole. */
  readonly hot: boolean;
  /** These two only a split changes: what lies above goes to a slice of its own. */
  itemCount: number;
  hi: number;
  epoch: number;
  owner: string | null;
  leaseUntil: number;
  state: 'free' | 'leased' | 'done';
  cursorSeq: number;
  sentToSeq: number;
  /** What the holder has in hand beyond its cursor: a split leaves it alone. */
  readToSeq: number;
  /** The lease that is on: since when, and from which cursor. */
  leasedAt: number;
  leasedFrom: number;
  /** What ended leases took, for the cost of a row. */
  workedMs: number;
  workedRows: number;
  settledCount: number;
  openCount: number;
  told: boolean;
  historyNo: number;
  historyHash: string;
}

const COLUMNS = `run_id, slice_no, item_count, hi, home_shard, epoch, owner, lease_until, state, cursor_seq, sent_to_seq,
  settled_count, open_count, told, history_no, history_hash, lo, wave, hot, read_to_seq, leased_at, leased_from, worked_ms,
  worked_rows`;

export const lockSlice = (tx: SqlTx, runId: number, sliceNo: number): Promise<SliceRow | null> =>
  readLocked(tx, runId, sliceNo, tx.forUpdate);

/** Null also where somebody else has the row just now: for those who look for work and have others to look at. */
export const lockSliceIfFree = (tx: SqlTx, runId: number, sliceNo: number): Promise<SliceRow | null> =>
  readLocked(tx, runId, sliceNo, tx.forUpdateSkipLocked);

async function readLocked(tx: SqlTx, runId: number, sliceNo: number, lock: string): Promise<SliceRow | null> {
  const [row] = await tx.arrays(`select ${COLUMNS} from slice where run_id = ? and slice_no = ?${lock}`, [
    runId,
    sliceNo,
  ]);
  if (!row) return null;
  return {
    runId: Number(row[0]),
    sliceNo: Number(row[1]),
    itemCount: Number(row[2]),
    hi: Number(row[3]),
    shardIndex: Number(row[4]),
    epoch: Number(row[5]),
    owner: row[6] as string | null,
    leaseUntil: Number(row[7]),
    state: row[8] as SliceRow['state'],
    cursorSeq: Number(row[9]),
    sentToSeq: Number(row[10]),
    settledCount: Number(row[11]),
    openCount: Number(row[12]),
    told: Number(row[13]) === 1,
    historyNo: Number(row[14]),
    historyHash: String(row[15]),
    lo: Number(row[16]),
    wave: Number(row[17]),
    hot: Number(row[18]) === 1,
    readToSeq: Number(row[19]),
    leasedAt: Number(row[20]),
    leasedFrom: Number(row[21]),
    workedMs: Number(row[22]),
    workedRows: Number(row[23]),
  };
}

/** Writes the row back. The epoch stands in the WHERE: a holder that was fenced off changes nothing (I7). */
export async function saveSlice(tx: SqlTx, slice: SliceRow, epochRead: number): Promise<boolean> {
  const matched = await tx.run(
    `update slice set epoch = ?, owner = ?, lease_until = ?, state = ?, cursor_seq = ?, sent_to_seq = ?,
       settled_count = ?, open_count = ?, told = ?, history_no = ?, history_hash = ?, hi = ?, item_count = ?,
       read_to_seq = ?, leased_at = ?, leased_from = ?, worked_ms = ?, worked_rows = ?
     where run_id = ? and slice_no = ? and epoch = ?`,
    [
      slice.epoch,
      slice.owner,
      slice.leaseUntil,
      slice.state,
      slice.cursorSeq,
      slice.sentToSeq,
      slice.settledCount,
      slice.openCount,
      slice.told ? 1 : 0,
      slice.historyNo,
      slice.historyHash,
      slice.hi,
      slice.itemCount,
      slice.readToSeq,
      slice.leasedAt,
      slice.leasedFrom,
      slice.workedMs,
      slice.workedRows,
      slice.runId,
      slice.sliceNo,
      epochRead,
    ],
  );
  return matched === 1;
}

export interface HistoryEntry {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly fromState: string;
  readonly toState: string;
  /** Who did it: an executor's owner text, `sweep`, `callback`, `file`, or two people's names. */
  readonly actor: string;
  /** Items of the range that ended elsewhere: `[seq, state]`, or `[seq, state, reason]`. */
  readonly exceptions: readonly (readonly [number, string] | readonly [number, string, string])[];
}

/** Appends one row to the slice's chain; the hash covers the row and the hash before it (I23). */
export async function appendHistory(tx: SqlTx, slice: SliceRow, entry: HistoryEntry): Promise<void> {
  const no = slice.historyNo + 1;
  const exceptions = entry.exceptions.length === 0 ? '[]' : JSON.stringify(entry.exceptions);
  const chained = historyHash(slice.historyHash, [
    slice.runId,
    slice.sliceNo,
    no,
    entry.fromSeq,
    entry.toSeq,
    entry.fromState,
    entry.toState,
    slice.epoch,
    tx.nowMs,
    entry.actor,
    exceptions,
  ]);
  await tx.run(
    `insert into history (run_id, slice_no, no, from_seq, to_seq, from_state, to_state, epoch, at_ms, actor, exceptions,
       prev_hash, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      slice.runId,
      slice.sliceNo,
      no,
      entry.fromSeq,
      entry.toSeq,
      entry.fromState,
      entry.toState,
      slice.epoch,
      tx.nowMs,
      entry.actor,
      exceptions,
      slice.historyHash,
      chained,
    ],
  );
  slice.historyNo = no;
  slice.historyHash = chained;
}

/** Items that changed one by one, each as `[seq, 'FROM>TO', reason]`; nothing when there is none. */
export async function appendListed(
  tx: SqlTx,
  slice: SliceRow,
  actor: string,
  changes: readonly (readonly [number, string, string])[],
): Promise<void> {
  if (changes.length === 0) return;
  const seqs = changes.map(([seq]) => seq);
  await appendHistory(tx, slice, {
    fromSeq: Math.min(...seqs),
    toSeq: Math.max(...seqs),
    fromState: 'LISTED',
    toState: 'LISTED',
    actor,
    exceptions: changes,
  });
}

export const historyHash = (previous: string, fields: readonly (string | number)[]): string =>
  hash('sha256', `${previous}|${fields.join('|')}`);
