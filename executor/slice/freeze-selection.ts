import type { RunManifest, Total } from '../../shared/protocol/wire.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { DebitJob, SelectedSubject } from '../downstream/money-engine.ts';
import { enqueueOutbox, wakeOutbox } from '../node/outbox.ts';
import { homeShardOf, sliceRowsOf } from './slice-plan.ts';

/**
 * Freezes a run's membership into item rows, once, whoever comes first: every shard calls this, and each step is one
 * transaction that makes one slice and moves the freeze cursor under the run's row lock. So several shards may freeze
 * side by side, and one that dies leaves a selection that the next step goes on with.
 */
export interface FreezeRun {
  readonly runId: number;
  readonly chainRunId: number | null;
  readonly businessDate: string;
  readonly cutOffAt: number | null;
  readonly shardTotal: number;
  readonly chunkSize: number;
  readonly downstreamId: number;
}

export async function freezeSelection(
  store: SqlStore,
  run: FreezeRun,
  job: DebitJob,
  between: () => Promise<void>,
): Promise<void> {
  await beginFreeze(store, run, job);
  while ((await store.transaction('freeze-slice', (tx) => freezeSlice(tx, run, job))) === 'more') await between();
  wakeOutbox(store);
}

interface FreezeCursor {
  readonly afterSubject: number;
  readonly nextSlice: number;
  readonly nextSeq: number;
  readonly sliceRows: number;
}

async function beginFreeze(store: SqlStore, run: FreezeRun, job: DebitJob): Promise<void> {
  const there = await store.read('find-slice-run', (db) =>
    db.get('select 1 as there from slice_run where run_id = ?', [run.runId]),
  );
  if (there) return;
  await store.transaction('begin-freeze', async (tx) => {
    const highWater = await job.highWater(tx);
    const itemCount = await job.count(tx, { businessDate: run.businessDate, highWater });
    const cursor: FreezeCursor = {
      afterSubject: 0,
      nextSlice: 0,
      nextSeq: 1,
      sliceRows: sliceRowsOf({ itemCount, shardTotal: run.shardTotal, chunkSize: run.chunkSize }),
    };
    await tx.insertRows(
      {
        table: 'slice_run',
        columns: [
          'run_id',
          'chain_run_id',
          'job',
          'group_name',
          'downstream_id',
          'business_date',
          'cut_off_at',
          'shard_total',
          'high_water',
          'freeze_cursor',
          'state',
          'created_at',
        ],
        onConflict: 'ignore',
      },
      [
        [
          run.runId,
          run.chainRunId,
          job.name,
          job.group,
          run.downstreamId,
          run.businessDate,
          run.cutOffAt,
          run.shardTotal,
          highWater,
          JSON.stringify(cursor),
          'freezing',
          tx.nowMs,
        ],
      ],
    );
  });
}

async function freezeSlice(tx: SqlTx, run: FreezeRun, job: DebitJob): Promise<'more' | 'done'> {
  const row = await tx.get<{ state: string; freeze_cursor: string; high_water: number }>(
    `select state, freeze_cursor, high_water from slice_run where run_id = ?${tx.forUpdate}`,
    [run.runId],
  );
  if (!row || row.state === 'frozen') return 'done';
  const cursor = JSON.parse(row.freeze_cursor) as FreezeCursor;
  const page = await job.selectPage(tx, {
    businessDate: run.businessDate,
    afterSubject: cursor.afterSubject,
    highWater: row.high_water,
    limit: cursor.sliceRows,
  });
  const last = page.at(-1);
  if (!last) return endFreeze(tx, run, job, cursor);
  const members = await withoutInFlight(tx, run, cursor.afterSubject, last.subject, page);
  if (members.length > 0) await writeSlice(tx, run, job, cursor, members);
  const next: FreezeCursor = {
    afterSubject: last.subject,
    nextSlice: cursor.nextSlice + (members.length > 0 ? 1 : 0),
    nextSeq: cursor.nextSeq + members.length,
    sliceRows: cursor.sliceRows,
  };
  await tx.run('update slice_run set freeze_cursor = ? where run_id = ?', [JSON.stringify(next), run.runId]);
  return 'more';
}

/**
 * An obligation whose call of an earlier run has no definite answer is not presented again (R141). The open table is
 * small, and MANUAL items, which have left it, hold their obligation through `onHeld`.
 */
async function withoutInFlight(
  tx: SqlTx,
  run: FreezeRun,
  afterSubject: number,
  lastSubject: number,
  page: readonly SelectedSubject[],
): Promise<readonly SelectedSubject[]> {
  const rows = await tx.arrays(
    `select i.subject from open_item o
     join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
     where o.downstream_id = ? and o.run_id <> ? and i.state = 'PROCESSING' and i.subject > ? and i.subject <= ?`,
    [run.downstreamId, run.runId, afterSubject, lastSubject],
  );
  if (rows.length === 0) return page;
  const inFlight = new Set(rows.map((row) => Number(row[0])));
  return page.filter(({ subject }) => !inFlight.has(subject));
}

async function writeSlice(
  tx: SqlTx,
  run: FreezeRun,
  job: DebitJob,
  cursor: FreezeCursor,
  members: readonly SelectedSubject[],
): Promise<void> {
  const { nextSlice: sliceNo, nextSeq: lo } = cursor;
  const hi = lo + members.length - 1;
  await tx.insertRows(
    { table: 'item', columns: ['run_id', 'slice_no', 'seq', 'subject', 'amount_minor', 'currency', 'presentation'] },
    members.map((member, at) => [
      run.runId,
      sliceNo,
      lo + at,
      member.subject,
      member.amountMinor,
      member.currency,
      member.presentation,
    ]),
  );
  await tx.run(
    `insert into slice (run_id, slice_no, home_shard, lo, hi, cursor_seq, sent_to_seq, item_count)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [run.runId, sliceNo, homeShardOf(sliceNo, run.shardTotal), lo, hi, lo - 1, lo - 1, members.length],
  );
  await tx.insertRows(
    {
      table: 'slice_expected',
      columns: ['run_id', 'slice_no', 'group_name', 'currency', 'item_count', 'amount_minor'],
    },
    [...sumsByCurrency(members)].map(([currency, sum]) => [
      run.runId,
      sliceNo,
      job.group,
      currency,
      sum.count,
      sum.amountMinor,
    ]),
  );
}

function sumsByCurrency(members: readonly SelectedSubject[]): Map<string, { count: number; amountMinor: bigint }> {
  const sums = new Map<string, { count: number; amountMinor: bigint }>();
  for (const { currency, amountMinor } of members) {
    const sum = sums.get(currency) ?? { count: 0, amountMinor: 0n };
    sum.count += 1;
    sum.amountMinor += BigInt(amountMinor);
    sums.set(currency, sum);
  }
  return sums;
}

/** The last step: the manifest goes to the scheduler from the transaction that closes the selection. */
async function endFreeze(tx: SqlTx, run: FreezeRun, job: DebitJob, cursor: FreezeCursor): Promise<'done'> {
  const rows = await tx.all<{ currency: string; n: number; total: string }>(
    `select currency, sum(item_count) as n, cast(sum(amount_minor) as char) as total from slice_expected
     where run_id = ? group by currency order by currency`,
    [run.runId],
  );
  const totals: Total[] = rows.map((row) => ({
    group: job.group,
    currency: row.currency,
    count: Number(row.n),
    amountMinor: row.total,
  }));
  const manifest: RunManifest = { runId: run.runId, sliceCount: cursor.nextSlice, totals };
  await tx.run(
    `update slice_run set state = 'frozen', slice_count = ?, item_count = ?, frozen_at = ? where run_id = ?`,
    [cursor.nextSlice, cursor.nextSeq - 1, tx.nowMs, run.runId],
  );
  await enqueueOutbox(tx, { kind: 'run-manifest', dedupKey: String(run.runId), body: manifest });
  return 'done';
}
