import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test as plainTest, vi } from 'vitest';
import { type Bench, nightBench } from '../support/night-command.ts';
import { storeOf } from '../support/night-killer.ts';
import { isRunning, type LaunchedNight, launchNight } from '../support/night-launch.ts';
import { startTinyGateway, type TinyGateway } from '../support/tiny-gateway.ts';

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

const at = (gateway: TinyGateway, plans: string): string[] => [
  ...['--date', '2026-11-20', '--plans', plans, '--gateway', gateway.url, '--gateway-key', 'tiny-key'],
  ...['--gateway-timeout-ms', '500'],
];

async function shows(night: LaunchedNight, text: string | RegExp): Promise<void> {
  const isShown = (): boolean => night.output().match(text) !== null;
  for (let left = 4_000; !isShown(); left -= 1) {
    if (left === 0 || night.launcher.exitCode !== null) throw new Error(`it did not show ${text}: ${night.output()}`);
    await sleep(50);
  }
}

async function goesAway(pid: number): Promise<void> {
  for (let left = 1_200; isRunning(pid); left -= 1) {
    if (left === 0) throw new Error(`process ${pid} did not end within a minute`);
    await sleep(50);
  }
}

describe.concurrent('the launcher and the real process', () => {
  test.for(['launcher', 'real'] as const)('end together when the %s is killed with -9', async (who, {
    cli,
    gateway,
  }) => {
    gateway.mode = 'processing';
    const night = launchNight(cli.dir, at(gateway, cli.plans(5)));
    await shows(night, 'PREMIUM 0/5');
    const pids = [night.launcher.pid ?? 0, night.realPid() ?? 0];
    expect(pids[1]).toBeGreaterThan(0);
    process.kill(pids[who === 'launcher' ? 0 : 1] ?? 0, 'SIGKILL');
    await night.ended;
    for (const pid of pids) await goesAway(pid);
    gateway.mode = 'success';
    for (let n = 1; n <= 5; n += 1) {
      const accountNo = `62100000${String(n).padStart(6, '0')}`;
      gateway.books.set(`daybreak.C${n}.1.P.1.1`, {
        ...{ requestNo: `daybreak.C${n}.1.P.1.1`, accountNo, amount: 100, currency: 'CNY' },
      });
    }
    const end = await launchNight(cli.dir, at(gateway, join(cli.dir, 'plans.csv'))).ended;
    expect(end.code, end.stderr).toBe(0);
    expect(gateway.arrivals).toBe(10);
  });

  test.for([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s to the launcher stops the night in order, exit %i, and the printed command goes on', async ([
    signal,
    code,
  ], { cli, gateway }) => {
    // 100 sends at 4 a second: it cannot be over before the signal comes, however late that is.
    gateway.capabilities = { ...gateway.capabilities, batchMax: 2, maxRequestsPerSecond: 4 };
    const words = at(gateway, cli.plans(100));
    const night = launchNight(cli.dir, words);
    await shows(night, /PREMIUM [1-9]/);
    night.launcher.kill(signal);
    const end = await night.ended;
    expect(end).toMatchObject({ code, signal: null });
    expect(end.stderr).toContain('go on with: daybreak night --date 2026-11-20');
    gateway.capabilities = { ...gateway.capabilities, maxRequestsPerSecond: 200 };
    const next = await launchNight(cli.dir, words).ended;
    expect(next.code, next.stderr).toBe(0);
    expect(gateway.books.size).toBe(200);
  });
});

describe.concurrent('two starts on one store', () => {
  test('at the same instant: one works, the other waits and ends with 2 naming it, or finds it ended', async ({
    cli,
    gateway,
  }) => {
    gateway.mode = 'processing';
    const words = ['night', ...at(gateway, cli.plans(5))];
    const both = [cli.start(words), cli.start(words)];
    const first = await Promise.race(both.map((one, no) => one.ended.then((end) => ({ no, end }))));
    expect(first.end.code).toBe(2);
    expect(first.end.ms).toBeGreaterThan(9_000);
    const other = both[1 - first.no];
    expect(first.end.stderr).toContain(`process ${other?.child.pid}`);
    await vi.waitFor(() => expect(gateway.arrivals).toBe(5), { timeout: 200_000 });
    other?.child.kill('SIGKILL');
    await other?.ended;
    expect(gateway.arrivals).toBe(5);
  });
});

describe.concurrent('Ctrl-C in a terminal', () => {
  const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
  plainTest.skipIf(!hasPython)('stops a night of npm run night once, however many processes hear it', async () => {
    const cli = nightBench();
    const gateway = await startTinyGateway();
    gateway.capabilities = { ...gateway.capabilities, batchMax: 20, maxRequestsPerSecond: 4 };
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const words = [...at(gateway, cli.plans(400)), '--home', join(cli.dir, 'daybreak-data')];
    // A shell's job: in a terminal of its own, in its foreground group, with Ctrl-C typed when the bars are up.
    const script = `
import os, pty, sys, time, select
pid, fd = pty.fork()
if pid == 0:
    os.chdir(sys.argv[1])
    os.execvp('npm', ['npm', 'run', '--silent', 'night', '--'] + sys.argv[2:])
seen, typed = b'', False
while True:
    try:
        part = os.read(fd, 65536)
    except OSError:
        break
    if not part:
        break
    seen += part
    if not typed and b'PREMIUM' in seen:
        time.sleep(1.5)
        os.write(fd, b'\\x03')
        typed = True
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
print('\\nENDED', os.waitstatus_to_exitcode(status))
`;
    const child = spawn('python3', ['-c', script, root, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect(shown).toContain('█');
    expect(shown).toContain('stopping: no new debits');
    expect(shown).toContain('go on with: daybreak night');
    expect(shown).toMatch(/ENDED (130|-2)/);
    expect(gateway.books.size).toBeLessThan(800);
    gateway.capabilities = { ...gateway.capabilities, maxRequestsPerSecond: 200 };
    const next = await launchNight(cli.dir, at(gateway, join(cli.dir, 'plans.csv'))).ended;
    expect(next.code, next.stderr).toBe(0);
    expect(gateway.books.size).toBe(800);
    await gateway.close();
    cli.remove();
  });
});

describe.concurrent('a store that goes wrong', () => {
  // A small file system of one's own takes root; without it there is nothing to fill up.
  const isRoot = process.getuid?.() === 0;
  const mounts = (dir: string): boolean => {
    mkdirSync(dir, { recursive: true });
    return isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'daybreak-test', dir]).status === 0;
  };

  test('a full disk: exit 1 with one sentence, and the same command goes on when there is room', async ({
    cli,
    gateway,
    skip,
  }) => {
    const home = join(cli.dir, 'small');
    if (!mounts(home)) skip('mounting a small file system needs root');
    try {
      const words = [...at(gateway, cli.plans(3_000)), '--home', home, '--report', join(cli.dir, 'report')];
      writeFileSync(join(home, 'ballast'), Buffer.alloc(3_500_000));
      const full = await launchNight(cli.dir, words).ended;
      expect(full.code, full.stderr).toBe(1);
      const said = full.stderr.split('\n').filter((line) => line.startsWith('daybreak: '));
      expect(said.at(-2)).toMatch(/store .* could not be written .* full/);
      expect(said.at(-1)).toContain('go on with: daybreak night');
      rmSync(join(home, 'ballast'));
      spawnSync('mount', ['-o', 'remount,size=200m', home]);
      const next = await launchNight(cli.dir, words).ended;
      expect(next.code, next.stderr).toBe(0);
      expect(gateway.books.size).toBe(6_000);
    } finally {
      spawnSync('umount', ['-l', home]);
    }
  });

  test('a store that is no store, or cannot be written: exit 2 and one sentence that names it', async ({
    cli,
    gateway,
  }) => {
    const words = at(gateway, cli.plans(2));
    mkdirSync(join(cli.dir, 'daybreak-data'));
    writeFileSync(storeOf(cli.dir), 'this was a letter, and no store of nights\n'.repeat(200));
    const letter = await launchNight(cli.dir, words).ended;
    expect(letter.code).toBe(2);
    expect(letter.stderr.trim().split('\n')).toHaveLength(1);
    expect(letter.stderr).toContain('daybreak.db');
    rmSync(storeOf(cli.dir));
    mkdirSync(storeOf(cli.dir));
    const folder = await launchNight(cli.dir, words).ended;
    expect(folder.code).toBe(2);
    expect(folder.stderr.trim().split('\n')).toHaveLength(1);
    expect(gateway.arrivals).toBe(0);
  });

  plainTest.skipIf(isRoot)('a read-only store: exit 2 and one sentence (root may write all)', async () => {
    const cli = nightBench();
    const gateway = await startTinyGateway();
    const words = at(gateway, cli.plans(2));
    expect((await launchNight(cli.dir, words).ended).code).toBe(0);
    chmodSync(storeOf(cli.dir), 0o400);
    const end = await launchNight(cli.dir, words).ended;
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('daybreak.db');
    await gateway.close();
    cli.remove();
  });

  test('a store that is taken away while it works: what was debited stays known to the gateway alone', async ({
    cli,
    gateway,
  }) => {
    gateway.mode = 'processing';
    const words = at(gateway, cli.plans(5));
    const night = launchNight(cli.dir, words);
    await shows(night, 'PREMIUM 0/5');
    night.launcher.kill('SIGKILL');
    await night.ended;
    for (const ending of ['', '-wal']) rmSync(`${storeOf(cli.dir)}${ending}`, { force: true });
    expect(existsSync(storeOf(cli.dir))).toBe(false);
    gateway.mode = 'success';
    // The same keys are made anew from the plans: the gateway's idempotency answers for what it has executed.
    const next = await launchNight(cli.dir, words).ended;
    expect(next.code, next.stderr).toBe(0);
    expect(gateway.books.size).toBe(10);
  });
});
