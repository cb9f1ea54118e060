import { describe, expect, test } from 'vitest';
import { commandText } from '../../../deploy/cli/options/command-text.ts';
import { COMMANDS } from '../../../deploy/cli/options/commands.ts';
import { commandHelp, overview } from '../../../deploy/cli/options/help-text.ts';
import { type Given, parseCommandLine } from '../../../deploy/cli/options/parse-command-line.ts';

const run = (words: string[], env: Record<string, string> = {}): Given => {
  const line = parseCommandLine(words, env);
  if (line.kind !== 'run') throw new Error(`not a run: ${line.kind}`);
  return line.given;
};
const night = COMMANDS[0];
if (night === undefined) throw new Error('no commands');

describe('the command line', () => {
  test('takes options as --name value and --name=value', () => {
    const given = run(['night', '--date', '2026-11-20', '--plans=a b.csv', '--json']);
    expect(given.values).toEqual({ date: '2026-11-20', plans: 'a b.csv' });
    expect([...given.switches]).toEqual(['json']);
  });

  test('an unknown command names the one that was meant', () => {
    expect(() => parseCommandLine(['nigth'], {})).toThrow('unknown command "nigth": did you mean "night"?');
  });

  test('an unknown option names the one that was meant', () => {
    expect(() => parseCommandLine(['night', '--cutoff', '05:00'], {})).toThrow(
      'unknown option --cutoff of daybreak night: did you mean --cut-off?',
    );
  });

  test('an unknown option that is near nothing points to the help', () => {
    expect(() => parseCommandLine(['status', '--zzzzzz'], {})).toThrow('see daybreak status --help');
  });

  test.each([
    [['night', '--date'], '--date needs a value'],
    [['night', '--date', '--json'], '--date needs a value'],
    [['night', '--date='], '--date needs a value'],
    [['night', '--json=yes'], '--json takes no value'],
    [['night', '--date', '2026-11-20', '--date', '2026-11-21'], '--date is given twice'],
    [['night', 'plans.csv'], '"plans.csv" is no option of daybreak night'],
    [['--date', '2026-11-20'], 'a command comes first'],
  ])('%j is refused with one sentence', (words, sentence) => {
    expect(() => parseCommandLine(words, {})).toThrow(sentence);
  });

  test('what is typed wins over the environment variable of the option', () => {
    expect(run(['night'], { DAYBREAK_GATEWAY_KEY: 'from-env' }).values['gateway-key']).toBe('from-env');
    const both = run(['night', '--gateway-key', 'typed'], { DAYBREAK_GATEWAY_KEY: 'from-env' });
    expect(both.values['gateway-key']).toBe('typed');
    expect(both.fromEnv.has('gateway-key')).toBe(false);
  });
});

describe('the help', () => {
  test.each(COMMANDS.map((command) => [command.name, command] as const))('of %s names each option', (_, command) => {
    const text = commandHelp(command, 90);
    for (const option of command.options) {
      if (option.secret !== true) expect(text).toContain(`--${option.name}`);
      if (option.env !== undefined) expect(text).toContain(option.env);
    }
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(90);
  });

  test('of daybreak names each command', () => {
    for (const { name } of COMMANDS) expect(overview('1.2.3')).toContain(name);
  });

  test('-h and help NAME show the same', () => {
    for (const words of [
      ['night', '-h'],
      ['night', '--help'],
      ['help', 'night'],
    ]) {
      expect(parseCommandLine(words, {})).toMatchObject({ kind: 'help', command: { name: 'night' } });
    }
  });
});

describe('the command that goes on', () => {
  test('holds no secret, and quotes what a shell would take apart', () => {
    const given = run([
      'night',
      '--date',
      '2026-11-20',
      '--plans',
      "a b'c 中.csv",
      '--gateway-key',
      'hush',
      '--callback-secret',
      'hush2',
      '--store',
      'mysql://root:hush3@db/daybreak',
      '--fresh',
    ]);
    const text = commandText(night, given, ['fresh']);
    expect(text).not.toMatch(/hush/);
    expect(text).toContain(`--plans 'a b'\\''c 中.csv'`);
    expect(text).toContain('--gateway-key "$DAYBREAK_GATEWAY_KEY"');
    expect(text).not.toContain('--fresh');
  });
});
