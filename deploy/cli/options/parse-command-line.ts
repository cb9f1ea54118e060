import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';
import { closest } from './closest.ts';
import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { COMMANDS } from './commands.ts';

/** What was typed, by option name; an option that was not given is absent (or came from its environment variable). */
export interface Given {
  readonly values: Readonly<Record<string, string>>;
  /** Options that may be given more than once, in the order in which they were. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Options whose value came from their environment variable. */
  readonly fromEnv: ReadonlySet<string>;
  readonly switches: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

export type CommandLine =
  | { readonly kind: 'help'; readonly command: CommandSpec | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly command: CommandSpec; readonly given: Given };

/** Reads the words after `daybreak`. Throws UsageError for an unknown command or option. */
export function parseCommandLine(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const [first, ...rest] = words;
  if (first === undefined || first === '--help' || first === '-h') return { kind: 'help', command: null };
  if (first === '--version' || first === '-v') return { kind: 'version' };
  if (first === 'help') return { kind: 'help', command: rest[0] === undefined ? null : commandNamed(rest[0]) };
  const command = commandNamed(first);
  const given = parseOptions(command, rest, env);
  return given.switches.has('help') ? { kind: 'help', command } : { kind: 'run', command, given };
}

function commandNamed(name: string): CommandSpec {
  const found = COMMANDS.find((command) => command.name === name);
  if (found !== undefined) return found;
  const names = COMMANDS.map((command) => command.name);
  const near = closest(name, names);
  if (name.startsWith('-')) {
    throw new UsageError(`a command comes first: daybreak ${names.join('|')} (see daybreak --help)`);
  }
  throw new UsageError(
    `unknown command "${name}": ${near === null ? `there are ${names.join(', ')}` : `did you mean "${near}"?`}`,
  );
}

function parseOptions(
  command: CommandSpec,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Given {
  const byName = new Map(command.options.map((option) => [option.name, option]));
  const { tokens } = parseArgs({
    args: words.map((word) => (word === '-h' ? '--help' : word)),
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      command.options.map((option) => [
        option.name,
        { type: option.value === undefined ? 'boolean' : 'string' } as const,
      ]),
    ),
  });
  const values: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  const switches = new Set<string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = byName.get(token.name);
    if (option === undefined) throw unknownOption(command, token.rawName);
    if (option.secret === true) {
      throw new UsageError(
        `--${option.name} is no option, because the process list would show it: set ${option.env}, or name a file`,
      );
    }
    if (option.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`--${option.name} takes no value: write it alone`);
      switches.add(option.name);
      continue;
    }
    const value = optionValue(option, token.value, values, byName);
    if (option.many === true) lists[option.name] = [...(lists[option.name] ?? []), value];
    else values[option.name] = value;
  }
  if (positionals.length > 0 && command.positional === undefined) {
    throw new UsageError(
      `"${positionals[0]}" is no option of daybreak ${command.name}: options begin with -- (see daybreak ${command.name} --help)`,
    );
  }
  const fromEnv = new Set<string>();
  // A command with a configuration lays file, variables and options over each other in one place.
  for (const option of command.configured === true ? [] : command.options) {
    const text = option.env === undefined ? undefined : env[option.env];
    if (values[option.name] !== undefined || text === undefined || text === '') continue;
    values[option.name] = text;
    fromEnv.add(option.name);
  }
  return { values, lists, fromEnv, switches, positionals };
}

function optionValue(
  option: OptionSpec,
  value: string | undefined,
  seen: Readonly<Record<string, string>>,
  known: ReadonlyMap<string, OptionSpec>,
): string {
  // `--date --json` is a forgotten value; a value that begins with "--" can be written as --date=--odd.
  if (
    value === undefined ||
    value === '' ||
    (value.startsWith('--') && known.has(value.slice(2).split('=')[0] ?? ''))
  ) {
    throw new UsageError(`--${option.name} needs a value: --${option.name} ${option.value}`);
  }
  if (seen[option.name] !== undefined) throw new UsageError(`--${option.name} is given twice: give it once`);
  return value;
}

function unknownOption(command: CommandSpec, rawName: string): UsageError {
  const near = closest(
    rawName.replace(/^-+/, ''),
    command.options.filter((option) => option.secret !== true).map((option) => option.name),
  );
  const wayOut = near === null ? `see daybreak ${command.name} --help` : `did you mean --${near}?`;
  return new UsageError(`unknown option ${rawName} of daybreak ${command.name}: ${wayOut}`);
}
