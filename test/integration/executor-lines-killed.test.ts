import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { removeDir, runRequest, tempDir } from '../support/given-executor.ts';
import { givenWire, type LineKind, lineWay, until } from '../support/given-line.ts';

const PROGRAM = fileURLToPath(new URL('./processes/line-process.ts', import.meta.url));

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

test.each<LineKind>([
  'dialled',
  'held',
])('an executor that is %s and killed comes back as itself: what it had is lost, and new attempts run', async (kind) => {
  const wire = await givenWire({ timeoutMs: 1_000 });
  const dataDir = await tempDir();
  const { way, proxy, address } = await lineWay(kind, wire, { pollMs: 5_000 });
  onTestFinished(async () => {
    await proxy.close();
    await removeDir(dataDir);
  });
  const start = async () => {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify({ ...way, dataDir })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => kill(child));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const says = async (): Promise<string> => (await lines.next()).value ?? '';
    expect(await says()).toBe('up');
    return { child, says };
  };
  const first = await start();
  await wire.alive(address);
  const request = runRequest({ executorHandler: 'slow' });
  await until(async () => (await wire.client.run(address, request)).kind === 'accepted');
  expect(await first.says()).toBe(`began ${request.logId}`);
  await kill(first.child);

  await start();
  const answer = await (async () => {
    for (;;) {
      const asked = await wire.client.run(address, request);
      if (asked.kind === 'accepted' || asked.kind === 'refused') return asked;
      // While nobody holds a line the answer is there at once: without a pause no line could come.
      await sleep(20);
    }
  })();
  expect(answer).toMatchObject({ kind: 'refused', why: expect.stringContaining('send a new attempt') });
  const next = runRequest({ ...request, logId: request.logId + 1, attempt: 2, executorHandler: 'work' });
  await until(async () => (await wire.client.run(address, next)).kind === 'accepted');
  await until(async () => (await readFile(`${dataDir}/executions.txt`, 'utf8').catch(() => '')) === `${next.logId}\n`);
});
