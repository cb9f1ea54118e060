import { DaybreakError, isDaybreakError } from '../../shared/errors.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { concernsTheWholeStep } from '../batch/skip-policy.ts';
import { writeByHalves } from '../batch/write-by-halves.ts';
import { leaseLost } from './held-slice.ts';
import { isRunOpen } from './open-run.ts';
import { type BadRow, badRow, type DoneRow } from './process-rows.ts';
import { endLease, handEnd, holds, type SliceLease } from './slice-lease.ts';
import { lockSlice, type SliceRow, saveSlice } from './slice-row.ts';

export interface RowsToCommit<Result> {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly done: readonly DoneRow<Result>[];
  readonly bad: readonly BadRow[];
}

export interface CommitRules<Result> {
  readonly name: string;
  readonly leaseMs: number;
  /** Rows of the next chunk: they are in hand from this transaction on. */
  readonly handRows: number;
  readonly badRowsMax: number;
  readonly write: (tx: SqlTx, done: readonly DoneRow<Result>[]) => Promise<void>;
}

export type CommittedRows =
  | {
      readonly kind: 'moved';
      readonly cursorSeq: number;
      readonly hi: number;
      /** Up to here the next chunk's rows are in hand. */
      readonly handEnd: number;
      readonly bad: number;
    }
  | { readonly kind: 'closed' };

/**
 * A chunk's one transaction: what it writes, the rows that could not be done, the cursor and the next chunk in hand,
 * all where epoch = mine. So a row's writes are there exactly once, whoever else has worked it. A write that fails is
 * tried again by halves, which finds the bad rows.
 */
export async function commitRows<Result>(
  store: SqlStore,
  lease: SliceLease,
  chunk: RowsToCommit<Result>,
  rules: CommitRules<Result>,
): Promise<CommittedRows> {
  let isolate = false;
  for (;;) {
    try {
      return await store.transaction('slice-chunk', (tx) => commitIn(tx, lease, chunk, rules, isolate));
    } catch (error) {
      if (isDaybreakError(error, 'COMMIT_UNKNOWN')) {
        const seen = await lookUp(store, lease, chunk);
        if (seen === null) continue;
        return { kind: 'moved', ...seen, bad: chunk.bad.length };
      }
      if (isolate || chunk.done.length === 0 || concernsTheWholeStep(error) || error instanceof TooManyBad) throw error;
      isolate = true;
    }
  }
}

async function commitIn<Result>(
  tx: SqlTx,
  lease: SliceLease,
  chunk: RowsToCommit<Result>,
  rules: CommitRules<Result>,
  isolate: boolean,
): Promise<CommittedRows> {
  const slice = await lockSlice(tx, lease.runId, lease.sliceNo);
  if (!holds(slice, lease) || slice.cursorSeq !== chunk.fromSeq - 1) throw leaseLost(lease);
  if (lease.volunteer && !(await isRunOpen(tx, lease.runId))) return { kind: 'closed' };
  // What is in hand is never split off: otherwise these rows were somebody else's, and worked twice.
  if (slice.hi < chunk.toSeq)
    throw broken(lease, `its rows up to ${chunk.toSeq} are in hand, and it ends at ${slice.hi}`);
  const unwritten = await writeDone(tx, chunk, rules, isolate);
  const bad = [...chunk.bad, ...unwritten];
  await listBad(tx, slice, bad, rules);
  await markItems(tx, lease, chunk, bad);
  slice.cursorSeq = chunk.toSeq;
  slice.sentToSeq = chunk.toSeq;
  slice.readToSeq = handEnd(chunk.toSeq, slice.hi, rules);
  slice.settledCount += chunk.toSeq - chunk.fromSeq + 1;
  slice.leaseUntil = tx.nowMs + rules.leaseMs;
  if (slice.cursorSeq >= slice.hi) await endLease(tx, slice);
  if (!(await saveSlice(tx, slice, lease.epoch))) throw leaseLost(lease);
  return { kind: 'moved', cursorSeq: slice.cursorSeq, hi: slice.hi, handEnd: slice.readToSeq, bad: bad.length };
}

async function writeDone<Result>(
  tx: SqlTx,
  { done }: RowsToCommit<Result>,
  rules: CommitRules<Result>,
  isolate: boolean,
): Promise<readonly BadRow[]> {
  if (done.length === 0) return [];
  if (!isolate) {
    await rules.write(tx, done);
    return [];
  }
  const bad = await writeByHalves(tx, { write: rules.write }, done, (error) => !concernsTheWholeStep(error));
  return bad.flatMap(({ index, error }) => {
    const row = done[index];
    return row === undefined ? [] : [badRow(row, 'write', error)];
  });
}

async function listBad<Result>(
  tx: SqlTx,
  slice: SliceRow,
  bad: readonly BadRow[],
  rules: CommitRules<Result>,
): Promise<void> {
  if (bad.length === 0) return;
  const [before] = await tx.arrays('select count(*) from slice_bad_row where run_id = ?', [slice.runId]);
  // Thrown inside the transaction: a chunk that goes over the limit leaves neither rows nor bad rows behind.
  if (Number(before?.[0] ?? 0) + bad.length > rules.badRowsMax) throw new TooManyBad(rules, bad.at(-1));
  await tx.insertRows(
    {
      table: 'slice_bad_row',
      columns: ['run_id', 'seq', 'slice_no', 'subject', 'phase', 'code', 'message', 'epoch', 'at_ms'],
    },
    bad.map((row) => [
      slice.runId,
      row.seq,
      slice.sliceNo,
      row.subject,
      row.phase,
      row.code,
      row.message,
      slice.epoch,
      tx.nowMs,
    ]),
  );
}

/** Each row of the chunk leaves PENDING here, once; a count that is off means that it had left before. */
async function markItems(
  tx: SqlTx,
  { runId, sliceNo }: SliceLease,
  { fromSeq, toSeq }: { readonly fromSeq: number; readonly toSeq: number },
  bad: readonly BadRow[],
): Promise<void> {
  const failed = await tx.updateRows(
    { table: 'item', key: ['run_id', 'slice_no', 'seq'], set: ['state', 'reason'], guard: `state = 'PENDING'` },
    bad.map((row) => [runId, sliceNo, row.seq, 'FAILED', row.code]),
  );
  const done = await tx.run(
    `update item set state = 'SUCCESS' where run_id = ? and slice_no = ? and seq >= ? and seq <= ? and state = 'PENDING'`,
    [runId, sliceNo, fromSeq, toSeq],
  );
  if (failed + done !== toSeq - fromSeq + 1) {
    throw broken({ runId, sliceNo }, `${failed + done} of its rows ${fromSeq} to ${toSeq} were PENDING`);
  }
}

/** The answer to a COMMIT was lost: the cursor tells whether it happened. Null: it did not, and the slice is ours still. */
async function lookUp(
  store: SqlStore,
  lease: SliceLease,
  chunk: { readonly fromSeq: number; readonly toSeq: number },
): Promise<{ cursorSeq: number; hi: number; handEnd: number } | null> {
  return store.transaction('look-up-chunk', async (tx) => {
    const slice = await lockSlice(tx, lease.runId, lease.sliceNo);
    // Its end may have come with the commit: then the epoch is still ours, and nobody holds it.
    if (slice === null || slice.epoch !== lease.epoch) throw leaseLost(lease);
    const { cursorSeq, hi, readToSeq: handEnd } = slice;
    if (cursorSeq === chunk.toSeq) return { cursorSeq, hi, handEnd };
    if (holds(slice, lease) && cursorSeq === chunk.fromSeq - 1) return null;
    throw leaseLost(lease);
  });
}

class TooManyBad extends DaybreakError {
  constructor(rules: { readonly name: string; readonly badRowsMax: number }, last: BadRow | undefined) {
    super(
      'BAD_INPUT',
      `${rules.name}: more than ${rules.badRowsMax} bad rows, the last one ${last?.subject} in phase ${last?.phase}: ${last?.message}`,
      { details: { job: rules.name, badRowsMax: rules.badRowsMax, subject: last?.subject, code: last?.code } },
    );
  }
}

const broken = (at: { readonly runId: number; readonly sliceNo: number }, what: string): DaybreakError =>
  new DaybreakError('INVARIANT_BROKEN', `slice ${at.sliceNo} of run ${at.runId}: ${what}`, {
    details: { runId: at.runId, sliceNo: at.sliceNo },
  });
