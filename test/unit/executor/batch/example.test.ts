import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { chunkStep, defineBatchJob, runBatchJob } from '../../../../executor/batch/batch-job.ts';
import { keysetTableReader } from '../../../../executor/batch/readers/keyset-table-reader.ts';
import { multiRowWriter } from '../../../../executor/batch/writers/multi-row-writer.ts';
import { batch } from '../../../../executor/storage/migrations/0004-batch.ts';
import { silentLogger as logger } from '../../../../shared/logger.ts';
import { systemRuntime } from '../../../../shared/runtime/system-runtime.ts';
import { migrate } from '../../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../../shared/sql/open-store.ts';

interface Order {
  readonly id: number;
  readonly cents: number;
}
interface Fee {
  readonly orderId: number;
  readonly cents: number;
}

test('the example of defineBatchJob runs', async () => {
  const runtime = systemRuntime();
  const { signal } = new AbortController();
  const store = await openSqlStore('sqlite::memory:', { runtime, logger });
  const orders = {
    id: '9000-orders',
    statements: () => [
      'create table pay_order (id integer primary key, batch_no text not null, cents integer not null)',
      'create table fee (order_id integer primary key, cents integer not null)',
    ],
  };
  await migrate(store, [batch, orders], { logger });
  const rows = Array.from({ length: 2_500 }, (_, i) => [i + 1, i % 5 === 0 ? 'other' : '2026-11-20', 1_000 * i]);
  await store.transaction('fill', (tx) =>
    tx.insertRows({ table: 'pay_order', columns: ['id', 'batch_no', 'cents'] }, rows),
  );

  const fees = defineBatchJob('fees', {
    steps: ({ batchNo }: { batchNo: string }) => [
      chunkStep({
        name: 'compute',
        reader: keysetTableReader<Order>({
          store,
          table: 'pay_order',
          columns: ['cents'],
          key: ['id'],
          where: { text: 'batch_no = ?', params: [batchNo] },
        }),
        process: (order): Fee => ({ orderId: order.id, cents: Math.floor((order.cents * 60) / 10_000) }),
        writer: multiRowWriter<Fee>({
          table: 'fee',
          columns: ['order_id', 'cents'],
          rowOf: (fee) => [fee.orderId, fee.cents],
        }),
        skip: { limit: 10 },
      }),
    ],
  });
  const result = await runBatchJob(fees, { store, params: { batchNo: '2026-11-20' }, signal, runtime, logger });

  expect(result).toMatchObject({
    status: 'COMPLETED',
    steps: [{ counts: { read: 2_000, written: 2_000, commits: 2 } }],
  });
  await store.close();
});

test('and is the one that stands in its documentation', async () => {
  const code = async (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const doc = await code('../../../../executor/batch/batch-job.ts');
  const example = /@example\n([\s\S]*?)\n \*\/\nexport function defineBatchJob/
    .exec(doc)?.[1]
    ?.replaceAll(/^ \* /gm, '  ');
  expect(example).toBeTruthy();
  expect(await code('./example.test.ts')).toContain(example);
});
