import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { feeTables } from '../../executor/examples/sliced-job/fee-books.ts';
import { workerHandler } from '../../executor/index.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { startFakeScheduler } from '../support/fake-scheduler.ts';
import { givenExecutor, removeDir, runRequest, tempDir } from '../support/given-executor.ts';
import { until } from '../support/given-line.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

/** A sliced job over 40 merchants, on an executor with worker processes. */
async function given(config: { rowMs?: number; slowIn?: number }) {
  const database = await createMysqlDatabase();
  const store = await openSqlStore(database.url, { runtime: systemRuntime(), logger: silentLogger });
  await migrate(store, executorMigrations, { logger: silentLogger, component: 'executor' });
  await migrate(store, [feeTables], { logger: silentLogger, component: 'application' });
  await store.transaction('accounts', (tx) =>
    tx.insertRows(
      { table: 'account', columns: ['merchant_no', 'balance_cents'] },
      Array.from({ length: 600 }, (_, at) => [`m${String(at % 40).padStart(3, '0')}`, 100]),
    ),
  );
  const scheduler = await startFakeScheduler();
  const dir = await tempDir();
  const executor = await givenExecutor({
    schedulers: [scheduler.url],
    handlers: [workerHandler({ name: 'account-fees', spread: 'every' })],
    processes: 2,
    workerModule: new URL('./processes/slice-worker-module.ts', import.meta.url),
    workerConfig: { url: database.url, dir, ...config },
    dataDir: dir,
  });
  onTestFinished(async () => {
    await executor.stop();
    await scheduler.stop();
    await store.close();
    await database.drop();
    await removeDir(dir);
  });
  const rows = <Row extends object>(text: string) => store.read('look', (db) => db.all<Row>(text));
  return {
    rows,
    async run() {
      const request = runRequest({ executorHandler: 'account-fees', runId: 7 });
      expect(await executor.ask('/run', request)).toMatchObject({ code: 200 });
      return request.logId;
    },
    async outcome(logId: number) {
      await scheduler.until((it) => it.callbacks().some((callback) => callback.logId === logId));
      const told = scheduler.callbacks().find((callback) => callback.logId === logId);
      return { code: told?.handleCode, result: JSON.parse(told?.result ?? 'null') as unknown };
    },
    async trace(word: string) {
      const lines = (await readFile(`${dir}/trace.txt`, 'utf8').catch(() => '')).split('\n');
      return lines.filter((line) => line.startsWith(word)).map((line) => line.split(' ').slice(1).map(Number));
    },
    async everyRowOnce() {
      const fees = await rows<{ n: number; cents: number }>('select count(*) as n, sum(cents) as cents from fee');
      expect(fees.map(({ n }) => n)).toEqual([600]);
      expect(await rows(`select slice_no from slice where state <> 'done'`)).toEqual([]);
    },
  };
}

describeWith(['MariaDB'], 'a sliced attempt in worker processes, on MariaDB', () => {
  test('is worked by all of them at once, each row once, and the results are added up', async () => {
    const it = await given({ rowMs: 10 });
    const logId = await it.run();
    expect(await it.outcome(logId)).toMatchObject({ code: 200, result: { rows: 600, bad: 0 } });
    await it.everyRowOnce();
    expect((await it.trace('began')).map(([index]) => index).sort()).toEqual([0, 1]);
    const owners = await it.rows<{ owner: string }>('select distinct owner from slice_lease');
    for (const process of ['.p0.', '.p1.']) {
      expect(owners.some(({ owner }) => owner.includes(`#${logId}${process}`))).toBe(true);
    }
  });

  test('goes on where a killed one of them ended, and loses nothing', async () => {
    const it = await given({ slowIn: 0 });
    const logId = await it.run();
    await until(async () => (await it.trace('began')).some(([index]) => index === 0));
    // It holds slices, and gets no row of them done.
    const [, pid = 0] = (await it.trace('open')).find(([index]) => index === 0) ?? [];
    process.kill(pid, 'SIGKILL');
    expect(await it.outcome(logId)).toMatchObject({ code: 200, result: { rows: 600 } });
    await it.everyRowOnce();
    expect((await it.trace('open')).map(([index]) => index).sort()).toEqual([0, 0, 1]);
  });
});
