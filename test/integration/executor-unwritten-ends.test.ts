import { afterEach, beforeEach, expect, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import { nodeMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type FakeScheduler, startFakeScheduler } from '../support/fake-scheduler.ts';
import { type GivenExecutor, gate, givenExecutor, removeDir, runRequest } from '../support/given-executor.ts';

let scheduler: FakeScheduler;
let store: SqlStore;
let executor: GivenExecutor;
let written: ReturnType<typeof gate>;
/** How many attempts there were to write down, transaction by transaction. */
let commits: number;
let began: number[];

beforeEach(async () => {
  [scheduler, written, commits, began] = [await startFakeScheduler(), gate(), 0, []];
  store = await openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger: silentLogger });
  await migrate(store, nodeMigrations, { logger: silentLogger, component: 'executor' });
  executor = await givenExecutor({
    schedulers: [scheduler.url],
    slots: 1,
    queueMax: 1_000,
    store: {
      ...store,
      async transaction(name, body) {
        if (name !== 'end-attempt') return store.transaction(name, body);
        commits += 1;
        await written.passed;
        return store.transaction(name, body);
      },
    },
    handlers: [
      defineHandler('work', async (ctx) => {
        began.push(ctx.logId);
      }),
    ],
  });
});
afterEach(async () => {
  written.open();
  await executor.stop();
  await store.close();
  await scheduler.stop();
  await removeDir(executor.dataDir);
});

const sendJobs = (jobIds: readonly number[]) =>
  Promise.all(jobIds.map((jobId) => executor.ask('/run', runRequest({ jobId }))));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
const hasBegun = (count: number) => expect.poll(() => began.length, { timeout: 30_000 }).toBe(count);

test('a slot is free when its handler has returned: what it returned is written down with what returns meanwhile', async () => {
  await sendJobs(numbers(40));
  await hasBegun(40);
  const idle = async () => (await executor.ask('/idleBeat', { jobId: 40 })).code;
  await expect.poll(idle, { timeout: 30_000 }).toBe(200);
  expect(scheduler.callbacks()).toEqual([]);
  written.open();
  await scheduler.until((it) => it.callbacks().length === 40);
  expect(commits).toBeLessThan(10);
});

test("a job's next run waits until the outcome of the one before is written down, and other jobs do not", async () => {
  await sendJobs([1]);
  await hasBegun(1);
  await sendJobs([1, 2]);
  await hasBegun(2);
  expect(executor.running().map(({ jobId, state }) => [jobId, state])).toEqual([
    [1, 'running'],
    [1, 'queued'],
    [2, 'running'],
  ]);
  written.open();
  await hasBegun(3);
  await scheduler.until((it) => it.callbacks().length === 3);
});

test('a store that takes nothing stops the work: no more than so many outcomes are in the air', async () => {
  await sendJobs(numbers(300));
  await hasBegun(251);
  // Whoever asks for the next one finds the slots held.
  await sendJobs([301]);
  expect(began).toHaveLength(251);
  expect(executor.running().filter(({ state }) => state === 'queued')).toHaveLength(50);
  written.open();
  await hasBegun(301);
  await scheduler.until((it) => it.callbacks().length === 301);
});
