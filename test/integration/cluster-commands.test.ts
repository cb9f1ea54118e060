import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimForExecutors } from '../../deploy/cli/cluster/refuse-other-cluster.ts';
import { EXECUTOR_PART } from '../../deploy/cli/migrate-night-store.ts';
import { type StoreLocation, storeLocation } from '../../deploy/cli/options/store-location.ts';
import { holdMysqlStore } from '../../deploy/cli/owner/mysql-store-lock.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { type ClusterBench, clusterBench, endWith } from '../support/cluster-bench.ts';
import { describeWith, redisUrl } from '../support/servers.ts';

type MysqlLocation = Extract<StoreLocation, { kind: 'mysql' }>;

const UP = / is up at (\S+?),? /;

describeWith(['MariaDB', 'Redis'], 'the commands of a cluster', () => {
  let bench: ClusterBench;
  beforeAll(async () => {
    bench = await clusterBench();
  });
  afterAll(() => bench.drop());

  test('processes that are started in any order settle a night together, and end in order', {
    timeout: 600_000,
  }, async () => {
    // Executors first, before there is anything that they need; all migrate the same empty database at once.
    const executors = [bench.executor('one'), bench.executor('two')];
    const schedulers = [bench.scheduler(0), bench.scheduler(1)];
    await Promise.all(executors.map((each) => each.shows(/waiting for --gateway .*ECONNREFUSED/)));
    await Promise.all(schedulers.map((each) => each.shows(UP)));
    const gateway = bench.gateway();
    await gateway.shows(UP);
    await Promise.all(executors.map((each) => each.shows(/--gateway .* is there[\s\S]* is up at /)));
    await Promise.all(bench.ports.schedulers.map((port) => becomesReady(`http://127.0.0.1:${port}/`)));

    const plans = bench.plans(300);
    const fired = await bench.fire('--param', `plans=${plans}`, '--wait', '--json', '--request-id', 'first').ended;
    expect(fired).toMatchObject({ code: 0, stderr: expect.stringContaining('succeeded: import-plans succeeded') });
    const result = reconciledIn(fired.stdout);
    expect(result).toMatchObject({ conservation: 'holds', exitCode: 0, reconciled: { fileLines: 600, matched: 600 } });
    expect(existsSync(String(result.report))).toBe(true);

    // The answer to a command may be lost: given again it names the same chain run, and debits nothing.
    const again = await bench.fire('--param', `plans=${plans}`, '--wait', '--request-id', 'first').ended;
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('chain run 1 (it was fired before') });

    // A file that is refused ends the chain run with its sentence, and is not tried again.
    const refused = await bench.fire('--param', 'plans=/no/such.csv', '--wait').ended;
    expect(refused).toMatchObject({ code: 5, stdout: expect.stringContaining('/no/such.csv does not exist') });

    const status = await bench.run(['status', '--json', ...bench.asOperator]);
    const seen = JSON.parse(status.stdout) as {
      schedulers: { alive: boolean; version: string }[];
      executors: unknown[];
    };
    expect(seen.schedulers.map(({ alive }) => alive)).toEqual([true, true]);
    const version = (await bench.run(['--version'])).stdout.trim();
    expect(seen.schedulers.map((each) => each.version)).toEqual([version, version]);
    expect(seen.executors).toHaveLength(2);

    const night = await bench.run(['night', '--store', bench.storeUrl, '--date', '2026-11-20', '--plans', plans]);
    expect(night).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/schedulers of a cluster are at work.*daybreak fire/),
    });

    for (const each of [...executors, ...schedulers, gateway]) {
      expect(await endWith(each)).toMatchObject({ code: 0, stdout: expect.stringMatching(/stopping: .*\nstopped\n$/) });
    }
  });

  test('a scheduler, an executor and the gateway that are told to stop in mid night lose nothing and repeat nothing', {
    timeout: 600_000,
  }, async () => {
    // So slow that each leg takes seconds, and so short a drain that the debits are broken off.
    const slow = ['--requests-per-second', '3'];
    const brief = ['--drain', '1', '--chunk-size', '100'];
    const gateway = bench.gateway(...slow);
    const schedulers = [bench.scheduler(0), bench.scheduler(1)] as const;
    const [first, second] = [bench.executor('one', ...brief), bench.executor('two', ...brief)];
    await Promise.all([gateway, ...schedulers, first, second].map((each) => each.shows(UP)));
    const plans = bench.plans(1_500, 'more-plans.csv');
    const fired = bench.fire('--param', `plans=${plans}`, '--wait', '--json', '--request-id', 'second');
    await fired.shows(/premium-debit running [1-9]/);
    const beside = ['fire', 'nightly-settlement', '--date', '2026-11-21', '--param', `plans=${plans}`, '--wait'];
    expect(await bench.run([...beside, ...bench.asOperator])).toMatchObject({
      code: 5,
      stdout: expect.stringMatching(/the night of 2026-11-20 \(chain run \d+\) is still at work/),
    });
    const [stoppedExecutor, stoppedScheduler] = await Promise.all([endWith(first), endWith(schedulers[0])]);
    expect(stoppedExecutor.code).toBe(0);
    expect(stoppedScheduler.code).toBe(0);
    const joined = bench.executor('three', ...brief);
    await joined.shows(UP);
    expect((await endWith(gateway)).code).toBe(0);
    const back = bench.gateway(...slow);
    await back.shows(UP);

    const ended = await fired.ended;
    expect(ended).toMatchObject({ code: 0 });
    const result = reconciledIn(ended.stdout);
    // Every plan has one line at the gateway and one success of ours; a second debit would be a difference.
    expect(result.reconciled).toMatchObject({ holds: true, differences: {} });
    expect(result.report).toBeTruthy();
    for (const each of [second, joined, schedulers[1], back]) expect((await endWith(each)).code).toBe(0);
  });

  test('an executor without a port, whose handlers run in worker processes, settles a night with a Redis beside it', {
    timeout: 600_000,
  }, async () => {
    const redis = ['--redis', redisUrl()];
    const scheduler = bench.scheduler(0, ...redis);
    const gateway = bench.gateway();
    const held = bench.start([
      ...['executor', '--settlement', '--hold', '--health-port', '0', '--processes', '2', '--data-dir', 'held'],
      ...['--heartbeat-ms', '1000', ...bench.ofCluster, ...bench.asOperator, ...bench.atGateway],
      ...redis,
    ]);
    await held.shows(/executor is up at held:\/\/settlement\//);
    const [, health = ''] = /health pages are at (\S+)/.exec(held.output()) ?? [];
    await becomesReady(health);
    const plans = bench.plans(200, 'held-plans.csv');
    const fired = await bench.fire('--param', `plans=${plans}`, '--wait', '--json', '--request-id', 'held').ended;
    expect(fired).toMatchObject({ code: 0 });
    expect(reconciledIn(fired.stdout)).toMatchObject({
      reconciled: { holds: true },
      writtenBy: expect.stringMatching(/^held:/),
    });
    for (const root of [health, `http://127.0.0.1:${bench.ports.schedulers[0]}/`]) {
      expect(await (await fetch(`${root}metrics`)).text()).toContain('daybreak_redis_heard 1');
    }
    for (const each of [held, scheduler, gateway]) expect((await endWith(each)).code).toBe(0);
  });

  test('SIGTERM while a process waits for its servers is an end in order', {
    timeout: 300_000,
  }, async () => {
    const waiting = bench.executor('four');
    await waiting.shows(/waiting for --/);
    expect(await endWith(waiting)).toMatchObject({ code: 0, stderr: expect.not.stringContaining('daybreak:') });
  });
});

describeWith(['MariaDB'], 'what keeps a process of a cluster from starting', () => {
  let bench: ClusterBench;
  beforeAll(async () => {
    bench = await clusterBench();
  });
  afterAll(() => bench.drop());

  test('two that migrate the same database at once: one applies, the other waits, and both end well', {
    timeout: 300_000,
  }, async () => {
    const behind = await bench.run([
      ...['scheduler', '--store', bench.storeUrl, ...bench.asOperator.slice(2), '--port', '0', '--no-migrate'],
    ]);
    expect(behind).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/lack 0500-definitions, .*run daybreak migrate/),
    });

    const migrate = ['migrate', '--store', bench.storeUrl];
    const ended = await Promise.all([bench.run(migrate), bench.run(migrate)]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    const applied = ended.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line.startsWith('applied ')));
    expect(new Set(applied).size).toBe(applied.length);
    expect(applied).toContain('applied scheduler 0500-definitions');
    expect((await bench.run(migrate)).stdout).toMatch(/has the tables of this version/);

    const printed = await bench.run([...migrate, '--print']);
    expect(printed.stderr).toMatch(/scheduler: applied 0500-definitions, .*; lacks nothing/);
    expect(printed.stdout).toMatch(/utf8mb4_nopad_bin|utf8mb4_0900_bin/);
  });

  test('a night that holds the database is named, and nothing is begun beside it', { timeout: 300_000 }, async () => {
    const held = await holdMysqlStore(storeLocation(bench.storeUrl, bench.dir, bench.dir) as MysqlLocation, {
      waitMs: 5_000,
      runtime: systemRuntime(),
      logger: silentLogger,
      command: 'daybreak night --date 2026-11-20',
    });
    const sentence = expect.stringMatching(
      /process \d+ on .* \(daybreak night --date 2026-11-20\) holds mysql:.*for itself since/,
    );
    try {
      expect(await bench.scheduler(0).ended).toMatchObject({ code: 2, stderr: sentence });
      expect(await bench.executor('one').ended).toMatchObject({ code: 2, stderr: sentence });
    } finally {
      await held.release();
    }
  });

  test.each<[string, (each: ClusterBench) => readonly string[], RegExp]>([
    [
      'the database',
      (each) => ['scheduler', '--store', 'mysql://root@127.0.0.1:1/none', ...each.asOperator.slice(2)],
      /^daybreak: --store mysql:\/\/root@127\.0\.0\.1:1\/none did not answer .*: start the database/,
    ],
    [
      'a database that its server does not have',
      (each) => ['migrate', '--store', Object.assign(new URL(each.storeUrl), { pathname: '/gap`none' }).href],
      /^daybreak: --store: the database server at .* has no database "gap`none": make it there with "create database `gap``none`", and grant/,
    ],
    [
      'the schedulers',
      (each) => [
        'executor',
        '--group',
        'g',
        '--handlers',
        handlersFile(each),
        '--schedulers',
        'http://127.0.0.1:1',
        ...each.asOperator.slice(2),
      ],
      /^daybreak: --schedulers http:\/\/127\.0\.0\.1:1 did not answer .*ECONNREFUSED.*: start one of them/,
    ],
    [
      'the schedulers, for fire',
      (each) => ['fire', 'x', '--schedulers', 'http://127.0.0.1:1', ...each.asOperator.slice(2)],
      /^daybreak: no scheduler answers \(http:\/\/127\.0\.0\.1:1: ECONNREFUSED\)/,
    ],
  ])('%s: what does not answer is named, with code 2', { timeout: 120_000 }, async (_, words, sentence) => {
    const args = words(bench);
    const ended = await bench.run(args[0] === 'fire' ? args : [...args, '--wait', '0']);
    expect(ended.stderr.split('\n').find((line) => line.startsWith('daybreak: '))).toMatch(sentence);
    expect(ended.code).toBe(2);
  });

  test('a cluster takes no scheduler with another token, no executor of another name, and none whose folder is in use', {
    timeout: 300_000,
  }, async () => {
    const scheduler = bench.scheduler(0);
    await scheduler.shows(UP);
    const other = join(bench.dir, 'other-token');
    const token = randomBytes(32).toString('hex');
    writeFileSync(other, token, { mode: 0o600 });
    const stranger = await bench.run(['scheduler', '--port', '0', '--access-token-file', other, ...bench.ofCluster]);
    expect(stranger).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /share the access token with the fingerprint \w{12}, and this one's has \w{12}: start it/,
      ),
    });
    expect(stranger.stderr + stranger.stdout).not.toContain(token);

    // Of another cluster than the schedulers, while no executor has been there; then than the executors that were.
    const foreign = await bench.run([
      ...['executor', '--settlement', '--port', '0', '--data-dir', 'foreign', '--store', bench.storeUrl],
      ...['--cluster', 'south', ...bench.asOperator, ...bench.atGateway],
    ]);
    expect(foreign).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /the schedulers in mysql:.* are of the cluster "\w+", and this process is of "south"/,
      ),
    });
    const first = bench.executor('folder');
    await first.shows(/waiting for --gateway/);
    const second = bench.executor('folder');
    const worksThereToo = second.shows(/waiting for --gateway/).then(() => 'works there too');
    expect(await Promise.race([worksThereToo.catch(() => second.ended), second.ended])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        new RegExp(`--data-dir .*folder is in use: process ${first.child.pid} on .* has worked in it since 20`),
      ),
    });
    for (const each of [first, scheduler]) expect(await endWith(each)).toMatchObject({ code: 0 });
  });

  test('a scheduler is of the cluster that the executors on its database are of', { timeout: 300_000 }, async () => {
    const url = `sqlite:${join(bench.dir, 'of-north.db')}`;
    const store = await openSqlStore({ url }, { runtime: systemRuntime(), logger: silentLogger });
    await migrate(store, EXECUTOR_PART.migrations, { logger: silentLogger, component: EXECUTOR_PART.component });
    await claimForExecutors(store, 'north');
    await claimForExecutors(store, 'north');
    await expect(claimForExecutors(store, 'south')).rejects.toThrow(/the executors in .* are of the cluster "north"/);
    await store.close();
    const ofSouth = ['scheduler', '--port', '0', '--cluster', 'south', ...bench.asOperator.slice(2)];
    expect(await bench.run([...ofSouth, '--store', url])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /the executors in sqlite:.* are of the cluster "north", and this process is of "south"/,
      ),
    });
  });

  test('a token that is not that of the schedulers is refused, and neither of the two is shown', {
    timeout: 120_000,
  }, async () => {
    const scheduler = bench.scheduler(0);
    await scheduler.shows(UP);
    const wrong = 'wrong-token-of-more-than-32-bytes-0123456789';
    const refused = await bench.run(['status', ...bench.asOperator.slice(0, 2)], { DAYBREAK_ACCESS_TOKEN: wrong });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('The access token is wrong') });
    expect(refused.stderr + refused.stdout).not.toContain(wrong);
    const unknown = await bench.run(['fire', 'nothing', ...bench.asOperator]);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no chain or job "nothing"') });
    expect((await endWith(scheduler)).code).toBe(0);
  });
});

function handlersFile({ dir }: ClusterBench): string {
  const path = join(dir, 'handlers.mjs');
  writeFileSync(path, 'export const handlers = [{ name: "greet", run: async () => null }];\n');
  return path;
}

/** What the reconciliation of a chain run said, as `fire --wait --json` shows it. */
function reconciledIn(stdout: string): Record<string, unknown> {
  const { runs } = JSON.parse(stdout) as { runs: { job: string; result: Record<string, unknown> }[] };
  return runs.find(({ job }) => job === 'reconcile')?.result ?? {};
}

async function becomesReady(root: string): Promise<void> {
  for (;;) {
    const ready = await fetch(`${root}health/ready`);
    if (ready.status === 200) {
      expect(await ready.json()).toEqual({ status: 'ready', reasons: [] });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
