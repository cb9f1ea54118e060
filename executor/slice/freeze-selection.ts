import { isDaybreakError } from '../../shared/errors.ts';
import type { RunManifest, Total } from '../../shared/protocol/wire.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { enqueueOutbox, wakeOutbox } from '../node/outbox.ts';
import { type CutPage, cutPage } from './cut-page.ts';
import type { SelectedRow, Selection } from './selection.ts';
import { homeShardOf, sliceRowsOf } from './slice-plan.ts';
import { growSlice, type NewRow, writeSlice } from './write-slice.ts';

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
  /** 0: no downstream, and nothing of the run is told to the scheduler but its result. */
  readonly downstreamId: number;
}

export async function freezeSelection(
  store: SqlStore,
  run: FreezeRun,
  job: Selection,
  between: () => Promise<void>,
): Promise<void> {
  await surely(() => beginFreeze(store, run, job));
  const freezeNext = () => store.transaction('freeze-slice', (tx) => freezeSlice(tx, run, job));
  while ((await surely(freezeNext)) === 'more') await between();
  wakeOutbox(store);
}

/** Each step begins by reading how far the one before came, so one whose COMMIT got no answer is taken again. */
async function surely<T>(step: () => Promise<T>): Promise<T> {
  for (let left = UNANSWERED_MAX; ; left -= 1) {
    try {
      return await step();
    } catch (error) {
      if (left === 0 || !isDaybreakError(error, 'COMMIT_UNKNOWN')) throw error;
    }
  }
}
const UNANSWERED_MAX = 5;

interface FreezeCursor {
  readonly afterSubject: number;
  /** Absent in runs of before there were keys. */
  readonly afterKey?: string | null;
  readonly nextSlice: number;
  readonly nextSeq: number;
  readonly sliceRows: number;
  /** A key that fills pages: its slice grows until another key comes. sliceNo null: no row of it is in yet. */
  readonly hot?: { readonly key: string; readonly sliceNo: number | null } | null;
}

async function beginFreeze(store: SqlStore, run: FreezeRun, job: Selection): Promise<void> {
  const there = await store.read('find-slice-run', (db) =>
    db.get('select 1 as there from slice_run where run_id = ?', [run.runId]),
  );
  if (there) return;
  await store.transaction('begin-freeze', async (tx) => {
    const highWater = await job.highWater(tx);
    const itemCount = await job.count(tx, { businessDate: run.businessDate, highWater });
    const { shardTotal, chunkSize } = run;
    const cursor: FreezeCursor = {
      afterSubject: 0,
      afterKey: null,
      nextSlice: 0,
      nextSeq: 1,
      sliceRows: sliceRowsOf({ itemCount, shardTotal, chunkSize, byKey: job.sliceBy !== undefined }),
      hot: null,
    };
    const values = {
      run_id: run.runId,
      chain_run_id: run.chainRunId,
      job: job.name,
      group_name: job.group,
      downstream_id: run.downstreamId,
      business_date: run.businessDate,
      cut_off_at: run.cutOffAt,
      shard_total: run.shardTotal,
      high_water: highWater,
      freeze_cursor: JSON.stringify(cursor),
      state: 'freezing',
      created_at: tx.nowMs,
      slice_by: job.sliceBy ?? null,
    };
    await tx.insertRows({ table: 'slice_run', columns: Object.keys(values), onConflict: 'ignore' }, [
      Object.values(values),
    ]);
  });
}

async function freezeSlice(tx: SqlTx, run: FreezeRun, job: Selection): Promise<'more' | 'done'> {
  const row = await tx.get<{ state: string; freeze_cursor: string; high_water: number }>(
    `select state, freeze_cursor, high_water from slice_run where run_id = ?${tx.forUpdate}`,
    [run.runId],
  );
  if (!row || row.state === 'frozen') return 'done';
  const cursor = JSON.parse(row.freeze_cursor) as FreezeCursor;
  const page = await job.selectPage(tx, {
    businessDate: run.businessDate,
    afterSubject: cursor.afterSubject,
    afterKey: cursor.afterKey ?? null,
    highWater: row.high_water,
    limit: cursor.sliceRows,
  });
  if (page.length === 0) return endFreeze(tx, run, job, cursor);
  const cut = cutPage(page, { limit: cursor.sliceRows, job, hotKey: cursor.hot?.key ?? null });
  const next = await writePage(tx, run, job, cursor, page, cut);
  await tx.run('update slice_run set freeze_cursor = ? where run_id = ?', [JSON.stringify(next), run.runId]);
  return 'more';
}

async function writePage(
  tx: SqlTx,
  run: FreezeRun,
  job: Selection,
  cursor: FreezeCursor,
  page: readonly SelectedRow[],
  cut: CutPage,
): Promise<FreezeCursor> {
  const taken = page.slice(0, cut.rows);
  const withheld = await job.withheld?.(tx, taken, run.runId);
  const members = withheld?.size ? taken.filter(({ subject }) => !withheld.has(subject)) : taken;
  const rows = members.map((member, at): NewRow => ({ ...member, seq: cursor.nextSeq + at }));
  const last = taken.at(-1);
  const grows = cut.growsHot ? (cursor.hot?.sliceNo ?? null) : null;
  const sliceNo = grows ?? cursor.nextSlice;
  if (rows.length > 0) {
    const slice = { runId: run.runId, sliceNo, group: job.group, hot: cut.hotKey !== null || cut.growsHot };
    if (grows !== null) await growSlice(tx, slice, rows);
    else await writeSlice(tx, { ...slice, name: job.name, homeShard: homeShardOf(sliceNo, run.shardTotal) }, rows);
  }
  return {
    afterSubject: last?.subject ?? cursor.afterSubject,
    afterKey: last?.key ?? null,
    nextSlice: cursor.nextSlice + (rows.length > 0 && grows === null ? 1 : 0),
    nextSeq: cursor.nextSeq + rows.length,
    sliceRows: cursor.sliceRows,
    hot: cut.hotKey === null ? null : { key: cut.hotKey, sliceNo: grows ?? (rows.length > 0 ? sliceNo : null) },
  };
}

/** The last step: the manifest goes to the scheduler from the transaction that closes the selection. */
async function endFreeze(tx: SqlTx, run: FreezeRun, job: Selection, cursor: FreezeCursor): Promise<'done'> {
  await tx.run(
    `update slice_run set state = 'frozen', slice_count = ?, item_count = ?, frozen_at = ? where run_id = ?`,
    [cursor.nextSlice, cursor.nextSeq - 1, tx.nowMs, run.runId],
  );
  if (run.downstreamId !== NO_DOWNSTREAM) await tellManifest(tx, run.runId, job.group, cursor.nextSlice);
  return 'done';
}

/** A run that debits nothing: it is settled when its shards are back, so nothing is told of its slices. */
export const NO_DOWNSTREAM = 0;

async function tellManifest(tx: SqlTx, runId: number, group: string, sliceCount: number): Promise<void> {
  const rows = await tx.all<{ currency: string; n: number; total: string }>(
    `select currency, sum(item_count) as n, cast(sum(amount_minor) as char) as total from slice_expected
     where run_id = ? group by currency order by currency`,
    [runId],
  );
  const totals: Total[] = rows.map((row) => ({
    group,
    currency: row.currency,
    count: Number(row.n),
    amountMinor: row.total,
  }));
  const manifest: RunManifest = { runId, sliceCount, totals };
  await enqueueOutbox(tx, { kind: 'run-manifest', dedupKey: String(runId), body: manifest });
}
