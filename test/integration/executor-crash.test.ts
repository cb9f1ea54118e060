import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeScheduler, startFakeScheduler } from '../support/fake-scheduler.ts';
import { freePort } from '../support/free-port.ts';
import { askExecutor, removeDir, runRequest, tempDir } from '../support/given-executor.ts';

const PROGRAM = fileURLToPath(new URL('./processes/executor-process.ts', import.meta.url));
let scheduler: FakeScheduler;
let dataDir: string;
let children: ChildProcess[];

beforeEach(async () => {
  [scheduler, dataDir, children] = [await startFakeScheduler(), await tempDir(), []];
});
afterEach(async () => {
  for (const child of children) await kill(child, 'SIGKILL');
  await scheduler.stop();
  await removeDir(dataDir);
});

/** Starts the program; `says` gives its next line. */
async function startProcess(port = 0) {
  const child = spawn(process.execPath, [PROGRAM, scheduler.url, dataDir, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const says = async (): Promise<string> => (await lines.next()).value ?? '';
  return { child, says, address: await says() };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill(signal);
  const [code] = (await exited) as [number | null];
  return code;
}

const portOf = (address: string): number => Number(new URL(address).port);

test('killed between the commit of a result and its acknowledgement: told after the restart, run once', async () => {
  const first = await startProcess(await freePort());
  scheduler.mood = 'lose-answer';
  const request = runRequest();
  await askExecutor(first.address, '/run', request);
  await scheduler.until((it) => it.callbacks().length >= 1);
  await kill(first.child, 'SIGKILL');

  const toldBefore = scheduler.told.length;
  scheduler.mood = 'ok';
  const second = await startProcess(portOf(first.address));
  await scheduler.until((it) => it.callbacks('acknowledged').length === 1);
  expect(scheduler.callbacks('acknowledged')[0]).toMatchObject({ logId: request.logId, handleCode: 200 });

  // The result comes before the news of the restart, on which a scheduler takes unfinished attempts for lost.
  await scheduler.until((it) => it.told.slice(toldBefore).some((message) => message.verb === 'registry'));
  expect(scheduler.told[toldBefore]?.verb).toBe('callback');

  expect(await askExecutor(second.address, '/run', request)).toMatchObject({ code: 200 });
  await scheduler.until((it) => it.callbacks('acknowledged').length === 2);
  expect((await readFile(`${dataDir}/executions.txt`, 'utf8')).trim()).toBe(String(request.logId));
});

test('killed while a handler runs: no result is invented, and the same attempt is not taken again', async () => {
  const first = await startProcess(await freePort());
  const request = runRequest({ executorHandler: 'slow' });
  await askExecutor(first.address, '/run', request);
  expect(await first.says()).toBe(`began ${request.logId}`);
  await kill(first.child, 'SIGKILL');

  const second = await startProcess(portOf(first.address));
  const answer = await askExecutor(second.address, '/run', request);
  expect(answer).toMatchObject({ code: 500, msg: expect.stringContaining('send a new attempt') });
  const next = runRequest({ ...request, logId: request.logId + 1, attempt: 2, executorHandler: 'work' });
  await askExecutor(second.address, '/run', next);
  await scheduler.until((it) => it.callbacks().length === 1);
  expect(scheduler.callbacks()[0]).toMatchObject({ logId: next.logId, attempt: 2 });

  const incarnations = scheduler.told
    .filter((message) => message.verb === 'registry')
    .map((message) => (message.body as { incarnation: string }).incarnation);
  expect(new Set(incarnations).size).toBe(2);
});

test('SIGTERM drains: the running attempt is stopped and told, the node signs off, the exit is clean', async () => {
  const { child, says, address } = await startProcess();
  const request = runRequest({ executorHandler: 'slow' });
  await askExecutor(address, '/run', request);
  await says();
  expect(await kill(child, 'SIGTERM')).toBe(0);
  expect(scheduler.callbacks()).toMatchObject([{ logId: request.logId, handleCode: 500 }]);
  expect(scheduler.told.at(-1)?.verb).toBe('registryRemove');
});
