import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ExecutorOptions, workerHandler } from '../../executor/index.ts';
import { startFakeScheduler } from '../support/fake-scheduler.ts';
import { freePort } from '../support/free-port.ts';
import { askExecutor, givenExecutor, removeDir, runRequest, TEST_TOKEN, tempDir } from '../support/given-executor.ts';
import { until } from '../support/given-line.ts';

const PROGRAM = fileURLToPath(new URL('./processes/line-process.ts', import.meta.url));
const MODULE = new URL('./processes/worker-module.ts', import.meta.url);

/** An executor with two worker processes. */
async function given(options: Partial<ExecutorOptions> = {}) {
  const scheduler = await startFakeScheduler();
  const dir = await tempDir();
  onTestFinished(async () => {
    await scheduler.stop();
    await removeDir(dir);
  });
  const every = ['count', 'wait', 'hang', 'die', 'die-always', 'fail'].map((name) =>
    workerHandler({ name, spread: 'every' }),
  );
  const executor = await givenExecutor({
    schedulers: [scheduler.url],
    handlers: every,
    processes: 2,
    workerModule: MODULE,
    workerConfig: { dir },
    dataDir: dir,
    heartbeatIntervalMs: 100,
    ...options,
  });
  onTestFinished(() => executor.stop());
  const trace = async () => (await readFile(`${dir}/trace.txt`, 'utf8').catch(() => '')).trim().split('\n');
  return {
    scheduler,
    executor,
    dir,
    trace,
    async run(executorHandler: string, differing: object = {}) {
      const request = runRequest({ executorHandler, ...differing });
      expect(await executor.ask('/run', request)).toMatchObject({ code: 200 });
      return request;
    },
    async outcome(logId: number) {
      await scheduler.until((it) => it.callbacks().some((callback) => callback.logId === logId));
      const told = scheduler.callbacks().find((callback) => callback.logId === logId);
      return { code: told?.handleCode, msg: told?.handleMsg, result: JSON.parse(told?.result ?? 'null') as unknown };
    },
  };
}

describe('an executor with worker processes', () => {
  test('works one attempt in all of them, adds up the results, and has one log', async () => {
    const it = await given();
    const { logId, logDateTime } = await it.run('count', { broadcastIndex: 1, broadcastTotal: 2 });
    expect(await it.outcome(logId)).toMatchObject({ code: 200, result: { parts: 2, rows: 3 } });
    const page = await it.executor.ask('/log', { logId, logDateTim: logDateTime, fromLineNum: 1 });
    const { logContent } = page.data as { logContent: string };
    expect(logContent).toContain('part 0 of 2, shard 1');
    expect(logContent).toContain('part 1 of 2, shard 1');
    expect((await it.trace()).filter((line) => line.startsWith('count')).sort()).toEqual([
      `count ${logId} 0`,
      `count ${logId} 1`,
    ]);
  });

  test('runs what is run once per run, and what is marked so, in one of them', async () => {
    const it = await given({
      handlers: [workerHandler({ name: 'count' }), workerHandler({ name: 'wait', spread: 'every' })],
    });
    const plain = await it.run('count');
    expect(await it.outcome(plain.logId)).toMatchObject({ result: { parts: 1 } });
    const whole = await given();
    const hook = await whole.run('count', { phase: 'before' });
    expect(await whole.outcome(hook.logId)).toMatchObject({ result: { parts: 1 } });
  });

  test('spreads those attempts over all of them', async () => {
    const it = await given({ handlers: [workerHandler({ name: 'wait' })] });
    const requests = [await it.run('wait', { jobId: 1 }), await it.run('wait', { jobId: 2 })];
    await until(async () => (await it.trace()).filter((line) => line.startsWith('wait')).length === 2);
    const places = (await it.trace()).filter((line) => line.startsWith('wait')).map((line) => line.split(' ')[2]);
    expect(places.sort()).toEqual(['0', '1']);
    for (const { jobId, logId } of requests) await it.executor.ask('/kill', { jobId, logId });
  });

  test('tells all of them to stop', async () => {
    const it = await given();
    const { jobId, logId } = await it.run('wait');
    await until(async () => (await it.trace()).filter((line) => line.startsWith('wait')).length === 2);
    await it.executor.ask('/kill', { jobId, logId });
    expect(await it.outcome(logId)).toMatchObject({
      code: 500,
      msg: 'scheduling center kill job. [job running, killed]',
    });
  });

  test('a hang in one holds up neither heartbeats nor the others, and a kill ends it', async () => {
    const it = await given();
    const { jobId, logId } = await it.run('hang');
    await until(async () => (await it.trace()).filter((line) => line.startsWith('hang')).length === 2);
    const beats = () => it.scheduler.told.filter(({ verb }) => verb === 'registry').length;
    const before = beats();
    await it.scheduler.until(() => beats() >= before + 3);
    await writeFile(`${it.dir}/go`, '');
    await it.executor.ask('/kill', { jobId, logId });
    expect(await it.outcome(logId)).toMatchObject({
      code: 500,
      msg: expect.stringContaining('its process was ended by force'),
    });
    const next = await it.run('count');
    expect(await it.outcome(next.logId)).toMatchObject({ result: { parts: 2 } });
    expect(await metric(it.executor.address, 'daybreak_executor_worker_restarts_total')).toBe(1);
  });

  test('a worker that dies is forked anew, and its part begun anew', async () => {
    const it = await given();
    const { logId } = await it.run('die');
    expect(await it.outcome(logId)).toMatchObject({ code: 200, result: { parts: 2 } });
    const parts = (await it.trace())
      .filter((line) => line.startsWith(`die ${logId}`))
      .map((line) => line.split(' ')[2]);
    expect(parts.sort()).toEqual(['0', '0', '1']);
  });

  test('a part that always ends with its process fails the attempt, so that the scheduler decides', async () => {
    const it = await given();
    const { logId } = await it.run('die-always');
    expect(await it.outcome(logId)).toMatchObject({
      code: 500,
      result: { error: { code: 'HANDLER_CRASHED' } },
    });
  }, 120_000);

  test('a part that fails fails the attempt with its own error, after the others have ended', async () => {
    const it = await given();
    const { logId } = await it.run('fail');
    expect(await it.outcome(logId)).toMatchObject({
      code: 500,
      msg: 'PLAN_FILE_REFUSED: the file is cut',
      result: { error: { code: 'PLAN_FILE_REFUSED' } },
    });
  });

  test('shows the sum of what they count', async () => {
    const it = await given();
    for (let n = 0; n < 3; n++) await it.outcome((await it.run('count')).logId);
    expect(await metric(it.executor.address, 'daybreak_test_parts_total')).toBe(6);
    expect(await metric(it.executor.address, 'daybreak_executor_worker_processes')).toBe(2);
  });

  test('closes them when it stops', async () => {
    const it = await given();
    await it.executor.stop();
    expect((await it.trace()).filter((line) => line.startsWith('close')).sort()).toEqual(['close 0', 'close 1']);
    const pids = (await it.trace()).filter((line) => line.startsWith('open')).map((line) => Number(line.split(' ')[2]));
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('is killed with them, a hanging one too', async () => {
    const scheduler = await startFakeScheduler();
    const dir = await tempDir();
    onTestFinished(async () => {
      await scheduler.stop();
      await removeDir(dir);
    });
    const port = await freePort();
    const options = {
      schedulers: [scheduler.url],
      port,
      dataDir: dir,
      processes: 2,
      workerModule: MODULE.href,
      workerConfig: { dir },
    };
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const lines = async () => (await readFile(`${dir}/trace.txt`, 'utf8').catch(() => '')).split('\n');
    const address = `http://127.0.0.1:${port}/`;
    await scheduler.until((it) => it.told.some(({ verb }) => verb === 'registry'));
    await askExecutor(address, '/run', runRequest({ executorHandler: 'hang' }));
    await until(async () => (await lines()).filter((line) => line.startsWith('hang')).length === 2);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    const pids = (await lines()).filter((line) => line.startsWith('open')).map((line) => Number(line.split(' ')[2]));
    expect(pids).toHaveLength(2);
    for (const pid of pids) await until(() => !isAlive(pid));
  });

  test.each([
    ['a module that is not there', { workerModule: new URL('./processes/nothing.ts', import.meta.url) }, 'nothing.ts'],
    [
      'a module without openWorker',
      { workerModule: new URL('../support/free-port.ts', import.meta.url) },
      'exports no function openWorker',
    ],
    ['one that cannot be opened', { workerConfig: { dir: '/tmp', refuse: true } }, 'the database is away'],
    ['one without a handler', { handlers: [workerHandler({ name: 'nobody' })] }, 'makes no handler "nobody"'],
  ])('does not start with %s', async (_, options, words) => {
    await expect(given(options)).rejects.toThrow(words);
  });

  test.each([
    ['no processes', { processes: undefined }, 'say how many'],
    ['no module', { workerModule: undefined }, 'it is missing'],
    ['a module that is no URL', { workerModule: './worker.ts' }, '"./worker.ts" is none'],
  ])('is refused with %s', async (_, options, words) => {
    const { processes = undefined, workerModule = undefined } = { processes: 2, workerModule: MODULE, ...options };
    const chosen = {
      ...(processes === undefined ? {} : { processes }),
      ...(workerModule === undefined ? {} : { workerModule }),
    };
    const start = givenExecutor({
      schedulers: ['http://127.0.0.1:1'],
      handlers: [workerHandler({ name: 'count' })],
      dataDir: '/nowhere',
      ...chosen,
    });
    await expect(start).rejects.toThrow(words);
  });
});

async function metric(address: string, name: string): Promise<number> {
  const body = await (await fetch(`${address}metrics`, { headers: { 'xxl-job-access-token': TEST_TOKEN } })).text();
  const line = body.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
