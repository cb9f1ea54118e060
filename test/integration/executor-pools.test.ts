import { expect, onTestFinished, test } from 'vitest';
import { createExecutor, defineHandler, type ExecutorOptions, type HandlerContext } from '../../executor/index.ts';
import { silentLogger } from '../../shared/logger.ts';
import { startFakeScheduler } from '../support/fake-scheduler.ts';
import { freePort } from '../support/free-port.ts';
import { gate, givenExecutor, removeDir, runRequest, TEST_TOKEN, tempDir } from '../support/given-executor.ts';
import { until } from '../support/given-line.ts';

async function given(options: Partial<ExecutorOptions>) {
  const scheduler = await startFakeScheduler();
  const waiting = gate();
  const began: string[] = [];
  const work = async (ctx: HandlerContext) => {
    began.push(`${ctx.param}`);
    await waiting.passed;
  };
  const handlers = [defineHandler('slow', work), defineHandler('quick', async (ctx) => void began.push(ctx.param))];
  const executor = await givenExecutor({ schedulers: [scheduler.url], handlers, ...options });
  onTestFinished(async () => {
    waiting.open();
    await executor.stop();
    await scheduler.stop();
    await removeDir(executor.dataDir);
  });
  const run = (executorHandler: string, executorParams: string, jobId: number) =>
    executor.ask('/run', runRequest({ executorHandler, executorParams, jobId, executorBlockStrategy: 'PARALLEL' }));
  return { executor, scheduler, began, run };
}

test('a slow handler with a pool of its own takes no slot of the others, and is refused beyond its own queue', async () => {
  const it = await given({ slots: 1, pools: { slow: { handlers: ['slow'], slots: 1, queueMax: 1 } } });
  expect(await it.run('slow', 'a', 1)).toMatchObject({ code: 200 });
  expect(await it.run('slow', 'b', 2)).toMatchObject({ code: 200 });
  expect(await it.run('slow', 'c', 3)).toMatchObject({
    code: 500,
    msg: '1 attempts are waiting here already: send it to another executor or later',
  });
  for (const [at, param] of ['x', 'y', 'z'].entries()) await it.run('quick', param, 10 + at);
  await until(() => ['x', 'y', 'z'].every((param) => it.began.includes(param)));
  expect(it.began).toContain('a');
  expect(it.began).not.toContain('b');
});

test('no job takes more slots than it may', async () => {
  const it = await given({ slots: 3, slotsPerJob: 1 });
  await it.run('slow', 'a', 1);
  await it.run('slow', 'b', 1);
  await it.run('slow', 'c', 2);
  await until(() => it.began.includes('c'));
  expect(it.began).toEqual(['a', 'c']);
});

test('a node is ready while it is registered, has its store and does not drain, and says why it is not', async () => {
  const scheduler = await startFakeScheduler({ mood: 'refuse' });
  const [dataDir, port] = [await tempDir(), await freePort()];
  const executor = createExecutor({
    appname: 'orders',
    schedulers: [scheduler.url],
    accessToken: TEST_TOKEN,
    handlers: [],
    port,
    dataDir,
    heartbeatIntervalMs: 100,
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await executor.stop();
    await scheduler.stop();
    await removeDir(dataDir);
  });
  await executor.start();
  const page = async (path: string) => {
    const response = await fetch(`${executor.address}health/${path}`);
    return (await response.json()) as { status: string; reasons?: string[] };
  };
  expect(await page('live')).toEqual({ status: 'live' });
  expect(await page('ready')).toEqual({
    status: 'not ready',
    reasons: ['registered: no scheduler has acknowledged it'],
  });
  scheduler.mood = 'ok';
  await until(async () => (await page('ready')).status === 'ready');
  await executor.drain({ deadlineMs: 1_000 });
  expect(await page('ready')).toMatchObject({ reasons: ['draining: it takes no new runs'] });
  expect((await fetch(`${executor.address}health/ready`)).status).toBe(503);
  expect((await fetch(`${executor.address}health/live`)).status).toBe(200);
});
