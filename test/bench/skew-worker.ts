// One executor of the skew bench, a process of its own: a shard of a sliced job, or its share by static modulo.
import { createHandlerContext } from '../../executor/handler/create-handler-context.ts';
import { defineSlicedJob, type SlicedJob } from '../../executor/slice/sliced-job.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { SkewWorkerOrder } from './skew.ts';

const order = JSON.parse(process.argv[2] ?? '{}') as SkewWorkerOrder;
const runtime = systemRuntime();
const store = await openSqlStore(
  { url: order.url, connections: 3, reserved: 1, durability: 'warn' },
  { runtime, logger: silentLogger },
);

interface Row {
  readonly subject: number;
  readonly costMs: number;
}

/** Waits as long as the rows cost in sum, whatever a single timer is worth: one row at a time, as one thread would. */
let busyUntilMs = 0;
let workedMs = 0;
async function work(row: Row): Promise<number> {
  const nowMs = runtime.clock.monotonicMs();
  const costMs = row.costMs * order.slowness;
  busyUntilMs = Math.max(busyUntilMs, nowMs - GRAIN_MS) + costMs;
  workedMs += costMs;
  if (busyUntilMs > nowMs) await runtime.sleep(busyUntilMs - nowMs);
  return row.subject;
}
const GRAIN_MS = 5;

const write = async (tx: SqlTx, ids: readonly number[]): Promise<void> => {
  await tx.insertRows(
    { table: 'bench_done', columns: ['run_id', 'row_id', 'node', 'at_ms'] },
    ids.map((id) => [order.runId, id, order.node, tx.nowMs]),
  );
};

export const rowsJob = (of: SqlStore): SlicedJob =>
  defineSlicedJob<Row, number>({
    name: 'bench-rows',
    store: of,
    ...(order.sliceBy ? { sliceBy: 'merchant' } : {}),
    count: async (db) => (await db.get<{ n: number }>('select count(*) as n from bench_row'))?.n ?? 0,
    selectPage: () => Promise.reject(new Error('the bench freezes before it starts its executors')),
    read: (db, ids) =>
      db.all(
        `select id as subject, cost_ms as costMs from bench_row where id in (${ids.map(() => '?').join(', ')})`,
        ids,
      ),
    process: work,
    write,
    chunkSize: order.chunkSize,
    chunkMs: order.chunkMs,
    splitRowsMin: order.splitRowsMin,
    concurrency: 1,
    slicesAtOnce: 1,
    leaseMs: 10_000,
    runtime,
  });

async function sliced(): Promise<void> {
  const quiet = (): void => undefined;
  const ctx = createHandlerContext(
    {
      logId: order.shardIndex + 1,
      logDateTime: 0,
      jobId: 1,
      handler: 'bench-rows',
      param: '',
      runId: order.runId,
      chainRunId: null,
      attempt: 1,
      shardIndex: order.shardIndex,
      shardTotal: order.shardTotal,
      businessDate: '2026-11-20',
      plannedAtMs: 0,
      cutOffAtMs: null,
      timeoutMs: null,
    },
    {
      executorAddress: `http://${order.node}/`,
      signal: new AbortController().signal,
      log: { info: quiet, warn: quiet, error: quiet },
    },
  );
  process.send?.({ said: 'result', result: await rowsJob(store).run(ctx) });
}

/** What such a job did before: its merchants by number, in chunks of the same size and with the same writes. */
async function modulo(): Promise<void> {
  let last: [number, number] = [-1, 0];
  for (;;) {
    const rows = await store.read('read', (db) =>
      db.arrays(
        `select merchant_no, id, cost_ms from bench_row where merchant_no % ? = ?
           and (merchant_no > ? or (merchant_no = ? and id > ?)) order by merchant_no, id limit ${order.chunkSize}`,
        [order.shardTotal, order.shardIndex, last[0], last[0], last[1]],
      ),
    );
    const end = rows.at(-1);
    if (end === undefined) return;
    for (const [, id, costMs] of rows) await work({ subject: Number(id), costMs: Number(costMs) });
    await store.transaction('write', (tx) =>
      write(
        tx,
        rows.map((row) => Number(row[1])),
      ),
    );
    last = [Number(end[0]), Number(end[1])];
  }
}

process.once('message', () => {
  void (order.mode === 'sliced' ? sliced() : modulo())
    .then(() => process.send?.({ said: 'done', workedMs }))
    .finally(() => store.close())
    .finally(() => process.disconnect());
});
await store.read('warm-up', (db) => db.all('select count(*) from bench_row'));
process.send?.({ said: 'ready' });
