import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { defineHandler, type Handler } from '../../executor/index.ts';
import { type FakeScheduler, startFakeScheduler } from '../support/fake-scheduler.ts';
import { type GivenExecutor, givenExecutor, removeDir, runRequest } from '../support/given-executor.ts';
import { withHooks } from '../support/isolated-handlers.ts';

const module = new URL('../support/isolated-handlers.ts', import.meta.url);
const EXPORTS = ['default', 'fail', 'early', 'block', 'blockWithChild', 'exit', 'throwLater', 'notAHandler', 'absent'];

function isolated(isolation: 'thread' | 'process'): Handler[] {
  const of = (exportName: string) =>
    defineHandler({ name: `${isolation} ${exportName}`, isolation, module, exportName });
  return [
    ...EXPORTS.map(of),
    defineHandler({ name: `${isolation} eatMemory`, isolation, module, exportName: 'eatMemory', memoryMbMax: 24 }),
  ];
}

let scheduler: FakeScheduler;
let executor: GivenExecutor;

beforeAll(async () => {
  scheduler = await startFakeScheduler();
  executor = await givenExecutor({
    schedulers: [scheduler.url],
    handlers: [...isolated('thread'), ...isolated('process'), defineHandler('inline', async () => 'well')],
    // One slot: what runs next has it back from what ran before.
    slots: 1,
    stopGraceMs: 300,
    heartbeatIntervalMs: 100,
  });
});

afterAll(async () => {
  await executor.stop();
  await scheduler.stop();
  await removeDir(executor.dataDir);
});

async function begin(executorHandler: string, differing: Parameters<typeof runRequest>[0] = {}) {
  const request = runRequest({ executorHandler, ...differing });
  expect((await executor.ask('/run', request)).code).toBe(200);
  return request;
}

async function outcomeOf(logId: number) {
  await scheduler.until((it) => it.callbacks().some((callback) => callback.logId === logId));
  const told = scheduler.callbacks().find((callback) => callback.logId === logId);
  return { code: told?.handleCode, message: told?.handleMsg ?? '', result: JSON.parse(told?.result ?? 'null') };
}

async function run(executorHandler: string, differing: Parameters<typeof runRequest>[0] = {}) {
  return await outcomeOf((await begin(executorHandler, differing)).logId);
}

async function logOf(logId: number): Promise<string> {
  const { data } = await executor.ask('/log', { logId, logDateTim: 1_767_225_600_000, fromLineNum: 1 });
  return (data as { logContent: string }).logContent;
}

/** Waits for a line of the run log; resolves with what its pattern caught. */
async function untilLogged(logId: number, line: RegExp): Promise<string> {
  return await vi.waitFor(
    async () => {
      const found = line.exec(await logOf(logId));
      if (found === null) throw new Error(`${line} is not in the log of ${logId}`);
      return found[1] ?? found[0];
    },
    { timeout: 30_000, interval: 50 },
  );
}

/** A zombie that nobody has collected yet is gone for our purposes. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const untilGone = (pid: number) =>
  vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 30_000, interval: 50 });

describe.each(['thread', 'process'] as const)('a handler in a %s', (isolation) => {
  test('has the whole context, and its log, its output and its result arrive', async () => {
    const { logId } = await begin(`${isolation} default`, {
      executorParams: 'p',
      broadcastIndex: 1,
      broadcastTotal: 3,
    });
    const { code, result } = await outcomeOf(logId);
    expect([code, result]).toEqual([
      200,
      {
        pid: expect.any(Number),
        threadId: expect.any(Number),
        shardIndex: 1,
        shardTotal: 3,
        param: 'p',
        params: null,
        logId,
        businessDate: '2026-01-01',
        executorAddress: executor.address,
        owns: [false, true, false, true],
      },
    ]);
    const elsewhere = isolation === 'process' ? result.pid !== process.pid : result.threadId !== threadId;
    expect([elsewhere, result.pid === process.pid]).toEqual([true, isolation === 'thread']);
    expect((await logOf(logId)).replaceAll(/^\S+ /gm, '').split('\n').slice(0, 4)).toEqual([
      'INFO  told by the log',
      'INFO  printed 商户',
      'WARN  printed as an error',
      'WARN  streamed',
    ]);
  });

  test('fails as it does inline: code, message, retryable, and the stack in the run log', async () => {
    const { logId } = await begin(`${isolation} fail`);
    expect(await outcomeOf(logId)).toEqual({
      code: 500,
      message: 'PLAN_FILE_REFUSED: the file is cut',
      result: { error: { code: 'PLAN_FILE_REFUSED', message: 'the file is cut', retryable: false } },
    });
    expect(await logOf(logId)).toMatch(
      /Error: the file is cut\n.*at .*isolated-handlers[\s\S]*caused by: Error: short read/,
    );
  });

  test('is kept for the next attempt', async () => {
    const places = [await run(`${isolation} default`), await run(`${isolation} default`)].map(({ result }) => ({
      pid: result.pid,
      threadId: result.threadId,
    }));
    expect(places[0]).toEqual(places[1]);
  });

  test('hears its signal, and what it returned is kept', async () => {
    const { logId, jobId } = await begin(`${isolation} early`);
    await untilLogged(logId, /began/);
    await executor.ask('/kill', { jobId });
    expect(await outcomeOf(logId)).toEqual({
      code: 500,
      message: 'scheduling center kill job. [job running, killed]',
      result: { done: 3, why: 'scheduling center kill job.' },
    });
  });

  test('that never yields holds up no heartbeat, is ended within 5 s of the kill, and its slot is free', async () => {
    const { logId, jobId } = await begin(`${isolation} block`);
    const pid = Number(await untilLogged(logId, /pid (\d+)/));
    // It blocks, and the node does not: it goes on registering.
    const heartbeats = () => scheduler.told.filter(({ verb }) => verb === 'registry').length;
    const before = heartbeats();
    await scheduler.until(() => heartbeats() >= before + 3);
    const killedAtMs = performance.now();
    await executor.ask('/kill', { jobId });
    expect((await outcomeOf(logId)).message).toBe(
      `scheduling center kill job. [job running, killed] (the handler did not stop within 300 ms of being told, and its ${isolation} was ended by force)`,
    );
    expect(performance.now() - killedAtMs).toBeLessThan(5_000);
    if (isolation === 'process') await untilGone(pid);
    expect((await run('inline')).code).toBe(200);
  });

  test('that never yields is ended by the time limit of its job', async () => {
    const { code, message } = await run(`${isolation} block`, { executorTimeout: 1 });
    expect([code, message]).toEqual([502, expect.stringContaining('was ended by force')]);
  });

  test.each([
    ['exit', 'ended with exit code 3 before its attempt did'],
    ['throwLater', 'from a timer'],
  ])('that crashes (%s) is a failed attempt, and nothing else happens to the node', async (name, words) => {
    const { code, message, result } = await run(`${isolation} ${name}`);
    expect([code, message]).toEqual([500, expect.stringContaining(words)]);
    expect(result.error).toMatchObject({ code: 'HANDLER_CRASHED', retryable: true });
    expect((await run('inline')).code).toBe(200);
  });

  test('that needs too much memory is a failed attempt', async () => {
    const { code, message } = await run(`${isolation} eatMemory`);
    const words = isolation === 'thread' ? 'ended for want of memory' : 'ended by signal SIG';
    expect([code, message]).toEqual([500, expect.stringContaining(words)]);
    expect((await run('inline')).code).toBe(200);
  });

  test.each([
    ['notAHandler', 'exports something that is no handler'],
    ['absent', 'has no such export'],
  ])('that is not there (%s) says so', async (name, words) => {
    const { message } = await run(`${isolation} ${name}`);
    expect(message).toMatch(/^HANDLER_INIT_FAILED: .*could not be loaded/);
    expect(message).toContain(words);
  });
});

test('a process takes with it what it started', async () => {
  const { logId, jobId } = await begin('process blockWithChild');
  const child = Number(await untilLogged(logId, /child (\d+)/));
  await untilLogged(logId, /pid \d+/);
  expect(isAlive(child)).toBe(true);
  await executor.ask('/kill', { jobId });
  await outcomeOf(logId);
  await untilGone(child);
});

test('a process that blocks ends when its node is killed', async () => {
  const script = fileURLToPath(new URL('./processes/isolation-parent.ts', import.meta.url));
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await createInterface(parent.stdout)[Symbol.asyncIterator]().next();
  const pid = Number(/pid (\d+)/.exec(String(line.value))?.[1]);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await untilGone(pid);
});

test('parameters, init and destroy are inside, and a handler may name itself', async () => {
  const own = await givenExecutor({ schedulers: [scheduler.url], handlers: [withHooks] });
  const file = join(own.dataDir, 'destroyed.txt');
  const send = async (executorParams: string) => {
    const request = runRequest({ executorHandler: 'with-hooks', executorParams });
    await own.ask('/run', request);
    return await outcomeOf(request.logId);
  };
  expect((await send('{"file":5}')).message).toBe('PARAM_INVALID: "file" is 5 and must be string');
  const [first, second] = [await send(JSON.stringify({ file })), await send(JSON.stringify({ file, limit: 9 }))];
  expect(first.result).toEqual({ pid: expect.any(Number), threadId: 0, inits: 1, limit: 7 });
  expect(second.result).toEqual({ ...first.result, limit: 9 });
  await own.stop();
  expect(readFileSync(file, 'utf8')).toBe(`destroyed in ${first.result.pid}`);
  expect(isAlive(first.result.pid)).toBe(false);
  await removeDir(own.dataDir);
});
