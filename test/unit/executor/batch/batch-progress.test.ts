import { expect, onTestFinished, test } from 'vitest';
import { chunkStep, defineBatchJob, runBatchJob } from '../../../../executor/batch/batch-job.ts';
import { ProgressTeller, readBatchProgress } from '../../../../executor/batch/batch-progress.ts';
import type { ItemReader } from '../../../../executor/batch/item-reader.ts';
import { NO_COUNTS } from '../../../../executor/batch/step-counts.ts';
import { batch } from '../../../../executor/storage/migrations/0004-batch.ts';
import { batchProgress } from '../../../../executor/storage/migrations/0007-batch-progress.ts';
import { silentLogger as logger } from '../../../../shared/logger.ts';
import { type Hints, NO_HINTS } from '../../../../shared/redis/hints.ts';
import { migrate } from '../../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../../shared/sql/sql.ts';
import { ClusterHints } from '../../../support/cluster-hints.ts';
import { createFakeRuntime, type FakeRuntime } from '../../../support/fake-runtime.ts';

async function given(): Promise<{ runtime: FakeRuntime; store: SqlStore; redis: ClusterHints }> {
  const runtime = createFakeRuntime();
  const store = await openSqlStore('sqlite::memory:', { runtime, logger });
  onTestFinished(() => store.close());
  await migrate(store, [batch, batchProgress], { logger });
  return { runtime, store, redis: new ClusterHints(runtime) };
}

const numbers = (count: number): ItemReader<number, number> => ({
  open: async (position) => {
    let next = position ?? 0;
    return {
      read: async (limit) => {
        const items = Array.from({ length: Math.min(limit, count - next) }, (_, n) => next + n);
        next += items.length;
        return { items, position: next, isLast: next >= count };
      },
      close: async () => undefined,
    };
  },
});

test('a job tells its totals over all steps, in Redis where there is one and else in a row', async () => {
  for (const heard of [true, false]) {
    const { runtime, store, redis } = await given();
    redis.isThere = heard;
    const hints: Hints = heard ? redis.hints() : NO_HINTS;
    const seen: unknown[] = [];
    const step = (name: string) =>
      chunkStep({
        name,
        chunkSize: 10,
        reader: numbers(25),
        process: async (item: number) => {
          if (item === 7) throw new TypeError('a bad item');
          if (item === 24) {
            await runtime.advance(1_100);
            seen.push(await readBatchProgress({ store, hints, runtime }, 1));
          }
          return item % 5 === 0 ? null : item;
        },
        writer: { write: async () => undefined },
        skip: { limit: 5 },
      });
    const job = defineBatchJob('numbers', { steps: () => [step('first'), step('second')] });
    const { signal } = new AbortController();
    const result = await runBatchJob(job, { store, params: {}, signal, runtime, logger, hints });
    expect(result.status).toBe('COMPLETED');
    expect(seen[0]).toMatchObject({ status: 'RUNNING' });
    expect(await readBatchProgress({ store, hints, runtime }, result.instanceId)).toEqual({
      totalRead: 50,
      totalWrite: 38,
      totalSkip: 2,
      status: 'COMPLETED',
      updatedAt: expect.any(Number),
    });
    // Flushed, or asked without hints: the row tells the same.
    redis.flush();
    expect(await readBatchProgress({ store, hints, runtime }, result.instanceId)).toMatchObject({
      totalRead: 50,
      status: 'COMPLETED',
    });
  }
});

test('polling does not touch the tables of the engine', async () => {
  const { runtime, store } = await given();
  const teller = new ProgressTeller({ ...tellerOf(store, runtime, 1), hints: NO_HINTS });
  teller.begin();
  await teller.end('COMPLETED');
  await store.transaction('take-away', async (tx) => {
    for (const table of ['batch_instance', 'batch_execution', 'batch_step', 'batch_skip'])
      await tx.run(`drop table ${table}`);
  });
  for (let n = 0; n < 100; n++) expect(await readBatchProgress({ store, runtime }, 1)).not.toBeNull();
});

test('without Redis the row follows while the job runs, at most once a second', async () => {
  const { runtime, store } = await given();
  const teller = new ProgressTeller({ ...tellerOf(store, runtime, 1), hints: NO_HINTS });
  const read = async () => (await readBatchProgress({ store, runtime }, 1))?.totalRead;
  teller.begin();
  await runtime.advance(100);
  teller.chunk({ ...NO_COUNTS, read: 1 });
  await runtime.advance(900);
  expect(await read()).toBe(0);
  teller.chunk({ ...NO_COUNTS, read: 2 });
  await runtime.advance(100);
  expect(await read()).toBe(2);
  teller.step({ ...NO_COUNTS, read: 3 });
  await teller.end('COMPLETED');
  expect(await read()).toBe(3);
});

test('an execution that was overtaken shows nothing any more', async () => {
  const { runtime, store } = await given();
  const [old, young] = [1, 2].map(
    (epoch) => new ProgressTeller({ ...tellerOf(store, runtime, epoch), hints: NO_HINTS }),
  );
  young?.chunk({ ...NO_COUNTS, read: 9 });
  await young?.end('COMPLETED');
  old?.chunk({ ...NO_COUNTS, read: 3 });
  await old?.end('FAILED');
  expect(await readBatchProgress({ store, runtime }, 1)).toMatchObject({ totalRead: 9, status: 'COMPLETED' });
});

test('what Redis still calls running, and is old, is not believed against the row', async () => {
  const { runtime, store, redis } = await given();
  const hints = redis.hints();
  const teller = new ProgressTeller({ ...tellerOf(store, runtime, 1), hints });
  teller.begin();
  await runtime.advance(0);
  redis.isThere = false;
  await teller.end('COMPLETED');
  redis.isThere = true;
  await runtime.advance(10_000);
  expect((await hints.progress('batch:progress:1'))?.status).toBe('RUNNING');
  expect(await readBatchProgress({ store, hints, runtime }, 1)).toMatchObject({ status: 'COMPLETED' });
});

test('a row of the day before yesterday is none, and leaves', async () => {
  const { runtime, store } = await given();
  const teller = new ProgressTeller({ ...tellerOf(store, runtime, 1), hints: NO_HINTS });
  await teller.end('COMPLETED');
  await runtime.advance(86_400_001);
  expect(await readBatchProgress({ store, runtime }, 1)).toBeNull();
  const other = new ProgressTeller({
    ...tellerOf(store, runtime, 1),
    execution: { instanceId: 2, epoch: 1, leaseMs: 1 },
    hints: NO_HINTS,
  });
  await other.end('COMPLETED');
  expect(await store.read('look', (db) => db.all('select id from batch_progress'))).toEqual([{ id: 2 }]);
});

test('a store that takes no progress does not end the job', async () => {
  const { runtime, store } = await given();
  await store.transaction('take-away', (tx) => tx.run('drop table batch_progress'));
  const step = chunkStep({
    name: 'only',
    reader: numbers(5),
    process: (n: number) => n,
    writer: { write: async () => undefined },
  });
  const job = defineBatchJob('numbers', { steps: () => [step] });
  const { signal } = new AbortController();
  expect((await runBatchJob(job, { store, params: {}, signal, runtime, logger })).status).toBe('COMPLETED');
});

const tellerOf = (store: SqlStore, runtime: FakeRuntime, epoch: number) => ({
  store,
  runtime,
  logger,
  execution: { instanceId: 1, epoch, leaseMs: 1_000 },
});
