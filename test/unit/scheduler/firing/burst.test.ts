import { expect, onTestFinished, test } from 'vitest';
import type { WireVerb } from '../../../../scheduler/api/wire-verbs.ts';
import { acceptCallbackList } from '../../../../scheduler/callback/accept-callback-list.ts';
import { createScheduler } from '../../../../scheduler/create-scheduler.ts';
import type { DispatchAnswer } from '../../../../scheduler/dispatch/executor-client.ts';
import { createBurst } from '../../../../scheduler/firing/burst.ts';
import { schedulerMigrations } from '../../../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger as logger } from '../../../../shared/logger.ts';
import { migrate } from '../../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../../shared/sql/open-store.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { TEST_TOKEN } from '../../../support/given-executor.ts';
import { givenRuns } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';
import { silentClient } from '../../../support/given-scheduler-context.ts';

const [HERE, THERE] = ['http://127.0.0.1:9001/', 'http://127.0.0.1:9002/'];

test('few that are due are no burst, and nobody waits for them', async () => {
  const burst = createBurst(createFakeRuntime());
  burst.began(HERE, 25);
  burst.began(THERE, 24);
  await burst.over();
});

test('a burst is over when nearly all of it was answered', async () => {
  const burst = createBurst(createFakeRuntime());
  burst.began(HERE, 50);
  burst.began(THERE, 50);
  const { over, isOver } = waiting(burst);
  burst.ended(HERE, 50);
  await Promise.resolve();
  expect(isOver()).toBe(false);
  burst.ended(THERE, 1);
  await over;
});

test('results wait while a burst is on, and are taken then', async () => {
  const given = await givenRuns([job(1, 'work', { route: 'ROUND' })]);
  const runId = await given.trigger('work');
  const [sent] = await given.dispatch();
  given.ctx.burst.began(HERE, 1_000);
  const list = [{ logId: sent?.logId, handleCode: 200 }];
  const taken = acceptCallbackList(given.ctx, list, async () => true);
  await given.ctx.runtime.yieldTurn();
  expect((await given.view(runId)).state).toBe('running');
  given.ctx.burst.ended(HERE, 1_000);
  await taken;
  expect((await given.view(runId)).state).toBe('succeeded');
});

test('a burst that does not end holds results back no longer than their sender waits', async () => {
  const runtime = createFakeRuntime();
  const burst = createBurst(runtime);
  burst.began(HERE, 1_000);
  const { isOver } = waiting(burst);
  for (let ms = 0; ms < 1_400; ms += 200) {
    await runtime.advance(200);
    burst.ended(HERE, 1);
  }
  expect(isOver()).toBe(false);
  await runtime.advance(100);
  expect(isOver()).toBe(true);
});

test('what hangs is no burst: it holds results back for a moment, and not for as long as it hangs', async () => {
  const runtime = createFakeRuntime();
  const burst = createBurst(runtime);
  burst.began(HERE, 1_000);
  burst.began(THERE, 40);
  await runtime.advance(1_500);
  expect(await isOn(burst)).toBe(false);
  // More for it, and the end of its time, change nothing; others that move count without it.
  burst.began(HERE, 1_000);
  burst.ended(HERE, 1_000, { inTime: false });
  burst.ended(THERE, 1);
  expect(await isOn(burst)).toBe(false);
  burst.ended(HERE, 1);
  expect(await isOn(burst)).toBe(true);
});

test('of a burst in two places only the one that moves is waited for', async () => {
  const runtime = createFakeRuntime();
  const burst = createBurst(runtime);
  burst.began(HERE, 1_000);
  await runtime.advance(1_000);
  burst.began(THERE, 100);
  const { isOver } = waiting(burst);
  await runtime.advance(500);
  expect(isOver()).toBe(false);
  burst.ended(THERE, 51);
  await runtime.advance(0);
  expect(isOver()).toBe(true);
});

test('what was sent and answered is no part of a burst any more', async () => {
  const given = await givenRuns([job(1, 'work', { shardTotal: 60 })]);
  given.ctx.burst.began(HERE, 49);
  await given.trigger('work');
  await given.dispatch();
  await given.ctx.burst.over();
});

test('an executor that hangs with a long line does not hold back what others report', async () => {
  // Several messages for each of the two.
  const given = await givenRuns([job(1, 'work', { shardTotal: 600 })], { settings: { shardsPerExecutor: 300 } });
  const timeOuts: (() => void)[] = [];
  let sent = 0;
  given.client.runAll = (_, requests) =>
    new Promise((resolve) => {
      sent += requests.length;
      timeOuts.push(() => resolve(requests.map(() => ({ kind: 'unclear', why: 'no answer in time' }))));
    });
  await given.trigger('work');
  const passed = given.dispatch();
  await expect.poll(() => sent, { interval: 5 }).toBe(600);
  expect(await isOn(given.ctx.burst)).toBe(true);
  await given.runtime.advance(1_500);
  expect(await isOn(given.ctx.burst)).toBe(false);
  timeOuts[0]?.();
  await expect.poll(() => given.ctx.health.avoided().size, { interval: 5 }).toBe(1);
  await given.runtime.advance(0);
  expect(await isOn(given.ctx.burst)).toBe(false);
  for (const timeOut of timeOuts) timeOut();
  await passed;
  // Sent again, one by one: these are in trouble, and nobody is late by waiting for them.
  const again = Promise.withResolvers<DispatchAnswer>();
  given.client.run = () => again.promise;
  await given.runtime.advance(given.ctx.settings.resendAfterMs);
  const repeated = given.dispatch();
  await given.runtime.advance(0);
  expect(await isOn(given.ctx.burst)).toBe(false);
  again.resolve({ kind: 'accepted' });
  await repeated;
});

const LOOKS = {
  'count-open-work': 'count-open-work',
  'rescue-lost-attempts': 'list-lost-attempts',
  'warn-of-slow-attempts': 'list-slow-attempts',
  'expire-attempts': 'list-expired-attempts',
};

test('looks at all that is open wait while a burst is on, and other work does not', async () => {
  const runtime = createFakeRuntime();
  const store = await openSqlStore('sqlite::memory:', { runtime, logger });
  await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
  const ticks = new Map<string, () => void>();
  const reads: string[] = [];
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  let sent = 0;
  let verbs: Readonly<Record<string, WireVerb>> = {};
  const scheduler = createScheduler({
    store: {
      ...store,
      read: (name, body) => {
        reads.push(name);
        return store.read(name, body);
      },
    },
    ...{ runtime, logger, accessToken: TEST_TOKEN, settings: { shardsPerExecutor: 100 } },
    jobs: [job(1, 'work', { shardTotal: 60 })],
    client: {
      ...silentClient,
      async runAll(_, requests) {
        sent += requests.length;
        await answered;
        return requests.map((): DispatchAnswer => ({ kind: 'accepted' }));
      },
    },
    ticker({ name, tick }) {
      ticks.set(name, tick);
      return { stop: async () => undefined };
    },
    door(given) {
      verbs = given;
      return 'http://127.0.0.1:8080/';
    },
  });
  await scheduler.start();
  onTestFinished(async () => {
    answer();
    await scheduler.stop({ drainMs: 0 });
    await store.close();
  });
  const registration = { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: HERE, incarnation: 'first' };
  const caller = { holder: { groups: new Set<string>(), installation: true }, appName: null, signed: false };
  await verbs.registry?.(registration, caller);
  await scheduler.triggerJob({ job: 'work', businessDate: '2026-11-20', requestId: '1' });
  ticks.get('dispatch-ready-shards')?.();
  await expect.poll(() => sent, { interval: 5 }).toBe(60);

  reads.length = 0;
  for (const body of [...Object.keys(LOOKS), 'retire-silent-executors']) ticks.get(body)?.();
  await expect.poll(() => reads, { interval: 5 }).toContain('list-executors');
  for (const read of Object.values(LOOKS)) expect(reads).not.toContain(read);
  answer();
  await expect.poll(() => reads, { interval: 5 }).toEqual(expect.arrayContaining(Object.values(LOOKS)));
});

function waiting(burst: { over(): Promise<void> }): { over: Promise<void>; isOver(): boolean } {
  let isOver = false;
  const over = burst.over().then(() => {
    isOver = true;
  });
  return { over, isOver: () => isOver };
}

/** Whether somebody who asks now would have to wait. */
async function isOn(burst: { over(): Promise<void> }): Promise<boolean> {
  const { isOver } = waiting(burst);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  return !isOver();
}
