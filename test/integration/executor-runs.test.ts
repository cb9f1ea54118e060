import { afterEach, describe, expect, test } from 'vitest';
import { defineHandler, type HandlerContext } from '../../executor/index.ts';
import { type FakeScheduler, startFakeScheduler } from '../support/fake-scheduler.ts';
import { type GivenExecutor, gate, givenExecutor, removeDir, runRequest } from '../support/given-executor.ts';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

/** One executor whose handler 'work' waits for the test, and says when it began. */
async function given(options: { slots?: number; queueMax?: number; stopGraceMs?: number } = {}) {
  const scheduler = await startFakeScheduler();
  const begun: number[] = [];
  const gates = new Map<number, ReturnType<typeof gate>>();
  const gateOf = (logId: number) => {
    const known = gates.get(logId) ?? gate();
    gates.set(logId, known);
    return known;
  };
  const onBegun = new Set<() => void>();
  const work = async (ctx: HandlerContext, heeds: boolean) => {
    begun.push(ctx.logId);
    for (const look of onBegun) look();
    const stopped = new Promise<never>((_, reject) => {
      if (heeds) ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
    });
    await Promise.race([gateOf(ctx.logId).passed, stopped]);
    return { logId: ctx.logId };
  };
  const executor = await givenExecutor({
    schedulers: [scheduler.url],
    handlers: [
      defineHandler('work', (ctx) => work(ctx, true)),
      defineHandler('deaf', (ctx) => work(ctx, false)),
      defineHandler('fail', async () => {
        throw Object.assign(new Error('the file is cut'), { code: 'PLAN_FILE_REFUSED' });
      }),
      defineHandler('early', async (ctx) => {
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
        return { done: 3 };
      }),
      defineHandler('bigint', async () => ({ sum: 1n }) as never),
    ],
    ...options,
  });
  cleanUp.push(
    () => scheduler.stop(),
    () => removeDir(executor.dataDir),
    async () => {
      for (const one of gates.values()) one.open();
      await executor.stop();
    },
  );
  return {
    scheduler,
    executor,
    begun,
    finish: (logId: number) => gateOf(logId).open(),
    untilBegun: (logId: number) =>
      new Promise<void>((resolve) => {
        const look = () => void (begun.includes(logId) && resolve());
        onBegun.add(look);
        look();
      }),
    run: (differing: Parameters<typeof runRequest>[0] = {}) => sendRun(executor, differing),
    outcome: (logId: number) => outcomeOf(scheduler, logId),
  };
}

async function sendRun(executor: GivenExecutor, differing: Parameters<typeof runRequest>[0]) {
  const request = runRequest(differing);
  return { ...request, ...(await executor.ask('/run', request)) };
}

async function outcomeOf(scheduler: FakeScheduler, logId: number) {
  await scheduler.until((it) => it.callbacks().some((callback) => callback.logId === logId));
  const { handleCode, handleMsg, result } = scheduler.callbacks().find((callback) => callback.logId === logId) ?? {};
  return { handleCode, handleMsg, result };
}

describe('the same logId again', () => {
  test('while it runs, waits or after its end is answered 200 and runs once', async () => {
    const it = await given();
    const first = await it.run();
    const second = await it.run({ jobId: first.jobId });
    const again = async (request: typeof first) => (await it.executor.ask('/trigger', request)).code;
    expect([await again(first), await again(second)]).toEqual([200, 200]);
    it.finish(first.logId);
    it.finish(second.logId);
    await it.outcome(second.logId);
    expect(await again(first)).toBe(200);
    expect(it.begun).toEqual([first.logId, second.logId]);
  });

  test('ten times at once runs once', async () => {
    const it = await given();
    const request = runRequest();
    const codes = await Promise.all(
      Array.from({ length: 10 }, async () => (await it.executor.ask('/run', request)).code),
    );
    expect(codes).toEqual(Array(10).fill(200));
    it.finish(request.logId);
    await it.outcome(request.logId);
    expect(it.begun).toEqual([request.logId]);
  });

  test('after its end has its stored result told again', async () => {
    const it = await given();
    const first = await it.run();
    it.finish(first.logId);
    const told = await it.outcome(first.logId);
    await it.executor.ask('/run', first);
    await it.scheduler.until((scheduler) => scheduler.callbacks().length === 2);
    expect(it.scheduler.callbacks().map((callback) => callback.result)).toEqual([told.result, told.result]);
  });

  test('under another job is refused: it counts in another store', async () => {
    const it = await given();
    const first = await it.run();
    const answer = await it.executor.ask('/run', { ...first, jobId: 8, runId: 5 });
    expect(answer).toMatchObject({
      code: 500,
      msg: expect.stringContaining(`logId ${first.logId} belongs to another run`),
    });
  });
});

describe('block strategies', () => {
  test('runs of one job go one after another, and other jobs pass by', async () => {
    const it = await given();
    const first = await it.run();
    const second = await it.run();
    const other = await it.run({ jobId: 8 });
    await it.untilBegun(other.logId);
    expect(it.begun).toEqual([first.logId, other.logId]);
    it.finish(first.logId);
    await it.untilBegun(second.logId);
  });

  test('an heir runs two shards of one run side by side, whatever the strategy', async () => {
    for (const executorBlockStrategy of ['SERIAL_EXECUTION', 'DISCARD_LATER', 'COVER_EARLY']) {
      const it = await given();
      const own = await it.run({ runId: 5, broadcastIndex: 0, broadcastTotal: 3, executorBlockStrategy });
      const inherited = await it.run({ runId: 5, broadcastIndex: 2, broadcastTotal: 3, executorBlockStrategy });
      await it.untilBegun(inherited.logId);
      expect(it.executor.running().map((attempt) => attempt.logId)).toEqual([own.logId, inherited.logId]);
    }
  });

  test('a second attempt at a shard waits for the first one to leave', async () => {
    const it = await given();
    const first = await it.run({ runId: 5, attempt: 1 });
    const second = await it.run({ runId: 5, attempt: 2 });
    expect(it.executor.running().map((attempt) => attempt.state)).toEqual(['running', 'queued']);
    it.finish(first.logId);
    await it.untilBegun(second.logId);
  });

  test('DISCARD_LATER refuses while the job runs here', async () => {
    const it = await given();
    await it.run();
    const later = await it.run({ executorBlockStrategy: 'DISCARD_LATER' });
    expect(later).toMatchObject({ code: 500, msg: 'block strategy effect：Discard Later' });
  });

  test('COVER_EARLY ends what runs and what waits, then begins', async () => {
    const it = await given();
    const [running, queued] = [await it.run(), await it.run()];
    const covering = await it.run({ executorBlockStrategy: 'COVER_EARLY' });
    await it.untilBegun(covering.logId);
    expect((await it.outcome(running.logId)).handleMsg).toBe(
      'block strategy effect：Cover Early [job running, killed]',
    );
    expect((await it.outcome(queued.logId)).handleMsg).toBe(
      'block strategy effect：Cover Early [job not executed, in the job queue, killed.]',
    );
    expect(it.begun).toEqual([running.logId, covering.logId]);
  });

  test('no more attempts run at a time than there are slots, in order of arrival', async () => {
    const it = await given({ slots: 2 });
    const jobs = [];
    for (let jobId = 1; jobId <= 4; jobId++) jobs.push(await it.run({ jobId }));
    expect(it.executor.running().map((attempt) => attempt.state)).toEqual(['running', 'running', 'queued', 'queued']);
    for (const job of jobs) it.finish(job.logId);
    await it.outcome(jobs[3]?.logId ?? 0);
    expect(it.begun).toEqual(jobs.map((job) => job.logId));
  });

  test('a full queue refuses', async () => {
    const it = await given({ slots: 1, queueMax: 1 });
    await it.run();
    expect((await it.run()).code).toBe(200);
    expect(await it.run()).toMatchObject({
      code: 500,
      msg: expect.stringContaining('1 attempts are waiting here already'),
      busy: true,
    });
  });

  test('a full queue has room for what goes into a free slot, of one message too', async () => {
    const it = await given({ slots: 2, queueMax: 1 });
    const requests = [1, 2, 3, 4].map(() => runRequest({ executorBlockStrategy: 'PARALLEL' }));
    const { data } = await it.executor.ask('/runs', { requests });
    expect((data as { code: number; busy?: true }[]).map(({ code, busy = false }) => [code, busy])).toEqual([
      [200, false],
      [200, false],
      [200, false],
      [500, true],
    ]);
  });

  test('a full queue turns nobody away that has been here: what has ended is told once more', async () => {
    const it = await given({ slots: 1, queueMax: 1 });
    const first = runRequest();
    await it.executor.ask('/run', first);
    it.finish(first.logId);
    await it.outcome(first.logId);
    const told = it.scheduler.callbacks().length;
    await it.run({ jobId: 8 });
    await it.run({ jobId: 9 });
    expect((await it.run({ jobId: 10 })).code).toBe(500);
    expect((await it.executor.ask('/run', first)).code).toBe(200);
    await it.scheduler.until((scheduler) => scheduler.callbacks().length > told);
    expect(it.scheduler.callbacks().at(-1)).toMatchObject({ logId: first.logId, handleCode: 200 });
  });
});

describe('outcomes', () => {
  test('what a handler returns is the result', async () => {
    const it = await given();
    const { logId } = await it.run();
    it.finish(logId);
    expect(await it.outcome(logId)).toEqual({
      handleCode: 200,
      handleMsg: `{"logId":${logId}}`,
      result: `{"logId":${logId}}`,
    });
  });

  test('an error is 500 with its code and message, its stack in the run log', async () => {
    const it = await given();
    const failing = await it.run({ executorHandler: 'fail' });
    expect(await it.outcome(failing.logId)).toEqual({
      handleCode: 500,
      handleMsg: 'PLAN_FILE_REFUSED: the file is cut',
      result: '{"error":{"code":"PLAN_FILE_REFUSED","message":"the file is cut"}}',
    });
    const log = await it.executor.ask('/log', { logId: failing.logId, fromLineNum: 1 });
    expect((log.data as { logContent: string }).logContent).toMatch(
      /ERROR Error: the file is cut\n.*ERROR {5}at .*executor-runs/,
    );
  });

  test('a result that JSON cannot hold fails in words', async () => {
    const it = await given();
    const { logId } = await it.run({ executorHandler: 'bigint' });
    expect(await it.outcome(logId)).toMatchObject({
      handleCode: 500,
      handleMsg: 'the handler returned a value that JSON cannot hold',
    });
  });

  test('the time limit of the job ends it with 502', async () => {
    const it = await given();
    const { logId } = await it.run({ executorTimeout: 1 });
    expect(await it.outcome(logId)).toMatchObject({ handleCode: 502, handleMsg: 'job execute timeout ' });
  });

  test('kill by job ends what runs and what waits; by logId only that one', async () => {
    const it = await given();
    const [running, queued, other] = [await it.run(), await it.run(), await it.run({ jobId: 9 })];
    await it.executor.ask('/kill', { jobId: 9, logId: running.logId });
    expect(it.executor.running()).toHaveLength(3);
    await it.executor.ask('/kill', { jobId: 9, logId: other.logId });
    expect(await it.outcome(other.logId)).toMatchObject({
      handleCode: 500,
      handleMsg: 'scheduling center kill job. [job running, killed]',
    });
    await it.executor.ask('/kill', { jobId: 7 });
    expect(await it.outcome(running.logId)).toMatchObject({ handleCode: 500 });
    expect((await it.outcome(queued.logId)).handleMsg).toMatch(/in the job queue, killed\.\]$/);
    expect(it.begun).not.toContain(queued.logId);
  });

  test('a handler that heeds the kill by returning early did not succeed, and its result is kept', async () => {
    const it = await given();
    const { logId, jobId } = await it.run({ executorHandler: 'early' });
    await it.executor.ask('/kill', { jobId });
    expect(await it.outcome(logId)).toMatchObject({ handleCode: 500, result: '{"done":3}' });
  });

  test('a handler that ignores its signal is reported after the grace, and the next run waits until it is gone', async () => {
    const it = await given({ stopGraceMs: 20 });
    const deaf = await it.run({ executorHandler: 'deaf' });
    const next = await it.run();
    await it.executor.ask('/kill', { jobId: 7, logId: deaf.logId });
    expect((await it.outcome(deaf.logId)).handleMsg).toMatch(
      /did not stop within 20 ms of being told; it may still be running/,
    );
    expect(it.begun).toEqual([deaf.logId]);
    it.finish(deaf.logId);
    await it.untilBegun(next.logId);
  });
});

describe('a slot', () => {
  test('says what its attempt is at, and since when', async () => {
    const it = await given();
    const { logId, jobId } = await it.run();
    const queued = await it.run();
    await it.untilBegun(logId);
    const shown = () => it.executor.running().map((attempt) => [attempt.logId, attempt.state]);
    expect(shown()).toEqual([
      [logId, 'running'],
      [queued.logId, 'queued'],
    ]);
    for (const { sinceAtMs } of it.executor.running()) expect(Math.abs(Date.now() - sinceAtMs)).toBeLessThan(60_000);
    const deaf = await it.run({ executorHandler: 'deaf', jobId: jobId + 1 });
    await it.untilBegun(deaf.logId);
    await it.executor.ask('/kill', { jobId: deaf.jobId });
    expect(shown().at(-1)).toEqual([deaf.logId, 'stopping']);
  });

  test('whose handler ignores its signal is stuck; the others go on, and what it returns late counts for nothing', async () => {
    const it = await given({ slots: 2, stopGraceMs: 20 });
    const deaf = await it.run({ executorHandler: 'deaf', jobId: 8 });
    await it.untilBegun(deaf.logId);
    await it.executor.ask('/kill', { jobId: 8 });
    expect((await it.outcome(deaf.logId)).handleCode).toBe(500);
    const stuck = async () => ({
      shown: it.executor.running().map(({ state }) => state),
      health: await (await fetch(`${it.executor.address}health`)).json(),
      metric: /^daybreak_executor_slots_stuck (\d)$/m.exec((await it.executor.metrics.scrape()).body)?.[1],
    });
    expect(await stuck()).toEqual({ shown: ['stuck'], health: { status: 'up', stuck: 1 }, metric: '1' });

    const other = await it.run();
    it.finish(other.logId);
    expect((await it.outcome(other.logId)).handleCode).toBe(200);

    it.finish(deaf.logId);
    const next = await it.run({ jobId: 8 });
    await it.untilBegun(next.logId);
    it.finish(next.logId);
    await it.outcome(next.logId);
    expect(await stuck()).toMatchObject({ health: { status: 'up' }, metric: '0' });
    await it.executor.ask('/run', deaf);
    await it.scheduler.until((told) => told.callbacks().filter(({ logId }) => logId === deaf.logId).length === 2);
    const told = it.scheduler.callbacks().filter(({ logId }) => logId === deaf.logId);
    expect(told.map(({ handleCode }) => handleCode)).toEqual([500, 500]);
  });
});

describe('draining', () => {
  test('destroys the handlers after the last attempt, though it is stuck, and within its deadline', async () => {
    const order: string[] = [];
    const scheduler = await startFakeScheduler();
    const hung = gate();
    const hooked = (name: string, work: (ctx: HandlerContext) => Promise<void>) =>
      defineHandler({
        name,
        init: () => void order.push(`${name} opens`),
        run: work,
        destroy: () => void order.push(`${name} closes`),
      });
    const executor = await givenExecutor({
      schedulers: [scheduler.url],
      stopGraceMs: 20,
      handlers: [
        hooked('work', async (ctx) => {
          await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
          order.push('work ends');
        }),
        hooked('deaf', () => hung.passed),
        hooked('unused', async () => undefined),
      ],
    });
    cleanUp.push(
      () => scheduler.stop(),
      () => removeDir(executor.dataDir),
      async () => {
        hung.open();
        await executor.stop();
      },
    );
    const [work, deaf] = [await sendRun(executor, {}), await sendRun(executor, { executorHandler: 'deaf', jobId: 8 })];
    await executor.drain({ deadlineMs: 10 });
    expect(await outcomeOf(scheduler, work.logId)).toMatchObject({ handleCode: 500 });
    expect(await outcomeOf(scheduler, deaf.logId)).toMatchObject({ handleCode: 500 });
    expect(order).toEqual(['work opens', 'deaf opens', 'work ends', 'work closes']);
  });

  test('takes nothing new, gives back what waits, lets what runs end, and signs off after the results', async () => {
    const it = await given();
    const [running, queued] = [await it.run(), await it.run()];
    const drained = it.executor.drain({ deadlineMs: 30_000 });
    expect((await it.run({ jobId: 9 })).msg).toMatch(/is stopping and takes no new runs/);
    expect((await fetch(`${it.executor.address}health`)).status).toBe(503);
    expect((await it.outcome(queued.logId)).handleMsg).toMatch(
      /^web container destroy and kill the job\. \[job not executed/,
    );
    it.finish(running.logId);
    await drained;
    await it.executor.stop();
    expect(await it.outcome(running.logId)).toMatchObject({ handleCode: 200 });
    const verbs = it.scheduler.told.map((message) => message.verb);
    expect(verbs.lastIndexOf('callback')).toBeLessThan(verbs.indexOf('registryRemove'));
    expect(verbs.at(-1)).toBe('registryRemove');
  });

  test('what still runs at the deadline is told to stop', async () => {
    const it = await given();
    const { logId } = await it.run();
    await it.untilBegun(logId);
    await it.executor.drain({ deadlineMs: 10 });
    expect(await it.outcome(logId)).toMatchObject({
      handleCode: 500,
      handleMsg: 'web container destroy and kill the job. [job running, killed]',
    });
  });
});
