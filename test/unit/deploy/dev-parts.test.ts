import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { devDefinitions } from '../../../deploy/cli/dev/dev-definitions.ts';
import { devOptions } from '../../../deploy/cli/dev/dev-options.ts';
import { devPlans } from '../../../deploy/cli/dev/dev-plans.ts';
import { fireByName } from '../../../deploy/cli/dev/fire-by-name.ts';
import { joinCommand, reachableRoot } from '../../../deploy/cli/dev/join-command.ts';
import { ownAccessToken } from '../../../deploy/cli/dev/own-access-token.ts';
import { parseCommandLine } from '../../../deploy/cli/options/parse-command-line.ts';
import { parsePlanLine } from '../../../executor/examples/settlement/plan-line.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';

function options(...words: string[]) {
  const line = parseCommandLine(['dev', ...words], {});
  if (line.kind !== 'run') throw new Error(`${words} is no command to run`);
  return devOptions(line.given, '/work');
}

function tempFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak dev 夜-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('without options dev has a folder of its own, loopback, port 8080 and a night every five minutes', () => {
  const read = options();
  expect(read).toMatchObject({
    folder: '/work/daybreak-data/dev',
    host: '127.0.0.1',
    port: 8_080,
    ask: null,
    now: false,
  });
  expect(read.store.path).toBe('/work/daybreak-data/dev/daybreak.db');
  expect(read.schedule).toMatchObject({ dialect: 'quartz', text: '0 */5 * * * ?' });
});

test('how to ask the dev of another home names that home, as a shell takes it', () => {
  expect(options().askCommand).toBe('npx daybreak dev');
  expect(options('--home', '/srv/try-out').askCommand).toBe('npx daybreak dev --home /srv/try-out');
  expect(options('--home', "it's mine").askCommand).toBe(`npx daybreak dev --home 'it'\\''s mine'`);
});

test('cron is told apart by its fields, the zone is its zone, and without samples there is none', () => {
  expect(options('--cron', '*/5 * * * *', '--zone', 'Asia/Shanghai').schedule).toEqual({
    kind: 'cron',
    dialect: 'unix',
    text: '*/5 * * * *',
    zone: 'Asia/Shanghai',
  });
  expect(options('--no-samples').schedule).toBeNull();
});

test.each([
  [['--cron', '61 * * * *'], /--cron "61 \* \* \* \*"/],
  [['--zone', 'Nowhere/Else'], /--zone/],
  [['--port', '70000'], /--port "70000"/],
  [['--no-samples', '--now'], /leave out --now or --no-samples/],
  [['--no-samples', '--cron', '* * * * *'], /leave out --cron/],
  [['--token', '--fire', 'greet'], /give one of them/],
])('%j is refused in words', (words, sentence) => {
  expect(() => options(...words)).toThrow(sentence);
});

test('the join command names an address that others can reach', () => {
  expect(reachableRoot('127.0.0.1', 8_080)).toBe('http://127.0.0.1:8080');
  expect(reachableRoot('::1', 80)).toBe('http://[::1]:80');
  expect(reachableRoot('0.0.0.0', 80)).not.toContain('0.0.0.0');
  expect(joinCommand('http://a:1', 'join-1')).toBe(
    'DAYBREAK_SCHEDULERS=http://a:1 DAYBREAK_JOIN_TOKEN=join-1 node my-executor.mjs',
  );
});

test('each chain run has a plan file of its own that is the same each time, every line of it in order', () => {
  const of = { chainRunId: 3, businessDate: '2026-11-20' };
  const plans = devPlans('/plans', of);
  expect(plans).toEqual(devPlans('/plans', of));
  expect(plans.path).toBe('/plans/plans-2026-11-20.csv');
  const [, ...lines] = plans.text.trim().split('\n');
  expect(lines.pop()).toBe(`TRAILER,${lines.length}`);
  expect(new Set(lines.map((line) => parsePlanLine(line).kind))).toEqual(new Set(['data']));
  const others = devPlans('/plans', { ...of, chainRunId: 4 }).text;
  expect((plans.text.match(/^R\d+N\d+/gm) ?? []).filter((contract) => others.includes(`${contract},`))).toEqual([]);
});

test('the access token is made once, and is for its owner alone', () => {
  const folder = join(tempFolder(), 'dev');
  const { random } = createFakeRuntime();
  const token = ownAccessToken(folder, random);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(ownAccessToken(folder, random)).toBe(token);
  expect(statSync(join(folder, 'access-token')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'access-token'), 'utf8')).toBe(`${token}\n`);
});

const JOB = `{ id: 1, name: 'greet', handler: 'greet', group: 'my-app', route: 'ROUND' }`;

/** A jobs file whose every version has another time. */
function jobsFile() {
  const path = join(tempFolder(), 'jobs file.mjs');
  let second = 1_000;
  const write = (text: string): void => {
    writeFileSync(path, text);
    second += 1;
    utimesSync(path, second, second);
  };
  return { path, write };
}

test('a jobs file is read again when it has changed, beside the samples', async () => {
  const file = jobsFile();
  file.write(`export const jobs = [${JOB}];`);
  const definitions = await devDefinitions({ ...options(), jobsPath: file.path });
  const names = () => definitions.current().jobs.map(({ name }) => name);
  expect(names()).toEqual(expect.arrayContaining(['import-plans', 'greet']));
  const used: number[] = [];
  const use = async ({ jobs }: { jobs: readonly unknown[] }) => void used.push(jobs.length);
  expect(await definitions.readAgain(use)).toBeNull();

  file.write(`export const jobs = [${JOB}, ${JOB.replaceAll('greet', 'wave').replace('1', '2')}];`);
  expect(await definitions.readAgain(use)).toEqual({ jobs: 2, chains: 0 });
  expect(used).toEqual([7]);
  expect(names()).toContain('wave');
});

test.each([
  ['a syntax error', 'export const jobs = [;', /--jobs .*jobs file\.mjs: \S/],
  ['no exports', 'export const job = [];', /exports neither "jobs" nor "chains"/],
  ['no list', 'export const jobs = { id: 1 };', /"jobs" must be a list/],
  ['a job that cannot work', `export const jobs = [${JOB.replace('ROUND', 'SQUARE')}];`, /job "greet": route must be/],
  [
    'a name of the samples',
    `export const jobs = [${JOB.replaceAll('greet', 'reconcile')}];`,
    /"reconcile" is there twice/,
  ],
])('a changed jobs file with %s is refused once in words, and what was defined stays', async (_, text, words) => {
  const file = jobsFile();
  file.write(`export const jobs = [${JOB}];`);
  const definitions = await devDefinitions({ ...options(), jobsPath: file.path });
  const before = definitions.current();
  file.write(text);
  const use = () => Promise.reject(new Error('it must not come to this'));
  await expect(definitions.readAgain(use)).rejects.toThrow(words);
  expect(definitions.current()).toBe(before);
  expect(await definitions.readAgain(use)).toBeNull();
});

test('a jobs file that is not there at the start is refused; one that vanishes later is waited for', async () => {
  const file = jobsFile();
  await expect(devDefinitions({ ...options('--no-samples'), jobsPath: file.path })).rejects.toThrow(
    /--jobs .*: it is not there/,
  );
  file.write(`export const jobs = [${JOB}];`);
  const definitions = await devDefinitions({ ...options('--no-samples'), jobsPath: file.path });
  rmSync(file.path);
  expect(await definitions.readAgain(async () => undefined)).toBeNull();
});

test('a chain is fired with its cut-off and a job without, for today in the zone; others are refused by name', async () => {
  const runtime = createFakeRuntime({ startMs: Date.parse('2026-11-20T20:00:00Z') });
  const orders: object[] = [];
  const scheduler = {
    startChain: async (order: object) => ({ chainRunId: orders.push(order), created: true }),
    triggerJob: async (order: object) => ({ runId: orders.push(order), created: true }),
  };
  const definitions = await devDefinitions({ ...options('--night-lasts', '60'), jobsPath: null });
  const fire = (name: string) =>
    fireByName(scheduler, definitions.current(), { timeZone: 'Asia/Shanghai', runtime }, name);
  expect((await fire('nightly-settlement')).words).toBe('chain nightly-settlement is fired: chain run 1');
  expect(orders[0]).toMatchObject({ businessDate: '2026-11-21', cutOffAtMs: runtime.clock.wallMs() + 60_000 });
  await fire('reconcile');
  expect(orders[1]).toMatchObject({ job: 'reconcile', businessDate: '2026-11-21' });
  await expect(fire('greet')).rejects.toThrow('there is no job or chain "greet" (there are nightly-settlement, import');
});
