import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { nightBench } from '../support/night-command.ts';

const bench = nightBench();
afterAll(() => bench.remove());
const plans = bench.plans(1);
const real = ['night', '--date', '2026-11-20', '--plans', plans];

describe('the command as a process', () => {
  test.concurrent('--version and --help go to standard output and end with 0', async () => {
    const version = await bench.run(['--version']);
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const words of [['--help'], ['night', '--help'], ['status', '--help'], ['resolve', '--help']]) {
      const help = await bench.run(words);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain('Usage: daybreak');
    }
  });

  test.concurrent('a folder in which nothing ever ran is told from a quiet one, and not made', async () => {
    const ended = await bench.run(['status', '--home', 'mistyped']);
    expect(ended).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/nothing was ever run here.*mistyped.*--home/),
    });
    expect((await bench.run(['status', '--home', 'mistyped'])).stderr).toBe(ended.stderr);
    expect(JSON.parse((await bench.run(['status', '--home', 'mistyped', '--json'])).stdout)).toMatchObject({
      nights: [],
    });
  });

  test.concurrent.each([
    [['nigth'], 'did you mean "night"'],
    [['night', '--plan', 'x'], 'did you mean --plans'],
    [['night', '--plans', plans], '--plans needs --date'],
    [['night', '--date', '2026-02-30', '--plans', plans], '--date "2026-02-30"'],
    [['night', '--date', '2026-11-20', '--plans', 'absent.csv'], '--plans: the plan file'],
    [['night', '--date', '2026-11-20', '--plans', '.'], '--plans: the plan file'],
    [[...real, '--gateway', 'http://127.0.0.1:1', '--gateway-key', 'k', '--faults', 'none'], '--faults'],
    [[...real, '--gateway', 'http://127.0.0.1:1'], '--gateway needs a key'],
    [[...real, '--cut-off', '25:00'], '--cut-off'],
    [[...real, '--time-zone', 'Nowhere/Else'], '--time-zone'],
    [[...real, '--chunk-size', '0'], '--chunk-size'],
    [[...real, '--executors', '65'], '--executors'],
    [[...real, '--max-reject-percent', '101'], '--max-reject-percent'],
    [
      [...real, '--store', 'mysql://root:hush@127.0.0.1:1/nights'],
      '--store: no connection to the database at 127.0.0.1:1',
    ],
    [[...real, '--redis', 'redis://:hush@127.0.0.1:1'], '--redis'],
    [[...real, '--home', '/dev/null/x'], '--home'],
    [[...real, '--home', 'unused', '--report', plans], 'name another with --report'],
    [['status', '--home', plans], 'name another with --home'],
    [['resolve', '--as', 'success'], 'give one REQUEST_NO'],
    [['resolve', 'daybreak.C1.1.P.1.1', '--as', 'maybe'], '--as "maybe"'],
    [
      ['resolve', 'daybreak.C1.1.P.1.1', '--as', 'failed', '--by', 'Ann', '--approved-by', 'ANN', '--reason', 'r'],
      'second person',
    ],
    [
      ['resolve', 'daybreak.C1.1.P.1.1', '--as', 'failed', '--by', 'Ann', '--approved-by', 'Bob', '--reason', ' '],
      '--reason',
    ],
  ])('%j ends with 2 and one sentence', async (words, sentence) => {
    const ended = await bench.run(words);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(sentence);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).not.toContain('hush');
  });

  test.concurrent('status of a home without a store shows nothing and makes nothing', async () => {
    const ended = await bench.run(['status', '--home', 'never', '--json']);
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ running: null, nights: [], open: [] });
  });

  test.concurrent('a callback port that is taken is named', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const port = String((blocker.address() as { port: number }).port);
    const ended = await bench.run([...real, '--callback-port', port, '--home', 'callback']);
    blocker.close();
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(`--callback-port ${port}`);
  });
});

describe('a plan file that is refused', () => {
  test.concurrent('whole: the report has its lines, nothing else is there', async () => {
    const path = join(bench.dir, 'cut.csv');
    writeFileSync(path, (await import('../support/night-command.ts')).planFile(3).replace('TRAILER,6', 'TRAILER,7'));
    const ended = await bench.run([
      'night',
      '--date',
      '2026-11-20',
      '--plans',
      path,
      '--report',
      'cut-report',
      '--home',
      'cut',
      '--json',
    ]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('announces 7 data lines and has 6');
    expect(JSON.parse(ended.stdout)).toMatchObject({ exitCode: 2, file: { dataLines: 6, accepted: 0 } });
  });

  test.concurrent('for too many rejects: they are written, nothing is debited, a better file may follow', async () => {
    const home = ['--home', 'rejects', '--report', 'rejects-report', '--faults', 'none', '--json'];
    const bad = join(bench.dir, 'bad.csv');
    const { planFile } = await import('../support/night-command.ts');
    writeFileSync(bad, planFile(3).replace(',1.00,', ',1.001,'));
    const refused = await bench.run(['night', '--date', '2026-11-20', '--plans', bad, ...home]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--max-reject-percent');
    expect(JSON.parse(refused.stdout)).toMatchObject({
      exitCode: 2,
      file: { dataLines: 6, accepted: 5, rejected: { AMOUNT_INVALID: 1 } },
    });
    const good = join(bench.dir, 'good.csv');
    writeFileSync(good, planFile(3));
    const ended = await bench.run(['night', '--date', '2026-11-20', '--plans', good, ...home]);
    expect(ended.stderr).not.toContain('daybreak:');
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ legs: { PREMIUM: { CNY: { due: { count: 3 } } } } });
  });
});
