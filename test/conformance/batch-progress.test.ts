import { expect, onTestFinished, test } from 'vitest';
import { ProgressTeller, readBatchProgress } from '../../executor/batch/batch-progress.ts';
import { batch } from '../../executor/storage/migrations/0004-batch.ts';
import { batchProgress } from '../../executor/storage/migrations/0007-batch-progress.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { NO_HINTS } from '../../shared/redis/hints.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { describeOnEachServer } from '../support/each-store.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';

const runtime = systemRuntime();

describeOnEachServer('the progress of batch jobs', (server) => {
  test('a job that begins waits for no other one that begins, and takes the expired rows away', async () => {
    const database = await createMysqlDatabase(server);
    const open = () => openSqlStore({ url: database.url, connections: 3, durability: 'warn' }, { runtime, logger });
    const [store, others] = await Promise.all([open(), open()]);
    onTestFinished(async () => {
      await Promise.all([store.close(), others.close()]);
      await database.drop();
    });
    await migrate(store, [batch, batchProgress], { logger });
    await store.transaction('expired', (tx) => plant(tx, [7, 8], 1));
    // The other one has written its row and not come to its end.
    await others.transaction('the other one', async (tx) => {
      await plant(tx, [1, 9], tx.nowMs + 60_000);
      const execution = { instanceId: 2, epoch: 1, leaseMs: 10_000 };
      const teller = new ProgressTeller({ store, hints: NO_HINTS, execution, runtime, logger });
      teller.begin();
      await teller.end('COMPLETED');
      expect(await readBatchProgress({ store }, 2)).toMatchObject({ status: 'COMPLETED' });
    });
    const left = await store.read('left', (db) => db.arrays('select id from batch_progress order by id'));
    expect(left).toEqual([[1], [2], [9]]);
  });
});

const plant = (tx: SqlTx, ids: readonly number[], expiresAt: number): Promise<number> =>
  tx.insertRows(
    {
      table: 'batch_progress',
      columns: ['id', 'epoch', 'total_read', 'total_write', 'total_skip', 'status', 'updated_at', 'expires_at'],
    },
    ids.map((id) => [id, 1, 0, 0, 0, 'RUNNING', 0, expiresAt]),
  );
