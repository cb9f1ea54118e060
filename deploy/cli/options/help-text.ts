import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { COMMANDS } from './commands.ts';

/** The text of `daybreak --help`. */
export function overview(version: string): string {
  return [
    `daybreak ${version}: a batch scheduler that settles every debit before daybreak`,
    '',
    'Usage: daybreak COMMAND [options]',
    '',
    ...COMMANDS.map((command) => `  ${command.name.padEnd(11)}${command.summary}`),
    '',
    'daybreak COMMAND --help shows the options of a command; daybreak --version the version.',
    '',
  ].join('\n');
}

/** The text of `daybreak COMMAND --help`, no line wider than `columns` where words allow it. */
export function commandHelp(command: CommandSpec, columns = 100): string {
  const usage = ['daybreak', command.name, command.positional, '[options]'].filter(Boolean).join(' ');
  return [
    `Usage: ${usage}`,
    '',
    ...wrap(command.about.join(' '), columns),
    '',
    'Options:',
    ...command.options.filter(({ secret }) => secret !== true).flatMap((option) => optionLines(option, columns)),
    ...secretLines(command, columns),
    '',
    'Exit codes:',
    ...command.exitCodes.flatMap(([code, meaning]) => indented(`  ${code}`.padEnd(8), meaning, columns)),
    '',
  ].join('\n');
}

const INDENT = 34;

/** What comes from a variable or the configuration file only. */
function secretLines({ options }: CommandSpec, columns: number): string[] {
  const secrets = options.filter(({ secret }) => secret === true);
  if (secrets.length === 0) return [];
  const lines = secrets.flatMap(({ env = '', meaning, default: standard }) => {
    const text = standard === undefined ? meaning : `${meaning} (default: ${standard})`;
    return env.length + 2 >= INDENT
      ? [`  ${env}`, ...indented(' '.repeat(INDENT), text, columns)]
      : indented(`  ${env}`.padEnd(INDENT), text, columns);
  });
  return ['', 'Variables:', ...lines];
}

function optionLines(option: OptionSpec, columns: number): string[] {
  const head = `  --${option.name}${option.value === undefined ? '' : ` ${option.value}`}`;
  const facts = [
    option.default === undefined ? '' : `default: ${option.default}`,
    option.env === undefined ? '' : `env: ${option.env}`,
  ].filter((fact) => fact !== '');
  const text = facts.length === 0 ? option.meaning : `${option.meaning} (${facts.join('; ')})`;
  return head.length >= INDENT
    ? [head, ...indented(' '.repeat(INDENT), text, columns)]
    : indented(head.padEnd(INDENT), text, columns);
}

function indented(head: string, text: string, columns: number): string[] {
  return wrap(text, Math.max(20, columns - head.length)).map(
    (line, i) => (i === 0 ? head : ' '.repeat(head.length)) + line,
  );
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
