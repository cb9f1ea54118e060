import { expect, onTestFinished, test } from 'vitest';
import { accountFees } from '../../executor/examples/sliced-job/account-fees.ts';
import { feeTables } from '../../executor/examples/sliced-job/fee-books.ts';
import { createThrottledTeller } from '../../executor/node/throttled-shards.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { dispatchReadyShards } from '../../scheduler/dispatch/dispatch-ready-shards.ts';
import { createSender } from '../../scheduler/dispatch/send-run-request.ts';
import { triggerJob } from '../../scheduler/firing/trigger-job.ts';
import { recordHeartbeat } from '../../scheduler/registry/record-heartbeat.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createFakeRuntime } from '../support/fake-runtime.ts';
import { givenAdmin } from '../support/given-admin.ts';
import { givenExecutor, removeDir } from '../support/given-executor.ts';
import { givenScheduler, job } from '../support/given-scheduler.ts';
import { givenFrozenRun } from '../support/sliced-run.ts';

const runtime = systemRuntime();

async function givenAccounts(): Promise<SqlStore> {
  const store = await openSqlStore('sqlite::memory:', { runtime, logger });
  onTestFinished(() => store.close());
  await migrate(store, executorMigrations, { logger, component: 'executor' });
  await migrate(store, [feeTables], { logger, component: 'application' });
  await store.transaction('accounts', (tx) =>
    tx.insertRows({ table: 'account', columns: ['merchant_no', 'balance_cents'] }, [['m', 100]]),
  );
  return store;
}

/** A window that is shut for some hours yet, whatever the time is. */
function shutWindow() {
  const hour = (later: number) => `${String((new Date().getUTCHours() + later) % 24).padStart(2, '0')}:00`;
  return { from: hour(6), to: hour(7), timeZone: 'UTC' };
}

test('a run outside its window is THROTTLED where people look: on the run, its shard, and in the figures, until it ends', async () => {
  const store = await givenAccounts();
  const fees = accountFees({ store, askFor: async () => 1, settings: { leaseMs: 600 } });
  const given = await givenScheduler({
    jobs: [job(1, 'fees', { handler: fees.name, route: 'FIRST', window: shutWindow() })],
  });
  const schedulers = [given.scheduler.url];
  const executor = await givenExecutor({ schedulers, handlers: [fees], store, heartbeatIntervalMs: 100 });
  onTestFinished(async () => {
    await executor.stop();
    await removeDir(executor.dataDir);
  });
  const { runId } = await given.scheduler.triggerJob({ job: 'fees', businessDate: '2026-11-20', requestId: 'one' });
  const patient = { timeout: 60_000 };
  const why = async () => (await given.scheduler.run(runId)).throttled;
  await expect.poll(why, patient).toMatch(/^THROTTLED: outside its window \d\d:00 to \d\d:00 UTC, which opens at 20/);
  expect((await given.scheduler.run(runId)).shards.map(({ throttled, state }) => [throttled !== null, state])).toEqual([
    [true, 'running'],
  ]);
  const seconds = async () => {
    const text = await (await fetch(`${executor.address}metrics`)).text();
    return Number(/daybreak_slice_throttled_seconds_total\{reason="window"\} (\S+)/.exec(text)?.[1] ?? 0);
  };
  await expect.poll(seconds, patient).toBeGreaterThan(0);
  await given.scheduler.killRun(runId, { by: 'ann', reason: 'seen enough' });
  expect(await why()).toBeNull();
});

test('an executor says of its runs that they are throttled, once that they are so no more, and waits for no store', async () => {
  const store = await givenAccounts();
  const told = (why: string | null) =>
    store.transaction('tell', (tx) => tx.run('update slice_run set throttled_why = ?', [why]));
  await givenFrozenRun(store, { runId: 7, rows: [{ subject: 1 }] });
  const attempt = {
    logId: 1,
    jobId: 1,
    handler: 'x',
    runId: 7,
    shardIndex: 2,
    state: 'running',
    sinceAtMs: 0,
  } as const;
  let running: (typeof attempt)[] = [];
  const teller = createThrottledTeller({ store, runtime, logger, running: () => running });
  expect(await teller()).toBeUndefined();
  running = [attempt];
  expect(await teller()).toBeUndefined();
  await told('THROTTLED: a round trip takes 30 ms');
  expect(await teller()).toEqual([{ runId: 7, shardIndex: 2, why: 'THROTTLED: a round trip takes 30 ms' }]);
  await told(null);
  expect(await teller()).toEqual([]);
  expect(await teller()).toBeUndefined();

  const fake = createFakeRuntime();
  const asked: (() => void)[] = [];
  const silent = { read: () => new Promise<never>((_, reject) => asked.push(() => reject(new Error('away')))) };
  const stuck = createThrottledTeller({ store: silent, runtime: fake, logger, running: () => running });
  const beat = stuck();
  await fake.advance(1_000);
  expect(await beat).toBeUndefined();
  // It is not asked a second time while it owes the first answer.
  expect(await stuck()).toBeUndefined();
  expect(asked).toHaveLength(1);
});

test('the page of a run is told why it is throttled', async () => {
  const inMemory = async () => ({ url: 'sqlite::memory:', drop: async () => undefined });
  const admin = await givenAdmin(inMemory, { jobs: [job(1, 'fees', { route: 'FIRST' })] });
  const root = await admin.setUp();
  const node = { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: 'http://127.0.0.1:9001/' };
  const beat = (throttled: { runId: number; shardIndex: number; why: string }[]) =>
    recordHeartbeat(admin.ctx, { ...node, incarnation: 'first', throttled });
  await beat([]);
  const { runId } = await triggerJob(admin.ctx, { job: 'fees', businessDate: '2026-11-20', requestId: 'one' });
  const sender = createSender(admin.ctx);
  await dispatchReadyShards(admin.ctx, sender);
  await sender.idle();
  const shown = async () => (await admin.ask('GET /runs/:runId', root, { params: { runId } })).body.throttled;
  expect(await shown()).toBeNull();
  await beat([{ runId, shardIndex: 0, why: 'THROTTLED: a round trip takes 30 ms' }]);
  expect(await shown()).toBe('THROTTLED: a round trip takes 30 ms');
  await beat([]);
  expect(await shown()).toBeNull();
});
