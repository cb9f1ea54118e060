import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { plantTree } from '../../support/planted-tree.ts';
import { ended } from './bare-clone.ts';

const BOOTSTRAP = fileURLToPath(new URL('../../../deploy/bootstrap/', import.meta.url));

const LAUNCHER = `import { launch } from '${BOOTSTRAP}launch.mjs';
launch({ node: process.execPath, args: process.argv.slice(2) });`;

const CHILD = `import { becomeChildOfLauncher } from '${BOOTSTRAP}launch.mjs';
const isLaunched = becomeChildOfLauncher();
const [what, value] = process.argv.slice(2);
if (what === 'show') console.log(isLaunched, process.env.DAYBREAK_HAS_LAUNCHER ?? 'no mark left', value);
if (what === 'exit') process.exitCode = Number(value);
if (what === 'wait') {
  setInterval(() => {}, 1000);
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => console.log(signal));
  console.log('ready', process.pid);
}`;

function launch(...args: string[]): ChildProcess {
  const root = plantTree({ 'launcher.mjs': LAUNCHER, 'child.mjs': CHILD });
  return spawn(process.execPath, [join(root, 'launcher.mjs'), join(root, 'child.mjs'), ...args]);
}

/** A launcher whose child has said that it is ready, and the child's process number. */
async function launchWaiting() {
  const launcher = launch('wait');
  const end = ended(launcher);
  const [text] = (await once(launcher.stdout as NodeJS.EventEmitter, 'data')) as [Buffer];
  return { launcher, end, childPid: Number(/ready (\d+)/.exec(String(text))?.[1]) };
}

describe('the launcher', () => {
  test('passes arguments and output through, and leaves no mark in the child', async () => {
    expect(await ended(launch('show', 'a b'))).toMatchObject({
      exitCode: 0,
      stdout: 'true no mark left a b\n',
      stderr: '',
    });
  });

  test('ends with the exit code of its child', async () => {
    expect(await ended(launch('exit', '3'))).toMatchObject({ exitCode: 3 });
  });

  test('takes its child along when it is killed with -9', async () => {
    const { launcher, end, childPid } = await launchWaiting();
    launcher.kill('SIGKILL');
    // The pipe of standard output closes only when the last who holds it, the child, goes.
    await end;
    await expect.poll(() => isRunning(childPid)).toBe(false);
  });

  test('ends with the same signal when its child is killed', async () => {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const { end, childPid } = await launchWaiting();
      process.kill(childPid, signal);
      expect(await end).toMatchObject({ exitCode: null, signal });
    }
  });

  test('ends its child when it is asked to end', async () => {
    const { launcher, end, childPid } = await launchWaiting();
    launcher.kill('SIGTERM');
    expect(await end).toMatchObject({ signal: 'SIGTERM' });
    await expect.poll(() => isRunning(childPid)).toBe(false);
  });

  test('passes each signal on', async () => {
    const { launcher, end, childPid } = await launchWaiting();
    for (const signal of ['SIGINT', 'SIGHUP'] as const) {
      launcher.kill(signal);
      await once(launcher.stdout as NodeJS.EventEmitter, 'data');
    }
    process.kill(childPid, 'SIGKILL');
    expect((await end).stdout.split('\n').slice(1)).toEqual(['SIGINT', 'SIGHUP', '']);
  });
});

describe('a process that lacks a flag', () => {
  const AGAIN = `import { beginAgainWith, flagsToAdd } from '${BOOTSTRAP}begin-again.mjs';
const flags = flagsToAdd(['--max-semi-space-size=8']);
if (process.argv.includes('begin') && flags.length > 0) beginAgainWith(flags);
console.log(JSON.stringify({ pid: process.pid, flags, execArgv: process.execArgv, args: process.argv.slice(2), mark: process.env.MARK }));`;
  const run = async (nodeArgs: readonly string[], args: readonly string[], env: Record<string, string> = {}) => {
    const script = join(plantTree({ 'again.mjs': AGAIN }), 'again.mjs');
    const child = spawn(process.execPath, [...nodeArgs, script, ...args], { env: { MARK: 'm', ...env } });
    const { exitCode, stdout, stderr } = await ended(child);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return { pid: child.pid, seen: JSON.parse(stdout) as Record<string, unknown> };
  };

  test.runIf(process.platform !== 'win32')('begins again as itself, with all that it had', async () => {
    const { pid, seen } = await run(['--no-deprecation'], ['begin', 'a b']);
    const execArgv = ['--no-deprecation', '--max-semi-space-size=8'];
    expect(seen).toEqual({ pid, flags: [], execArgv, args: ['begin', 'a b'], mark: 'm' });
  });

  test('leaves what somebody has said of it', async () => {
    expect((await run([], [])).seen.flags).toEqual(['--max-semi-space-size=8']);
    expect((await run(['--max-semi-space-size=32'], [])).seen.flags).toEqual([]);
    const options = '--max-old-space-size=900 --max_semi_space_size=4';
    expect((await run([], [], { NODE_OPTIONS: options })).seen.flags).toEqual([]);
    expect((await run([], [], { NODE_OPTIONS: '--max-old-space-size=900' })).seen.flags).toHaveLength(1);
  });

  test.runIf(existsSync('/proc/self/stat'))('an executor has it, is one process, and ends in order', async () => {
    const dir = plantTree({ 'handlers.mjs': 'export const handlers = [];\n' });
    const words = [
      '--group',
      'g',
      '--handlers',
      'handlers.mjs',
      '--data-dir',
      'data',
      '--schedulers',
      'http://127.0.0.1:1',
    ];
    const executor = spawn(process.execPath, [join(BOOTSTRAP, 'daybreak.mjs'), 'executor', ...words], {
      cwd: dir,
      env: { DAYBREAK_ACCESS_TOKEN: 'of-the-launcher-test'.padEnd(40, 'x') },
    });
    const end = ended(executor);
    await once(executor.stdout, 'data');
    const of = (file: string) => readFileSync(`/proc/${executor.pid}/${file}`, 'utf8');
    expect(of('cmdline').split('\0')).toContain('--max-semi-space-size=8');
    expect(of(`task/${executor.pid}/children`)).toBe('');
    executor.kill('SIGTERM');
    expect(await end).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/waiting for --schedulers[\s\S]*stopped/),
    });
  });
});

describe('the Node to start again under', () => {
  const findNode = async (root: string, path: string) => {
    const script = `import { findNode } from '${BOOTSTRAP}find-node.mjs'; console.log(findNode(process.argv[1], process.argv[2]));`;
    const run = await ended(spawn(process.execPath, ['--input-type=module', '-e', script, root, path]));
    return run.stdout.trim();
  };
  const nodeThatSays = (version: string) => `#!/bin/sh\necho ${version}\n`;
  const plantNodes = (nodes: Readonly<Record<string, string>>) => {
    const root = plantTree(nodes);
    for (const path of Object.keys(nodes)) chmodSync(join(root, path), 0o755);
    return root;
  };

  test('is the pinned one where that runs', async () => {
    const root = plantNodes({
      'node_modules/node/bin/node': nodeThatSays('v24.21.0'),
      'path/node': nodeThatSays('v26.0.0'),
    });
    expect(await findNode(root, join(root, 'path'))).toBe(join(root, 'node_modules/node/bin/node'));
  });

  test('is the first on the PATH that is new enough where the pinned one cannot run', async () => {
    const broken = '#!/nowhere/ld-musl.so\n';
    const nodes = { 'old/node': nodeThatSays('v20.20.2'), 'new/node': nodeThatSays('v24.1.0') };
    const root = plantNodes({ 'node_modules/node/bin/node': broken, ...nodes });
    expect(await findNode(root, `${join(root, 'old')}:${join(root, 'new')}`)).toBe(join(root, 'new/node'));
  });

  test('is none where all are too old', async () => {
    const root = plantNodes({ 'old/node': nodeThatSays('v20.20.2') });
    expect(await findNode(root, join(root, 'old'))).toBe('null');
  });
});

// A killed process whose parent is gone may stay as a zombie where nobody collects orphans; it no longer runs.
function isRunning(pid: number): boolean {
  if (!existsSync('/proc/self/stat')) {
    try {
      return process.kill(pid, 0);
    } catch (cause) {
      return (cause as NodeJS.ErrnoException).code === 'EPERM';
    }
  }
  return existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
