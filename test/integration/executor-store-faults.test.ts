import { afterEach, beforeEach, expect, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import { nodeMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { CommitUnknownError, DaybreakError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type FakeScheduler, startFakeScheduler } from '../support/fake-scheduler.ts';
import { type Answer, type GivenExecutor, givenExecutor, removeDir, runRequest } from '../support/given-executor.ts';

type Fault = 'before' | 'after';
let scheduler: FakeScheduler;
let store: SqlStore;
let executor: GivenExecutor;
let faults: Map<string, Fault[]>;
let runs: number;
let beforeFault: () => Promise<void>;

beforeEach(async () => {
  [scheduler, faults, runs, beforeFault] = [await startFakeScheduler(), new Map(), 0, async () => undefined];
  store = await openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger: silentLogger });
  await migrate(store, nodeMigrations, { logger: silentLogger, component: 'executor' });
  executor = await givenExecutor({
    schedulers: [scheduler.url],
    store: withFaults(store),
    handlers: [
      defineHandler('work', async () => {
        runs += 1;
      }),
    ],
  });
});
afterEach(async () => {
  await executor.stop();
  await store.close();
  await scheduler.stop();
  await removeDir(executor.dataDir);
});

/** The real store, whose named transactions fail before they begin, or after the commit with its answer lost. */
function withFaults(real: SqlStore): SqlStore {
  return {
    ...real,
    async transaction(name, body) {
      const fault = faults.get(name)?.shift();
      if (fault !== undefined) await beforeFault();
      if (fault === 'before') throw new DaybreakError('STORE_UNREACHABLE', 'the store is away');
      const value = await real.transaction(name, body);
      if (fault === 'after') throw new CommitUnknownError('the answer to the commit was lost');
      return value;
    },
  };
}

test('a run that could not be written down is refused, does not begin, and is taken when it is sent again', async () => {
  faults.set('accept-attempt', ['before']);
  const request = runRequest();
  expect(await executor.ask('/run', request)).toMatchObject({
    code: 500,
    msg: expect.stringContaining('request error'),
  });
  expect(executor.running()).toEqual([]);
  expect(await executor.ask('/run', request)).toMatchObject({ code: 200 });
  await scheduler.until((it) => it.callbacks().length === 1);
  expect(runs).toBe(1);
});

test('its twin that arrives meanwhile gets the same answer, not a 200 for nothing', async () => {
  const request = runRequest();
  let twin: Promise<Answer> | undefined;
  faults.set('accept-attempt', ['before']);
  beforeFault = async () => {
    twin = executor.ask('/run', request);
    // A twin that is answered without waiting for the first one's row is answered by then.
    await Promise.race([twin, systemRuntime().sleep(100)]);
  };
  expect(await executor.ask('/run', request)).toMatchObject({ code: 500 });
  expect(await twin).toMatchObject({ code: 500 });
  expect(runs).toBe(0);
});

test('a run whose commit went through unheard is refused, and runs once when it is sent again', async () => {
  faults.set('accept-attempt', ['after']);
  const request = runRequest();
  expect(await executor.ask('/run', request)).toMatchObject({ code: 500 });
  expect(runs).toBe(0);
  expect(await executor.ask('/run', request)).toMatchObject({ code: 200 });
  await scheduler.until((it) => it.callbacks().length === 1);
  expect(runs).toBe(1);
});

test('an outcome is stored and told once, however often its commit fails or is not heard', async () => {
  faults.set('end-attempt', ['before', 'after', 'before']);
  await executor.ask('/run', runRequest());
  await scheduler.until((it) => it.callbacks('acknowledged').length === 1);
  await executor.stop();
  expect([runs, scheduler.callbacks('acknowledged').length]).toEqual([1, 1]);
});

test('a callback whose deletion fails is told again, and then no more', async () => {
  faults.set('ack-outbox', ['before']);
  await executor.ask('/run', runRequest());
  await scheduler.until((it) => it.callbacks('acknowledged').length === 2);
  await executor.stop();
  expect(scheduler.callbacks('acknowledged')).toHaveLength(2);
});
