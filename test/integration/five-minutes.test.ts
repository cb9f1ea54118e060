import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { codeBlocks, ROOT, readPage, section } from '../unit/docs/pages.ts';

const blocks = codeBlocks(section(readPage('README.md'), 'Your first executor in five minutes'));
const [install = '', start = '', joinAnew = ''] = blocks
  .filter(({ language }) => language === 'sh')
  .map(({ text }) => text);
const [executor = '', jobs = ''] = blocks.filter(({ language }) => language === 'js').map(({ text }) => text);

/** Node 24 first, so that `node` and the command's own first line mean the one that runs this test. */
const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`;
const kept = Object.entries(process.env).filter(([name]) => !/^(DAYBREAK_|NODE_OPTIONS|VITEST|npm_)/.test(name));
const ENV = {
  ...Object.fromEntries(kept),
  PATH,
  // Any port: another dev may be at work on this machine.
  DAYBREAK_DEV_PORT: '0',
  npm_config_prefer_offline: 'true',
  ...ownCacheWithoutHome(),
  npm_config_loglevel: 'error',
};

/** npm keeps its packages in the home; where that cannot be written it needs another place. */
function ownCacheWithoutHome(): Record<string, string> {
  try {
    mkdirSync(join(homedir(), '.npm'), { recursive: true });
    accessSync(join(homedir(), '.npm'), constants.W_OK);
    return {};
  } catch {
    return { npm_config_cache: join(tmpdir(), 'daybreak-npm-cache') };
  }
}

interface Shell {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; output: string }>;
  /** The first match in its output; rejects when it ends before. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
}

/** A command line as a person types it, in a process group of its own. */
function type(commands: string, cwd: string, env: Record<string, string | undefined> = ENV): Shell {
  const child = spawn('sh', ['-c', commands], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const look of [...waiting]) look();
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  onTestFinished(() => killGroup(child));
  return {
    child,
    ended,
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output);
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then(({ code }) => reject(new Error(`it ended with ${code} before ${pattern} came: ${output}`)));
      }),
  };
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  process.kill(-pid, 'SIGKILL');
}

/** What npm says when nobody answers at the registry: this machine cannot tell whether the README is right. */
const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;

function leaveOutWithoutRegistry(context: TestContext, output: string): void {
  if (process.env.DAYBREAK_TEST_REQUIRE_ALL === '1' || !NO_REGISTRY.test(output)) return;
  context.skip('the npm registry cannot be reached');
}

// Packing and installing alone take a minute on a machine that is busy with other tests.
const TIMEOUT_MS = 300_000;

test('the five minutes of the README, as they are written there', { timeout: TIMEOUT_MS }, async (context) => {
  const parent = mkdtempSync(join(tmpdir(), 'daybreak-five-minutes-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const [pack = '', ...rest] = install.split('\n');
  const packed = await type(pack.replace('--pack-destination ..', `--pack-destination '${parent}'`), ROOT).ended;
  expect(packed.code, packed.output).toBe(0);
  mkdirSync(join(parent, 'clone'));
  const installed = await type(rest.join('\n'), join(parent, 'clone')).ended;
  leaveOutWithoutRegistry(context, installed.output);
  expect(installed.code, installed.output).toBe(0);

  const folder = join(parent, 'my-app');
  writeFileSync(join(folder, 'my-executor.mjs'), executor);
  writeFileSync(join(folder, 'jobs.mjs'), jobs);
  const dev = type(start, folder);
  const [command] = await dev.shows(/DAYBREAK_SCHEDULERS=\S+ DAYBREAK_JOIN_TOKEN=\S+ node my-executor\.mjs/);
  const root = /DAYBREAK_SCHEDULERS=(\S+)/.exec(command)?.[1] ?? '';

  // `exec`, so that the process that is killed is the executor and not the shell before it.
  const first = type(command.replace(' node', ' exec node'), folder);
  const [, address] = await dev.shows(/joined +executor my-app at (\S+)/);
  // Not to wait for the next ten seconds.
  expect((await type('npx daybreak dev --fire greet', folder).ended).output).toMatch(/job greet is fired: run \d+/);
  await dev.shows(/succeeded +greet \(run \d+\) in .*: \{"greeted":"good morning"\}/);
  first.child.kill('SIGKILL');
  await dev.shows(new RegExp(`silent +executor my-app at ${address}`));
  await dev.shows(new RegExp(`gone +executor my-app at ${address}`));

  const again = type('exec node my-executor.mjs', folder);
  await dev.shows(/gone +executor my-app[\s\S]*joined +executor my-app at/);
  again.child.kill('SIGINT');
  await dev.shows(/left +executor my-app at/);
  expect(await again.ended).toMatchObject({ code: 0 });

  const byNewToken = joinAnew.replace('http://127.0.0.1:8080', root).replace('node my', 'exec node my');
  rmSync(join(folder, 'daybreak-data/executor/joined.json'));
  const third = type(byNewToken, folder);
  await third.shows(/my-app listens at/);
  expect(existsSync(join(folder, 'daybreak-data/executor/joined.json'))).toBe(true);
  third.child.kill('SIGTERM');
  await third.ended;

  process.kill(-(dev.child.pid ?? 0), 'SIGINT');
  expect((await dev.ended).output).toContain('daybreak: stopping');
});
