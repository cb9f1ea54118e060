import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../../deploy/cli/options/commands.ts';
import { type Configured, configure, printedConfig } from '../../../../deploy/cli/options/configure.ts';
import { parseCommandLine } from '../../../../deploy/cli/options/parse-command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'daybreak-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const fileOf = (config: unknown): string => {
  const path = join(folder, `${++files}.json`);
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));
  return path;
};

function configured(words: string[], env: Record<string, string> = {}): Configured & { readonly printed: string } {
  const line = parseCommandLine(words, env);
  if (line.kind !== 'run') throw new Error(`not a run: ${line.kind}`);
  const given = configure(line.command, line.given, { env, cwd: folder, commands: COMMANDS });
  return { ...given, printed: printedConfig(line.command, given) };
}

describe('file, environment and command line', () => {
  test('the later one wins over the earlier, and each value says where it comes from', () => {
    const config = fileOf({ store: 'sqlite:file.db', port: 1, drain: 1 });
    const env = { DAYBREAK_CONFIG: config, DAYBREAK_PORT: '2', DAYBREAK_DRAIN: '2' };
    const { values, origins } = configured(['scheduler', '--drain', '3'], env);
    expect(values).toMatchObject({ store: 'sqlite:file.db', port: '2', drain: '3' });
    expect(origins.get('store')).toBe(config);
    expect(origins.get('port')).toBe('DAYBREAK_PORT');
    expect(origins.get('drain')).toBe('--drain');
  });

  test('--config wins over DAYBREAK_CONFIG, and the fields below a command over those at the top', () => {
    const typed = fileOf({ port: 1, scheduler: { port: 2 }, executor: { port: 3 } });
    const env = { DAYBREAK_CONFIG: fileOf({ port: 4 }) };
    expect(configured(['scheduler', '--config', typed], env).values.port).toBe('2');
    expect(configured(['executor', '--config', typed], env).values.port).toBe('3');
    expect(configured(['gateway', '--config', typed], env).values.port).toBe('1');
  });

  test('a file may write switches, lists and labels as JSON has them', () => {
    const config = fileOf({ settlement: true, schedulers: ['http://a:1', 'http://b:1'], labels: { region: 'north' } });
    const { values, switches } = configured(['executor', '--config', config]);
    expect(switches.has('settlement')).toBe(true);
    expect(values).toMatchObject({ schedulers: 'http://a:1,http://b:1', labels: 'region=north' });
  });

  test('a switch of the file can be turned off by its variable, and an empty variable is none', () => {
    const config = fileOf({ settlement: true, noMigrate: true });
    const env = { DAYBREAK_SETTLEMENT: 'false', DAYBREAK_NO_MIGRATE: '' };
    const { switches } = configured(['scheduler', '--config', config], env);
    expect([...switches]).toEqual(['no-migrate']);
  });

  test('one file and one environment serve all commands: what another one knows is passed over', () => {
    const config = fileOf({ store: 'sqlite:x.db', gateway: 'http://127.0.0.1:1', jobs: './jobs.mjs' });
    const env = {
      DAYBREAK_CHUNK_SIZE: '5',
      DAYBREAK_TEST_MYSQL_URL: 'mysql://x',
      SOMETHING: 'else',
      DAYBREAK_MINE: '1',
    };
    expect(configured(['scheduler', '--config', config], env).values).toEqual({
      config,
      store: 'sqlite:x.db',
      jobs: './jobs.mjs',
    });
  });

  test.each<[string, unknown, string]>([
    ['a field that nobody knows', { stoer: 'x' }, 'stoer in .* is not known: did you mean store?'],
    ['one below a command', { scheduler: { prot: 1 } }, 'prot in .* is not known: did you mean port?'],
    ['a switch that is none', { settlement: 'yes' }, 'settlement in .* must be true or false'],
    ['a value that is none', { port: { a: 1 } }, 'port in .* must be a text or a number'],
    ['a section of no command', { executr: { port: 1 } }, '"executr" is no command: did you mean "executor"\\?'],
    ['a section that is none', { scheduler: 5 }, '"scheduler" must be an object of options'],
    ['a text that is no JSON', '{', 'cannot be read .*: give a JSON file'],
    ['a list', [], 'must hold one JSON object'],
  ])('%s is refused', (_, config, sentence) => {
    expect(() => configured(['scheduler', '--config', fileOf(config)])).toThrow(new RegExp(sentence));
  });

  test('a variable that looks like a slip of the pen is refused', () => {
    expect(() => configured(['scheduler'], { DAYBREAK_STOER: 'x' })).toThrow(
      'the variable DAYBREAK_STOER is not known: did you mean DAYBREAK_STORE?',
    );
    expect(() => configured(['executor'], { DAYBREAK_GATEWAY_TIMEOUT: '500' })).toThrow(
      'the variable DAYBREAK_GATEWAY_TIMEOUT is not known: did you mean DAYBREAK_GATEWAY_TIMEOUT_MS?',
    );
  });

  test('a secret of jobs is taken for no slip, whatever it is called', () => {
    // Near enough to an option to be taken for it, some of them.
    const names = ['CALLBACK_SECRET', 'GATEWAY_KEY', 'GATEWAY_KEY_FILE', 'ACCESS_TOKEN_FILE', 'REPORT_DIR'];
    const env = Object.fromEntries(names.map((name) => [`DAYBREAK_SECRET_${name}`, 'x']));
    expect(configured(['executor'], { ...env, DAYBREAK_SECRETS_DIR: '/run/secrets' }).values).toEqual({});
  });

  test('a secret is no option, and the sentence says where it belongs', () => {
    expect(() => configured(['scheduler', '--access-token', 'hush'])).toThrow(
      '--access-token is no option, because the process list would show it: set DAYBREAK_ACCESS_TOKEN',
    );
  });

  test('--print-config shows every option with its origin, and no secret', () => {
    const env = { DAYBREAK_ACCESS_TOKEN: 'hush', DAYBREAK_STORE: 'mysql://root:hush@db/x' };
    const { printed } = configured(['scheduler', '--port', '5', '--print-config'], env);
    expect(printed).not.toContain('hush');
    expect(JSON.parse(printed)).toMatchObject({
      store: { value: 'mysql://root:***@db/x', from: 'DAYBREAK_STORE' },
      accessToken: { value: '[masked]', from: 'DAYBREAK_ACCESS_TOKEN' },
      port: { value: '5', from: '--port' },
      drain: { value: '10', from: 'default' },
      settlement: { value: false, from: 'default' },
    });
  });
});

test('an option that may be given more than once is a list, and any other is refused the second time', () => {
  const { lists, positionals } = configured(['fire', 'close', '--param', 'a=1', '--param', 'b=2']);
  expect(lists).toEqual({ param: ['a=1', 'b=2'] });
  expect(positionals).toEqual(['close']);
  expect(() => configured(['fire', 'close', '--date', '2026-11-20', '--date', '2026-11-21'])).toThrow('given twice');
});
