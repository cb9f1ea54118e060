import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type NightOptions, nightOptions } from '../../../deploy/cli/night-options.ts';
import { parseCommandLine } from '../../../deploy/cli/options/parse-command-line.ts';
import { percentOption } from '../../../deploy/cli/options/read-values.ts';

const folder = mkdtempSync(join(tmpdir(), 'daybreak-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options = (words: string[], env: Record<string, string> = {}): NightOptions => {
  const line = parseCommandLine(['night', ...words], env);
  if (line.kind !== 'run') throw new Error(`not a run: ${line.kind}`);
  return nightOptions(line.given, folder);
};
const real = ['--date', '2026-11-20', '--plans', 'plans.csv'];
const gateway = ['--gateway', 'http://127.0.0.1:1', '--gateway-key', 'k'];

describe('the options of a night', () => {
  test('without any, the sample runs against the simulator with moderate faults', () => {
    expect(options([])).toMatchObject({
      businessDate: '2026-11-20',
      sample: true,
      gateway: { kind: 'simulator', faults: 'moderate' },
      gatewayTimeoutMs: 2_000,
      executors: 3,
      chunkSize: 1_000,
      home: join(folder, 'daybreak-data'),
      reportDir: join(folder, 'daybreak-data/nights/2026-11-20'),
      store: { kind: 'sqlite', path: join(folder, 'daybreak-data/daybreak.db') },
      cutOff: null,
      redisUrl: null,
    });
  });

  test('a gateway of its own gets its key and ten seconds', () => {
    const night = options([...real, ...gateway]);
    expect(night.gateway).toMatchObject({ kind: 'url', key: 'k' });
    expect(night.gatewayTimeoutMs).toBe(10_000);
  });

  test('the key comes from the environment or from a file, its line end cut', () => {
    expect(options([...real, '--gateway', 'http://g'], { DAYBREAK_GATEWAY_KEY: 'e' }).gateway).toMatchObject({
      key: 'e',
    });
    writeFileSync(join(folder, 'key'), 'f\n');
    const fromFile = options([...real, '--gateway', 'http://g', '--gateway-key-file', 'key'], {
      DAYBREAK_GATEWAY_KEY: 'e',
    });
    expect(fromFile.gateway).toMatchObject({ key: 'f' });
  });

  test.each([
    [['--plans', 'a.csv'], '--plans needs --date'],
    [['--date', '2026-11-20'], '--date needs --plans'],
    [['--date', '2026-02-30', '--plans', 'a'], '--date "2026-02-30" is no calendar date'],
    [['--date', '2025-02-29', '--plans', 'a'], 'is no calendar date'],
    [['--date', '20261120', '--plans', 'a'], 'is no calendar date'],
    [[...real, '--gateway', 'http://g', '--faults', 'none'], '--faults is for the simulator'],
    [[...real, '--gateway', 'http://g'], '--gateway needs a key'],
    [[...real, '--gateway', 'ftp://g', '--gateway-key', 'k'], '--gateway is no URL'],
    [[...real, '--gateway', 'nonsense', '--gateway-key', 'k'], '--gateway is no URL'],
    [[...real, '--gateway', 'http://u:pw@g', '--gateway-key', 'k'], '--gateway must not hold a user or password'],
    [[...real, '--gateway-key', 'k'], '--gateway-key needs --gateway'],
    [[...real, '--gateway', 'http://g', '--gateway-key-file', 'absent'], '--gateway-key-file'],
    [[...real, '--gateway', 'http://g', '--gateway-key', 'a b'], '--gateway-key cannot be sent'],
    [['--faults', 'wild'], '--faults "wild" is none of none, moderate, hostile'],
    [['--cut-off', '24:00'], '--cut-off "24:00"'],
    [['--cut-off', '5:00'], '--cut-off "5:00"'],
    [['--time-zone', 'Mars/Olympus'], '--time-zone "Mars/Olympus"'],
    [['--chunk-size', '0'], '--chunk-size "0"'],
    [['--chunk-size', '100001'], '--chunk-size "100001"'],
    [['--chunk-size', '1e3'], '--chunk-size "1e3"'],
    [['--executors', '0'], '--executors "0"'],
    [['--executors', '65'], '--executors "65"'],
    [['--max-reject-percent', '100.1'], '--max-reject-percent "100.1"'],
    [['--max-reject-percent', '-1'], '--max-reject-percent'],
    [['--callback-port', '0'], '--callback-port "0"'],
    [['--callback-port', '65536'], '--callback-port "65536"'],
    [['--callback-secret', 's'], '--callback-secret needs --callback-port'],
    [['--gateway-timeout-ms', 'soon'], '--gateway-timeout-ms "soon"'],
    [['--store', 'postgres://h/db'], '--store is neither sqlite: nor mysql://'],
    [['--store', 'sqlite::memory:'], '--store needs a file'],
    [['--store', 'mysql://root:hush@h'], '--store is incomplete'],
    [['--store', 'mysql://root:hush%ZZ@h/nights'], '--store has a "%"'],
    [['--redis', 'http://h'], '--redis is no redis:// URL'],
  ])('%j is refused, naming the option', (words, sentence) => {
    expect(() => options(words)).toThrow(sentence);
    expect(() => options(words)).not.toThrow(/hush|pw@/);
  });

  test('a leap day is a date', () => {
    expect(options(['--date', '2028-02-29', '--plans', 'a']).businessDate).toBe('2028-02-29');
  });

  test('a percentage may have six decimals', () => {
    expect(percentOption('p', '0.29')).toBe(0.29);
    expect(percentOption('p', '100.000000')).toBe(100);
    expect(() => percentOption('p', '0.0000001')).toThrow('no percentage');
  });
});
