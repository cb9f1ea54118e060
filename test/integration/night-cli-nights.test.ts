import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test as plainTest, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { moveCutOff } from '../support/move-cut-off.ts';
import { type Bench, type Ended, nightBench, type Started } from '../support/night-command.ts';
import { storeOf } from '../support/night-killer.ts';
import { pressUntilEnded } from '../support/press-until-ended.ts';
import { startTinyGateway, type TinyGateway } from '../support/tiny-gateway.ts';

// Each test has a folder and a gateway of its own, and most of it is waiting: they run side by side.
const test = plainTest.extend<{ cli: Bench; gateway: TinyGateway }>({
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  cli: async ({}, use) => {
    const cli = nightBench();
    await use(cli);
    cli.remove();
  },
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  gateway: async ({}, use) => {
    const gateway = await startTinyGateway();
    await use(gateway);
    await gateway.close();
  },
});

const night = (plans: string, ...more: string[]): string[] => [
  'night',
  '--date',
  '2026-11-20',
  '--plans',
  plans,
  ...more,
];
const at = (one: TinyGateway, ...more: string[]): string[] => [
  '--gateway',
  one.url,
  '--gateway-timeout-ms',
  '500',
  ...more,
];
const KEY = { DAYBREAK_GATEWAY_KEY: 'tiny-key' };
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16);

describe.concurrent('a whole night', () => {
  test('ends with 0, is reported, and is reported again at once; --fresh takes nothing that is paid', async ({
    cli,
    gateway,
  }) => {
    const plans = cli.plans(30);
    const first = await cli.run(night(plans, ...at(gateway)), KEY);
    expect(complaints(first)).toEqual([]);
    expect(first.code).toBe(0);
    const report = cli.report();
    expect(report).toMatchObject({ exitCode: 0, conservation: { holds: true }, reconciliation: { matched: 60 } });
    expect(report.legs.PREMIUM?.CNY?.SUCCESS).toEqual({ count: 30, amountMinor: 3_000 });
    expect(report.executors.reduce((sum, one) => sum + one.items, 0)).toBe(60);
    expect(report.executors.map((one) => one.shardIndex)).toEqual([0, 1, 2]);
    // The last line is the report on one line, because standard output is no terminal here.
    expect(JSON.parse(first.stdout.trim().split('\n').at(-1) ?? '')).toEqual(report);
    for (const name of ['rejects.csv', 'unresolved.csv', 'differences.csv', 'report.html']) {
      expect(existsSync(join(cli.dir, 'daybreak-data/nights/2026-11-20', name))).toBe(true);
    }

    const asked = gateway.requests;
    const again = await cli.run(night(plans, ...at(gateway), '--json'), KEY);
    expect(again.code).toBe(0);
    // At once: nobody is asked, and nothing is worked.
    expect(gateway.requests).toBe(asked);
    expect(again.stderr).toContain('--fresh');
    expect(JSON.parse(again.stdout)).toEqual(report);

    // A wrong file for this date leaves its report where the night's was: the night's comes back with the next start.
    const page = join(cli.dir, 'daybreak-data/nights/2026-11-20/report.html');
    const before = readFileSync(page, 'utf8');
    writeFileSync(join(cli.dir, 'empty.csv'), '');
    expect(await cli.run(night(join(cli.dir, 'empty.csv'), ...at(gateway)), KEY)).toMatchObject({ code: 2 });
    expect(cli.report().exitCode).toBe(2);
    expect(await cli.run(night(plans, ...at(gateway)), KEY)).toMatchObject({ code: 0 });
    expect(cli.report()).toEqual(report);
    expect(readFileSync(page, 'utf8')).toBe(before);

    const fresh = await cli.run(night(plans, ...at(gateway), '--json', '--fresh'), KEY);
    expect(fresh.code).toBe(0);
    expect(JSON.parse(fresh.stdout)).toMatchObject({ exitCode: 0, alreadyStored: 60, legs: { PREMIUM: {} } });
    expect(gateway.arrivals).toBe(60);
  });

  test('runs with the simulator, in any time zone, with a dead proxy in the environment and port 9999 taken', async ({
    cli,
  }) => {
    const blocker = createServer();
    const isOurs = await new Promise<boolean>((resolve) => {
      blocker.once('error', () => resolve(false));
      blocker.listen(9_999, '127.0.0.1', () => resolve(true));
    });
    const dead = 'http://127.0.0.1:1';
    const env = {
      TZ: 'Pacific/Auckland',
      HTTP_PROXY: dead,
      HTTPS_PROXY: dead,
      http_proxy: dead,
      NODE_USE_ENV_PROXY: '1',
      HOME: '/nonexistent',
    };
    const ended = await cli.run(
      night(cli.plans(10), '--faults', 'none', '--cut-off', '05:00', '--executors', '2'),
      env,
    );
    if (isOurs) blocker.close();
    expect(complaints(ended)).toEqual([]);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('05:00:00 Pacific/Auckland');
    expect(cli.report().executors.map((one) => one.address)).not.toContain('http://127.0.0.1:9999/');
  });

  test('a callback reaches it by the port that was asked for', async ({ cli }) => {
    const ended = await cli.run(
      night(cli.plans(20), '--faults', 'moderate', '--callback-port', String(await freePort())),
    );
    expect(ended.code).toBe(0);
  });
});

describe.concurrent('a night that was cut off', () => {
  test('by kill -9 goes on where it was, with the same cut-off, and nobody is debited twice', async ({ cli }) => {
    const plans = cli.plans(1_000);
    const words = night(plans, '--faults', 'moderate', '--chunk-size', '50');
    const first = cli.start(words);
    await first.shows(/PREMIUM [1-9]/);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await cli.run([...words, '--cut-off', '05:00']);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('is taken up');
    const report = cli.report();
    expect(report.cutOffAt - report.startedAt).toBe(7_200_000);
    expect(report.legs.PREMIUM?.CNY?.due?.count).toBe(1_000);
    expect(report.legs.PRINCIPAL?.CNY?.due?.count).toBe(1_000);
    expect(report.executors.reduce((sum, one) => sum + one.items, 0)).toBe(2_000);
  });

  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends with %i and the command that goes on, which does', async ([signal, code], {
    cli,
    gateway,
  }) => {
    // 100 sends at 4 a second: it cannot be over before the signal comes, however late that is.
    gateway.capabilities = { ...gateway.capabilities, batchMax: 2, maxRequestsPerSecond: 4 };
    const words = night(cli.plans(100), ...at(gateway), '--gateway-key', 'tiny-key');
    const first = cli.start(words);
    await first.shows(/PREMIUM [1-9]/);
    first.child.kill(signal);
    const ended = await first.ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain('go on with: daybreak night --date 2026-11-20');
    expect(ended.stderr).not.toContain('tiny-key');
    gateway.capabilities = { ...gateway.capabilities, maxRequestsPerSecond: 200 };
    const second = await cli.run(words);
    expect(second.code).toBe(0);
    expect(gateway.books.size).toBe(200);
    expect(cli.report().legs.PRINCIPAL?.CNY?.SUCCESS?.count).toBe(100);
  });

  test('a second signal ends it at once', async ({ cli, gateway }) => {
    gateway.mode = 'hang';
    // Without it the sends in flight would be waited for, a minute each.
    const first = cli.start(night(cli.plans(50), '--gateway', gateway.url, '--gateway-timeout-ms', '60000'), KEY);
    await first.shows('PREMIUM');
    first.child.kill('SIGINT');
    await first.shows('stopping');
    // By the signal; a night that ends in order has the exit code 130.
    expect(await pressUntilEnded(first.child, 'SIGINT')).toEqual([null, 'SIGINT']);
  });
});

describe.concurrent('while a night runs', () => {
  test('status and resolve ask it, a second start names it, and afterwards the store answers', async ({
    cli,
    gateway,
  }) => {
    gateway.mode = 'processing';
    const words = night(cli.plans(5), ...at(gateway));
    const first = cli.start(words, KEY);
    await first.shows(/PREMIUM 0\/5/);
    const asked = await cli.run(['status', '--json']);
    expect(asked.code).toBe(0);
    const status = JSON.parse(asked.stdout);
    expect(status.running).toMatchObject({ pid: first.child.pid });
    expect(status.chain).toMatchObject({ state: 'running' });
    expect(status.nights).toHaveLength(1);
    expect((await cli.run(['status'])).stdout).toContain('premium-debit');

    const resolved = await cli.run([
      'resolve',
      'daybreak.C1.1.P.1.1',
      '--as',
      'failed',
      '--by',
      'Ann',
      '--approved-by',
      'Bob',
      '--reason',
      'asked the bank',
    ]);
    expect(resolved.code).toBe(2);
    expect(resolved.stderr).toMatch(/not MANUAL/);
    const unknown = await cli.run([
      'resolve',
      'daybreak.C9.1.P.1.1',
      '--as',
      'failed',
      '--by',
      'Ann',
      '--approved-by',
      'Bob',
      '--reason',
      'r',
    ]);
    expect(unknown).toMatchObject({ code: 2 });

    const second = await cli.run(words, KEY);
    expect(second.code).toBe(2);
    expect(second.ms).toBeGreaterThan(9_000);
    expect(second.stderr).toContain(`process ${first.child.pid}`);
    expect(second.stderr).toContain('daybreak night --date 2026-11-20');

    first.child.kill('SIGKILL');
    await first.ended;
    const later = JSON.parse((await cli.run(['status', '--json'])).stdout);
    expect(later).toMatchObject({ running: null, nights: [{ businessDate: '2026-11-20', exitCode: null }] });
    expect(later.open[0]).toMatchObject({ leg: 'PREMIUM', currency: 'CNY', count: 5, amountMinor: '500' });
  });
});

describe.concurrent('what a night refuses', () => {
  test('another plan file, another gateway, and a gateway that is not the one where calls are open', async ({
    cli,
    gateway,
  }) => {
    const plans = cli.plans(5);
    gateway.mode = 'processing';
    const first = cli.start(night(plans, ...at(gateway)), KEY);
    // Killed before a call is stored, it would hold no gateway.
    await vi.waitUntil(() => gateway.arrivals > 0, { timeout: 200_000 });
    first.child.kill('SIGKILL');
    await first.ended;
    const other = await startTinyGateway();
    const otherFile = await cli.run(night(cli.plans(6, 'other.csv'), ...at(gateway)), KEY);
    expect(otherFile.code).toBe(2);
    expect(otherFile.stderr).toMatch(
      /was begun with the plan file of SHA-256 [0-9a-f]{64}, not [0-9a-f]{64} \(\d+ calls? (is|are) open\)/,
    );
    const otherGateway = await cli.run(night(plans, ...at(other)), KEY);
    expect(otherGateway.code).toBe(2);
    expect(otherGateway.stderr).toContain(gateway.url);
    expect(otherGateway.stderr).toContain(other.url);
    const otherNight = await cli.run(['night', '--date', '2026-11-21', '--plans', plans, ...at(other)], KEY);
    expect(otherNight.code).toBe(2);
    expect(otherNight.stderr).toContain(`still open at gateway ${gateway.url}`);
    expect(other.arrivals).toBe(0);
    await other.close();
  });

  test('another gateway for another date, while calls of a killed night stand in no open row yet', async ({
    cli,
    gateway,
  }) => {
    gateway.mode = 'hang';
    const plans = cli.plans(5);
    const first = cli.start(night(plans, '--gateway', gateway.url, '--gateway-timeout-ms', '60000'), KEY);
    await vi.waitUntil(() => gateway.arrivals > 0, { timeout: 200_000 });
    first.child.kill('SIGKILL');
    await first.ended;
    const other = await startTinyGateway();
    const refused = await cli.run(['night', '--date', '2026-11-21', '--plans', plans, ...at(other)], KEY);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`5 calls are still open at gateway ${gateway.url}`);
    expect(other.arrivals).toBe(0);
    await other.close();
  });

  plainTest.each([
    ['that nobody answers at', 'http://127.0.0.1:1', 'tiny-key'],
    ['that refuses the key', null, 'wrong-key'],
  ])('a gateway %s: exit 2, nothing debited, the file reported', async (_, url, key) => {
    const own = nightBench();
    const tiny = await startTinyGateway();
    const words = night(own.plans(3), '--gateway', url ?? tiny.url, '--gateway-key', key, '--json');
    const ended = await own.run(words);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('--gateway');
    expect(JSON.parse(ended.stdout)).toMatchObject({ exitCode: 2, file: { dataLines: 6, accepted: 6 } });
    expect(tiny.arrivals).toBe(0);
    // It was not begun: the next start takes the gateway that answers.
    const next = await own.run(night(join(own.dir, 'plans.csv'), ...at(tiny)), KEY);
    expect(next.code).toBe(0);
    own.remove();
    await tiny.close();
  });

  test('capabilities that cannot be: exit 2 naming the field', async ({ cli, gateway }) => {
    gateway.capabilities = { ...gateway.capabilities, batchMax: 0 };
    const ended = await cli.run(night(cli.plans(1), ...at(gateway)), KEY);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('batchMax');
  });
});

describe.concurrent('how a night can end', () => {
  test('with 4 when the gateway does not show what it did: each difference is listed', async ({ cli, gateway }) => {
    gateway.file = 'empty';
    const ended = await cli.run(night(cli.plans(3), ...at(gateway)), KEY);
    expect(ended.code).toBe(4);
    const report = cli.report();
    expect(report.conservation.holds).toBe(false);
    expect(report.conservation.differences).toHaveLength(6);
    expect(
      readFileSync(join(cli.dir, 'daybreak-data/nights/2026-11-20/differences.csv'), 'utf8').split('\n'),
    ).toHaveLength(8);
    const again = await cli.run(night(join(cli.dir, 'plans.csv'), ...at(gateway)), KEY);
    expect(again.code).toBe(4);
    expect(again.stdout).toContain('--fresh');
  });

  test('with 3 at the cut-off, and after another last pass with 0', async ({ cli, gateway }) => {
    gateway.mode = 'processing';
    const soon = new Date().getUTCSeconds() < 30 ? 1 : 2;
    const words = night(cli.plans(3), ...at(gateway), '--time-zone', 'UTC', '--cut-off', inMinutes(soon));
    const ended = await cli.run(words, KEY);
    expect(ended.code).toBe(3);
    expect(cli.report().legs.PREMIUM?.CNY?.UNRESOLVED).toEqual({ count: 3, amountMinor: 300 });
    expect(cli.report().legs.PRINCIPAL?.CNY?.UNRESOLVED).toEqual({ count: 3, amountMinor: 3_000 });
    const arrived = gateway.arrivals;
    gateway.mode = 'success';
    for (const n of [1, 2, 3]) {
      const requestNo = `daybreak.C${n}.1.P.1.1`;
      gateway.books.set(requestNo, {
        requestNo,
        accountNo: `62100000${String(n).padStart(6, '0')}`,
        amount: 100,
        currency: 'CNY',
      });
    }
    const second = await cli.run(words, KEY);
    // The premiums are settled; their principals were never sent, and nothing is sent after the cut-off.
    expect(second.code).toBe(3);
    expect(cli.report().legs.PREMIUM?.CNY?.SUCCESS).toEqual({ count: 3, amountMinor: 300 });
    expect(gateway.arrivals).toBe(arrived);
    // The next night takes them.
    const next = await cli.run(
      ['night', '--date', '2026-11-21', '--plans', join(cli.dir, 'plans.csv'), ...at(gateway)],
      KEY,
    );
    expect(next.code).toBe(0);
    expect(cli.report('2026-11-21').legs.PRINCIPAL?.CNY?.SUCCESS).toEqual({ count: 3, amountMinor: 3_000 });
    expect(cli.report('2026-11-21').legs.PREMIUM).toEqual({});
  });

  test('with 3 when people have to judge: they resolve it by hand, and the same command ends the night', async ({
    cli,
    gateway,
  }) => {
    gateway.mode = 'other-amount';
    const words = night(cli.plans(2), ...at(gateway));
    // Nothing is sent any more: what became of the two premiums is for people to say.
    await killedWhenBothArrived(cli.start(words, KEY), gateway);
    // Long enough to start and to ask for the one that the kill may have left in the air.
    moveCutOff(storeOf(cli.dir), '2026-11-20', { inMs: 40_000 });
    expect(await cli.run(words, KEY)).toMatchObject({ code: 3 });
    const status = JSON.parse((await cli.run(['status', '--json'])).stdout);
    expect(status.money).toContainEqual({
      leg: 'PREMIUM',
      currency: 'CNY',
      state: 'MANUAL',
      count: 2,
      amountMinor: '200',
    });
    const judge = (requestNo: string, as: string) =>
      cli.run(['resolve', requestNo, '--as', as, '--by', 'Ann', '--approved-by', 'Bob', '--reason', 'asked the bank']);
    const first = await judge('daybreak.C1.1.P.1.1', 'failed');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('daybreak.C1.1.P.1.1 is FAILED now');
    expect(first.stdout).toContain('resolved as failed by Ann, approved by Bob: asked the bank');
    expect(await judge('daybreak.C1.1.P.1.1', 'success')).toMatchObject({ code: 2 });
    expect(await judge('daybreak.C2.1.P.1.1', 'failed')).toMatchObject({ code: 0 });
    const second = await cli.run(words, KEY);
    expect([0, 3]).toContain(second.code);
    expect(cli.report().legs.PREMIUM?.CNY?.FAILED).toEqual({ count: 2, amountMinor: 200 });
    expect(gateway.books.size).toBe(0);
  });

  test('with 4 when the gateway is gone until the cut-off: what is open is listed, and stays open', async ({
    cli,
    gateway,
  }) => {
    gateway.mode = 'processing';
    const words = night(cli.plans(2), ...at(gateway));
    // Killed when both debit jobs are back: the reconciliation then begins with the cut-off, while the gateway is still
    // tried. As long as that it has to wait, and not to fail so often that the night ends with 1.
    await killedWhenBothArrived(cli.start(words, KEY), gateway);
    // A tenth of it is the grace of the principals, and the rest is for a slow start.
    moveCutOff(storeOf(cli.dir), '2026-11-20', { inMs: 90_000 });
    await killedWhenItShows(cli.start(words, KEY), 'PRINCIPAL 0/2');
    await gateway.close();
    moveCutOff(storeOf(cli.dir), '2026-11-20', { inMs: 1_000 });
    const last = await cli.run(words, KEY);
    expect(last.code, last.stderr).toBe(4);
    expect(gateway.arrivals).toBe(2);
    expect(cli.report().conservation.differences[0]).toMatchObject({ kind: 'NO_SETTLEMENT_FILE' });
    expect(cli.report().legs.PREMIUM?.CNY?.UNRESOLVED).toEqual({ count: 2, amountMinor: 200 });
    expect(cli.report().legs.PRINCIPAL?.CNY?.UNRESOLVED).toEqual({ count: 2, amountMinor: 2_000 });
  });

  test('a report folder that was moved away is written again', async ({ cli, gateway }) => {
    const words = night(cli.plans(3), ...at(gateway));
    await cli.run(words, KEY);
    const folder = join(cli.dir, 'daybreak-data/nights/2026-11-20');
    renameSync(folder, `${folder}.old`);
    const again = await cli.run(words, KEY);
    expect(again.code).toBe(0);
    expect(cli.report().legs.PREMIUM?.CNY?.SUCCESS?.count).toBe(3);
    rmSync(`${folder}.old`, { recursive: true });
  });
});

/** What it said on standard error, but for the warnings of a machine on which everything is late. */
const complaints = ({ stderr }: Ended): string[] =>
  stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{"level":"warn"'));

async function killedWhenItShows(started: Started, text: string): Promise<void> {
  await started.shows(text);
  started.child.kill('SIGKILL');
  await started.ended;
}

/** What has not been sent before the cut-off never is. */
async function killedWhenBothArrived(started: Started, gateway: TinyGateway): Promise<void> {
  await vi.waitUntil(() => gateway.arrivals >= 2, { timeout: 200_000 });
  started.child.kill('SIGKILL');
  await started.ended;
}
