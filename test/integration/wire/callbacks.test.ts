import { describe, expect, test } from 'vitest';
import { acceptCallbackList } from '../../../scheduler/callback/accept-callback-list.ts';
import { recordHeartbeat } from '../../../scheduler/registry/record-heartbeat.ts';
import { schedulerMigrations } from '../../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { migrate } from '../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../../support/given-scheduler.ts';
import { givenContext } from '../../support/given-scheduler-context.ts';
import { GENERATIONS, javaCallback, javaHeaders, javaResult, rawPost } from '../../support/java-wire.ts';

const jobs = [job(1, 'debit'), job(2, 'tried-again', { retry: { count: 1 } })];
const everybody = async () => true;

/** A store whose commits of results fail: the work of the transaction is done, and then it is not committed. */
function failingAtCommit(store: SqlStore): SqlStore & { fails: boolean } {
  return {
    ...store,
    fails: false,
    transaction(name, body, options) {
      const fails = this.fails && name === 'accept-callback';
      return store.transaction(
        name,
        async (tx) => {
          const value = await body(tx);
          if (fails) throw new Error('the disk is full');
          return value;
        },
        options,
      );
    },
  };
}

async function openedStore(): Promise<SqlStore> {
  const store = await openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger: silentLogger });
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  return store;
}

test.each(GENERATIONS)('generation %s is told 200 only after the commit', async (generation) => {
  const store = failingAtCommit(await openedStore());
  const given = await givenScheduler({ jobs, store });
  const executor = await given.executor();
  const { runId } = await given.scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: '1' });
  const { logId } = await executor.nextRun();
  const body = javaCallback(generation, [javaResult(generation, { logId, code: 200 })]);
  const report = () =>
    rawPost(`${given.scheduler.url}api/callback`, body, javaHeaders(generation, TEST_TOKEN, 'orders'));
  store.fails = true;
  const refused = await report();
  expect(refused.json).toMatchObject({ code: 500 });
  expect(refused.json.msg).toMatch(/^openapi invoke error: 1 of 1 results were not taken.*the disk is full/);
  expect((await given.scheduler.run(runId)).state).toBe('running');
  store.fails = false;
  expect((await report()).json).toMatchObject({ code: 200 });
  expect(await runOf(given.scheduler, runId, 'succeeded')).toMatchObject({ state: 'succeeded' });
});

describe('a result', () => {
  test('that is repeated, unknown, late or of an older attempt changes nothing, and is acknowledged', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const order = { job: 'tried-again', businessDate: '2026-11-20', requestId: '1' };
    const { runId } = await given.scheduler.triggerJob(order);
    const first = await executor.nextRun();
    await executor.report(first, { code: 500, msg: 'no' });
    const second = await executor.nextRun();
    // The first attempt, known by its log id though the peer sends nothing else, says something else now.
    expect(await executor.post('callback', [{ logId: first.logId, handleCode: 200 }])).toMatchObject({ code: 200 });
    expect((await given.scheduler.run(runId)).shards[0]).toMatchObject({
      state: expect.stringMatching(/sent|running/),
    });
    await executor.report(second, { code: 200, msg: 'yes' });
    const ended = await runOf(given.scheduler, runId, 'succeeded');
    const late = [first.logId, second.logId, 987_654_321, 0].map((logId) => ({ logId, handleCode: 500 }));
    expect(await executor.post('callback', late)).toMatchObject({ code: 200 });
    expect(await given.scheduler.run(runId)).toEqual(ended);
    await given.metric('daybreak_scheduler_callbacks_total{verdict="repeated"}', 3);
    await given.metric('daybreak_scheduler_callbacks_total{verdict="unknown"}', 2);
  });

  test('that cannot be read is named, and the others of its list are taken', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const runs = [];
    for (const requestId of ['1', '2']) {
      await given.scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId });
      const { logId, runId = 0 } = await executor.nextRun();
      runs.push({ runId, logId });
      if (requestId === '1') await executor.post('callback', [{ logId, handleCode: 200 }]);
    }
    const good = { logId: runs[1]?.logId, handleCode: 200 };
    const answer = await executor.post('callback', [{ logId: 'one' }, 7, null, good, { ...good, handleCode: 'x' }]);
    expect(answer).toMatchObject({
      code: 500,
      msg: 'invalid request, 4 of 5 results were not taken, the others were: result 0: "logId" must be integer',
    });
    expect(await runOf(given.scheduler, runs[1]?.runId ?? 0, 'succeeded')).toMatchObject({ state: 'succeeded' });
    await given.metric('daybreak_scheduler_callbacks_total{verdict="refused"}', 4);
  });

  test('with the longest message that a peer sends is taken', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const { runId } = await given.scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: '1' });
    await executor.report(await executor.nextRun(), { code: 500, msg: '错'.repeat(50_000) });
    expect(await runOf(given.scheduler, runId, 'failed')).toMatchObject({ state: 'failed' });
  });
});

describe('a list of 3,000 results, as after an outage', () => {
  /** Attempts that are out, in a store of their own: their log ids. */
  async function givenAttempts(count: number) {
    const store = await openedStore();
    const ctx = givenContext(store);
    const registration = { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: 'http://127.0.0.1:9999/' };
    await recordHeartbeat(ctx, registration);
    await store.transaction('plant', async (tx) => {
      await tx.insertRows(
        {
          table: 's_attempt',
          columns: ['run_id', 'shard_index', 'no', 'epoch', 'executor_id', 'address', 'state', 'sent_at'],
        },
        Array.from({ length: count }, (_, n) => [n + 1, 0, 1, 1, 1, 'http://127.0.0.1:9999/', 'running', tx.nowMs]),
      );
    });
    return { store, ctx };
  }

  test('is taken whole, and others get their turn while it is', async () => {
    const { store, ctx } = await givenAttempts(3_000);
    let turns = 0;
    const yieldTurn = async () => {
      turns += 1;
    };
    const yielding = { ...ctx, runtime: { ...ctx.runtime, yieldTurn } };
    const list = Array.from({ length: 3_000 }, (_, n) => ({ logId: n + 1, handleCode: 200 }));
    expect(await acceptCallbackList(yielding, list, everybody)).toEqual({ items: 3_000, refused: [], failed: [] });
    expect(turns).toBeGreaterThanOrEqual(100);
    await store.close();
  });

  test('fits into one request with a kilobyte of words each', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const list = Array.from({ length: 3_000 }, (_, n) => ({
      logId: n + 1_000_000,
      logDateTim: 1_767_225_600_000,
      handleCode: 200,
      handleMsg: 'x'.repeat(1_000),
    }));
    expect(await executor.post('callback', list)).toMatchObject({ code: 200 });
    await given.metric('daybreak_scheduler_callbacks_total{verdict="unknown"}', 3_000);
  });

  test('is given up early when the store is away, so that it is sent again soon', async () => {
    const { store, ctx } = await givenAttempts(3_000);
    let tried = 0;
    const away: SqlStore = {
      ...store,
      read(name, body) {
        if (name === 'find-attempt') {
          tried += 1;
          throw new Error('the database is away');
        }
        return store.read(name, body);
      },
    };
    const list = Array.from({ length: 3_000 }, (_, n) => ({ logId: n + 1, handleCode: 200 }));
    const report = await acceptCallbackList({ ...ctx, store: away }, list, everybody);
    expect([report.failed.length, tried]).toEqual([3_000, 3]);
    await store.close();
  });

  test('loses nothing to one that cannot be stored', async () => {
    const { store, ctx } = await givenAttempts(10);
    const odd: SqlStore = {
      ...store,
      async read(name, body) {
        const found = await store.read(name, body);
        if (name === 'find-attempt' && (found as { id?: number } | null)?.id === 4) throw new Error('odd');
        return found;
      },
    };
    const list = Array.from({ length: 10 }, (_, n) => ({ logId: n + 1, handleCode: 200 }));
    const report = await acceptCallbackList({ ...ctx, store: odd }, list, everybody);
    expect(report).toEqual({ items: 10, refused: [], failed: [{ at: 3, why: 'odd' }] });
    await store.close();
  });
});
