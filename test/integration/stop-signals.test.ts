import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { pressUntilEnded } from '../support/press-until-ended.ts';

const PROCESS = fileURLToPath(new URL('./processes/stopping-process.ts', import.meta.url));

test.for([
  ['SIGINT', 'SIGINT'],
  ['SIGTERM', 'SIGTERM'],
  ['SIGTERM', 'SIGINT'],
] as const)('%s, and then %s again and again, ends a process of which a thread hangs in a file', async ([
  first,
  second,
]) => {
  const child = await startStopping();
  child.kill(first);
  await once(child.stdout as NodeJS.EventEmitter, 'data');
  const [code, signal] = await pressUntilEnded(child, second);
  expect({ code, signal }).toEqual({ code: null, signal: first });
});

test('a signal that is held down from the beginning is an end in order, and then one at once', async () => {
  const child = await startStopping();
  let said = '';
  child.stdout?.on('data', (text: Buffer) => {
    said += text;
  });
  expect(await pressUntilEnded(child, 'SIGINT')).toEqual([null, 'SIGINT']);
  expect(said).toBe('stopping\n');
});

test('a press that comes by two ways, the second when everything has ended in order, is no end by a signal', async () => {
  const stopSignals = new URL('../../deploy/cli/stop-signals.ts', import.meta.url).href;
  const code = `const { listenForStop } = await import('${stopSignals}');
    const running = setInterval(() => undefined, 1_000);
    const stop = listenForStop(() => undefined);
    stop.signal.addEventListener('abort', () => {
      stop.dispose();
      process.kill(process.pid, 'SIGINT');
      clearInterval(running);
      process.exitCode = 7;
    });
    process.kill(process.pid, 'SIGINT');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  expect(await once(child, 'exit')).toEqual([7, null]);
});

/** A process that has said that it is ready, and that would go on for ever. */
async function startStopping(): Promise<ChildProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-stop-'));
  const neverOpens = join(dir, 'fifo');
  execFileSync('mkfifo', [neverOpens]);
  const child = spawn(process.execPath, [PROCESS, neverOpens]);
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });
  await once(child.stdout as NodeJS.EventEmitter, 'data');
  return child;
}
