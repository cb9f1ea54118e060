import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { COMMANDS } from './commands.ts';

/** The text of `daybreak --help`. */
export function overview(version: string): string {
  return [
    `daybreak ${version}: a batch scheduler that settles every debit before daybreak`,
    '',
    'Usage: daybreak COMMAND [options]',
    '',
    ...COMMANDS.map((command) => `  ${command.name.padEnd(10)}${command.summary}`),
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
    ...command.options.flatMap((option) => optionLines(option, columns)),
    '',
    'Exit codes:',
    ...command.exitCodes.flatMap(([code, meaning]) => indented(`  ${code}`.padEnd(8), meaning, columns)),
    '',
  ].join('\n');
}

const INDENT = 34;

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
