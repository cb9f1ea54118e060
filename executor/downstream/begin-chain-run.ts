import type { SqlStore } from '../../shared/sql/sql.ts';
import { endLease, expireLeasesOf } from '../slice/slice-lease.ts';
import { lockSlice, saveSlice } from '../slice/slice-row.ts';
import { bySlice } from './in-locked-slice.ts';
import type { DebitJob } from './money-engine.ts';
import { insertOpenRows } from './open-rows.ts';
import { TAKEN_OVER } from './settle-decision.ts';

/**
 * What earlier chain runs left is put in order before tonight's selection is frozen. Rows that only waited (for a
 * gate, for a next attempt) leave the open table: nothing of theirs is in flight, so their obligations are open and
 * tonight's run presents them. What is in flight stays, is swept first, and is not presented again (R141).
 */
export async function beginChainRun(options: {
  store: SqlStore;
  jobs: ReadonlyMap<string, DebitJob>;
  chainRunId: number;
  /** The store is held by this process alone: leases and claims of processes before it are void. */
  exclusive: boolean;
}): Promise<void> {
  const { store, chainRunId } = options;
  if (options.exclusive) {
    await expireLeasesOf(store, chainRunId);
    await store.transaction('free-open-rows', (tx) =>
      tx.run('update open_item set claimed_until = 0, next_check_at = ? where claimed_until > 0 or next_check_at > ?', [
        tx.nowMs,
        tx.nowMs,
      ]),
    );
  }
  await openOrphans(store, chainRunId, options.exclusive);
  const left = await leftWaiting(store, chainRunId, options.exclusive);
  for (const [runId, sliceNo, items] of bySlice(left)) await release(options, { runId, sliceNo, items });
}

/**
 * Which runs are over for the chain run that begins. Alone on the store, all others: a night of another date may be taken
 * up later than it was begun. Among processes only earlier ones: one that was frozen begins late, and must not take the
 * rows of the chain run that is on by now.
 */
const ofBefore = (exclusive: boolean): string =>
  `(r.chain_run_id is null or r.chain_run_id ${exclusive ? '<>' : '<'} ?)`;

/**
 * A night that was cut off between a chunk's two transactions and never taken up again: its calls may have been sent,
 * and only their slice's cursors stand for them. They get their open rows, so that they are asked for and are not
 * presented again; the slice's epoch moves on, so that its last holder can write nothing more.
 */
async function openOrphans(store: SqlStore, chainRunId: number, exclusive: boolean): Promise<void> {
  const slices = await store.read('find-orphans', (db) =>
    db.arrays(
      `select s.run_id, s.slice_no from slice s join slice_run r on r.run_id = s.run_id
       where s.sent_to_seq > s.cursor_seq and ${ofBefore(exclusive)}
         and (s.lease_until < ? or ? = 1) order by s.run_id, s.slice_no`,
      [chainRunId, db.nowMs, exclusive ? 1 : 0],
    ),
  );
  for (const [runId, sliceNo] of slices) await openOrphansOf(store, { runId: Number(runId), sliceNo: Number(sliceNo) });
}

function openOrphansOf(store: SqlStore, at: { runId: number; sliceNo: number }): Promise<void> {
  return store.transaction('open-orphans', async (tx) => {
    const slice = await lockSlice(tx, at.runId, at.sliceNo);
    if (!slice || slice.sentToSeq <= slice.cursorSeq) return;
    const run = await tx.get<{ downstream_id: number }>('select downstream_id from slice_run where run_id = ?', [
      at.runId,
    ]);
    const rows = await tx.arrays(
      `select seq from item where run_id = ? and slice_no = ? and seq > ? and seq <= ? and state = 'PROCESSING'`,
      [at.runId, at.sliceNo, slice.cursorSeq, slice.sentToSeq],
    );
    slice.openCount += await insertOpenRows(
      tx,
      rows.map(([seq]) => ({
        ...at,
        downstreamId: run?.downstream_id ?? 0,
        seq: Number(seq),
        reason: 'UNCLEAR',
        detail: TAKEN_OVER,
        nextCheckAt: tx.nowMs,
        batchCap: null,
      })),
    );
    const epochRead = slice.epoch;
    slice.cursorSeq = slice.sentToSeq;
    await endLease(tx, slice);
    slice.epoch += 1;
    if (!(await saveSlice(tx, slice, epochRead))) throw new Error('the slice changed under its lock');
  });
}

interface LeftItem {
  readonly runId: number;
  readonly sliceNo: number;
  readonly seq: number;
  readonly id: number;
  readonly jobName: string;
  readonly subject: number;
  readonly presentation: number;
  readonly presented: boolean;
}

async function leftWaiting(store: SqlStore, chainRunId: number, exclusive: boolean): Promise<readonly LeftItem[]> {
  return store.read('find-left-waiting', async (db) => {
    const rows = await db.arrays(
      `select o.run_id, o.slice_no, o.seq, o.id, r.job, i.subject, i.presentation, i.state
       from open_item o
       join slice_run r on r.run_id = o.run_id
       join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
       where ${ofBefore(exclusive)} and i.state in ('PENDING', 'RETRY_WAIT')`,
      [chainRunId],
    );
    return rows.map((row) => ({
      runId: Number(row[0]),
      sliceNo: Number(row[1]),
      seq: Number(row[2]),
      id: Number(row[3]),
      jobName: String(row[4]),
      subject: Number(row[5]),
      presentation: Number(row[6]),
      presented: row[7] === 'RETRY_WAIT',
    }));
  });
}

async function release(
  options: { store: SqlStore; jobs: ReadonlyMap<string, DebitJob> },
  slice: { runId: number; sliceNo: number; items: readonly LeftItem[] },
): Promise<void> {
  await options.store.transaction('release-left-items', async (tx) => {
    let closed = 0;
    for (const item of slice.items) closed += await tx.run('delete from open_item where id = ?', [item.id]);
    await tx.run('update slice set open_count = open_count - ? where run_id = ? and slice_no = ?', [
      closed,
      slice.runId,
      slice.sliceNo,
    ]);
    const presented = slice.items.filter((item) => item.presented);
    const job = options.jobs.get(slice.items[0]?.jobName ?? '');
    if (presented.length > 0) await job?.onReleased?.(tx, presented);
  });
}
