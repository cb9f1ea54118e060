import { afterEach, expect, test } from 'vitest';
import { defineHandler, type ExecutorOptions } from '../../executor/index.ts';
import { enqueueOutbox, wakeOutbox } from '../../executor/node/outbox.ts';
import { countMessages } from '../../executor/node/outbox-queries.ts';
import { nodeMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type FakeScheduler, type SchedulerMood, startFakeScheduler } from '../support/fake-scheduler.ts';
import { freePort } from '../support/free-port.ts';
import { givenExecutor, removeDir, runRequest, TEST_TOKEN } from '../support/given-executor.ts';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function givenStore(): Promise<SqlStore> {
  const store = await openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger: silentLogger });
  await migrate(store, nodeMigrations, { logger: silentLogger, component: 'executor' });
  cleanUp.push(() => store.close());
  return store;
}

async function givenScheduler(options: { port?: number; mood?: SchedulerMood } = {}): Promise<FakeScheduler> {
  const scheduler = await startFakeScheduler(options);
  cleanUp.push(() => scheduler.stop());
  return scheduler;
}

async function givenNode(store: SqlStore, schedulers: readonly string[], more: Partial<ExecutorOptions> = {}) {
  const executor = await givenExecutor({
    schedulers,
    store,
    // A stall of the machine must not pass for silence: what is answered late would be told twice.
    schedulerTimeoutMs: 60_000,
    handlers: [defineHandler('work', async () => 'done')],
    ...more,
  });
  cleanUp.push(async () => {
    await executor.stop();
    await removeDir(executor.dataDir);
  });
  return executor;
}

const emptied = async (store: SqlStore): Promise<void> => {
  while ((await countMessages(store)) > 0) await systemRuntime().sleep(5);
};

test.each<SchedulerMood>([
  'lose-answer',
  'silent',
  'http-500',
  'refuse',
])('a scheduler that is "%s" is told again until it acknowledges', async (mood) => {
  const store = await givenStore();
  const scheduler = await givenScheduler();
  const executor = await givenNode(store, [scheduler.url], mood === 'silent' ? { schedulerTimeoutMs: 200 } : {});
  scheduler.mood = mood;
  const { logId } = runRequest();
  await executor.ask('/run', runRequest({ logId }));
  await scheduler.until((it) => it.callbacks().length >= 2);
  expect(await countMessages(store)).toBe(1);
  scheduler.mood = 'ok';
  await scheduler.until((it) => it.callbacks('acknowledged').length === 1);
  await emptied(store);
  const results = new Set(scheduler.callbacks().map((callback) => JSON.stringify(callback)));
  expect(results.size).toBe(1);
  // With so little patience an acknowledgement, too, may come late.
  if (mood !== 'silent') expect(scheduler.callbacks('acknowledged')).toHaveLength(1);
});

test('a scheduler that is down is told when it is back, without the executor being restarted', async () => {
  const store = await givenStore();
  const port = await freePort();
  const first = await startFakeScheduler({ port });
  const executor = await givenNode(store, [first.url]);
  await first.stop();
  await executor.ask('/run', runRequest());
  while ((await countMessages(store)) === 0) await systemRuntime().sleep(5);
  const back = await givenScheduler({ port });
  await back.until((it) => it.callbacks('acknowledged').length === 1);
  await emptied(store);
});

test('the second scheduler is told when the first is down, and registers the node', async () => {
  const store = await givenStore();
  const dead = await startFakeScheduler();
  await dead.stop();
  const alive = await givenScheduler();
  const executor = await givenNode(store, [dead.url, alive.url]);
  await executor.ask('/run', runRequest());
  await alive.until((it) => it.callbacks().length === 1 && it.told.some((message) => message.verb === 'registry'));
});

test('a peer that takes only objects gets {callbackList}, and from then on at once', async () => {
  const store = await givenStore();
  const scheduler = await givenScheduler({ mood: 'objects-only' });
  const executor = await givenNode(store, [scheduler.url]);
  await executor.ask('/run', runRequest());
  await scheduler.until((it) => it.callbacks('acknowledged').length === 1);
  await executor.ask('/run', runRequest());
  await scheduler.until((it) => it.callbacks('acknowledged').length === 2);
  const told = scheduler.told.filter((message) => message.verb === 'callback');
  // Whether the first one went out as a list depends on whether the registration was answered before it.
  const shapes = told.map(({ body, acknowledged }) => `${Array.isArray(body) ? 'list' : 'object'} ${acknowledged}`);
  expect(shapes.slice(-2)).toEqual(['object true', 'object true']);
  expect(shapes.filter((shape) => shape === 'list false').length).toBeLessThanOrEqual(1);
});

test('a message is written once per fact and is gone with the transaction that wrote it', async () => {
  const store = await givenStore();
  const message = { kind: 'slice-settled', dedupKey: '5:0', body: { runId: 5, sliceNo: 0, totals: [] } } as const;
  await store.transaction('settle', async (tx) => {
    await enqueueOutbox(tx, message);
    await enqueueOutbox(tx, message);
  });
  await expect(
    store.transaction('settle', async (tx) => {
      await enqueueOutbox(tx, { ...message, dedupKey: '5:1' });
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await countMessages(store)).toBe(1);
});

test('settled slices go in batches of 200, manifests one by one, and both at once after a wake-up', async () => {
  const store = await givenStore();
  const scheduler = await givenScheduler();
  await store.transaction('freeze', async (tx) => {
    for (const runId of [5, 6]) {
      await enqueueOutbox(tx, {
        kind: 'run-manifest',
        dedupKey: `${runId}`,
        body: { runId, sliceCount: 250, totals: [] },
      });
    }
    for (let sliceNo = 0; sliceNo < 250; sliceNo++) {
      await enqueueOutbox(tx, {
        kind: 'slice-settled',
        dedupKey: `5:${sliceNo}`,
        body: { runId: 5, sliceNo, totals: [] },
      });
    }
  });
  await givenNode(store, [scheduler.url]);
  wakeOutbox(store);
  await emptied(store);
  const bodies = (verb: string) => scheduler.told.filter((told) => told.verb === verb).map((told) => told.body);
  expect(bodies('run-manifest')).toEqual([5, 6].map((runId) => ({ runId, sliceCount: 250, totals: [] })));
  const sizes = bodies('slices-settled').map((body) => (body as { slices: unknown[] }).slices.length);
  expect(sizes).toEqual([200, 50]);
});

test('executors of two groups on one store each tell their own results, with their own token', async () => {
  const store = await givenStore();
  const scheduler = await givenScheduler();
  const tokens = { orders: TEST_TOKEN, money: 'f0e1d2c3b4a5968778695a4b3c2d1e0f' };
  const nodes = [];
  for (const [appname, accessToken] of Object.entries(tokens)) {
    nodes.push({ appname, accessToken, executor: await givenNode(store, [scheduler.url], { appname, accessToken }) });
  }
  // As a scheduler does: a result that comes with the token of another group is not taken.
  const sent: { logId: number; appname: string }[] = [];
  for (const { appname, accessToken, executor } of nodes) {
    for (let n = 0; n < 5; n++) {
      const request = runRequest();
      sent.push({ logId: request.logId, appname });
      await executor.ask('/run', request, { 'xxl-job-access-token': accessToken });
    }
  }
  await emptied(store);
  const told = scheduler.told
    .filter(({ verb }) => verb === 'callback')
    .flatMap(({ headers, body }) => {
      const list = (Array.isArray(body) ? body : (body as { callbackList: unknown }).callbackList) as {
        logId: number;
      }[];
      return list.map(({ logId }) => ({ logId, appname: String(headers['xxl-job-appname']) }));
    });
  expect(told.sort((a, b) => a.logId - b.logId)).toEqual(sent);
});

test('what lies there for nobody in particular is told once, though two senders look', async () => {
  const store = await givenStore();
  const scheduler = await givenScheduler();
  await givenNode(store, [scheduler.url]);
  await givenNode(store, [scheduler.url], { appname: 'money' });
  for (let sliceNo = 0; sliceNo < 30; sliceNo++) {
    await store.transaction('settle', (tx) =>
      enqueueOutbox(tx, { kind: 'slice-settled', dedupKey: `5:${sliceNo}`, body: { runId: 5, sliceNo, totals: [] } }),
    );
    wakeOutbox(store);
  }
  await emptied(store);
  const told = scheduler.told
    .filter(({ verb }) => verb === 'slices-settled')
    .flatMap(({ body }) => (body as { slices: { sliceNo: number }[] }).slices.map(({ sliceNo }) => sliceNo));
  expect(told.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, at) => at));
});

test('a message that the scheduler never takes holds up only itself', async () => {
  const store = await givenStore();
  const scheduler = await givenScheduler();
  scheduler.refuses = (body) => JSON.stringify(body).includes('"sliceNo":0,');
  await store.transaction('settle', async (tx) => {
    for (let sliceNo = 0; sliceNo < 20; sliceNo++) {
      await enqueueOutbox(tx, {
        kind: 'slice-settled',
        dedupKey: `5:${sliceNo}`,
        body: { runId: 5, sliceNo, totals: [] },
      });
    }
  });
  await givenNode(store, [scheduler.url]);
  while ((await countMessages(store)) > 1) await systemRuntime().sleep(5);
  scheduler.refuses = () => false;
  await emptied(store);
});

test('a node that stops tells its results before it signs off, though the scheduler is slow to take them', async () => {
  const store = await givenStore();
  const scheduler = await givenScheduler();
  const executor = await givenNode(store, [scheduler.url]);
  await scheduler.until((it) => it.told.some((message) => message.verb === 'registry'));
  scheduler.mood = 'refuse';
  await executor.ask('/run', runRequest());
  await scheduler.until((it) => it.callbacks().length === 1);
  const stopped = executor.stop();
  await scheduler.until((it) => it.callbacks().length === 3);
  scheduler.mood = 'ok';
  await stopped;
  expect(scheduler.callbacks('acknowledged')).toHaveLength(1);
  expect(scheduler.told.at(-1)).toMatchObject({ verb: 'registryRemove', acknowledged: true });
});

test('executors that share a store share one sender', async () => {
  const store = await givenStore();
  const scheduler = await givenScheduler();
  const executors = [await givenNode(store, [scheduler.url]), await givenNode(store, [scheduler.url])];
  for (const executor of executors) await executor.ask('/run', runRequest());
  await scheduler.until((it) => it.callbacks().length === 2);
  await executors[0]?.stop();
  await executors[1]?.ask('/run', runRequest());
  await scheduler.until((it) => it.callbacks().length === 3);
});

test('what follows a settlement is called until it succeeds, and one failure does not hold up the others', async () => {
  const store = await givenStore();
  const scheduler = await givenScheduler();
  const calls: unknown[] = [];
  await store.transaction('settle', async (tx) => {
    for (const item of ['bad', 'good'])
      await enqueueOutbox(tx, { kind: 'after-settled', dedupKey: item, body: { item } });
  });
  await givenNode(store, [scheduler.url], {
    async afterSettled(body) {
      calls.push((body as { item: string }).item);
      if (calls.length === 1) throw new Error('the mail server is away');
    },
  });
  await emptied(store);
  expect(calls).toEqual(['bad', 'good', 'bad']);
});
