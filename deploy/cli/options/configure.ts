import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type TSchema, Type } from 'typebox';
import { type ConfigSource, environmentSource, parseConfig, printableConfig } from '../../../shared/config.ts';
import { messageOf } from '../../../shared/errors.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';
import { ADMIN_COMMAND_NAMES } from './admin-commands.ts';
import { closest } from './closest.ts';
import type { CommandSpec, OptionSpec } from './command-spec.ts';
import type { Given } from './parse-command-line.ts';
import { variableOf } from './setting-rows.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a command is started with, and where each of it comes from. */
export interface Configured extends Given {
  /** By option name: `--port`, `DAYBREAK_PORT`, or the file's path. What has its default is not there. */
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * Lays the three sources over each other, the later one over the earlier: configuration file, environment, command line.
 * One file and one environment may serve several commands: what another command knows is passed over. A field that no
 * command knows is refused with the one that was meant. Throws UsageError and CONFIG_INVALID.
 */
export function configure(
  command: CommandSpec,
  typed: Given,
  from: { readonly env: Environment; readonly cwd: string; readonly commands: readonly CommandSpec[] },
): Configured {
  const settings = command.options.filter(({ env }) => env !== undefined);
  const others = fieldsOf(from.commands.flatMap(({ options }) => options));
  const path = typed.values.config ?? from.env.DAYBREAK_CONFIG;
  const sources: ConfigSource[] = [
    ...(path === undefined || path === '' ? [] : [fileSource(resolve(from.cwd, path), command, others)]),
    environmentOf(from.env, settings, others),
    { name: 'the command line', values: typedFields(command, typed) },
  ];
  const schema = Type.Object(
    Object.fromEntries(
      command.options.map((row): [string, TSchema] => [fieldOf(row.name), Type.Optional(Type.Unknown())]),
    ),
  );
  const merged = parseConfig(schema, sources) as Readonly<Record<string, unknown>>;
  const origins = new Map<string, string>();
  const values: Record<string, string> = {};
  const switches = new Set<string>();
  for (const row of command.options) {
    const field = fieldOf(row.name);
    const source = sources.findLast((one) => Object.hasOwn(one.values, field));
    if (source === undefined) continue;
    const origin = originOf(row, source, sources.at(-1));
    if (row.value === undefined) {
      if (!isOn(row, merged[field], origin)) continue;
      switches.add(row.name);
    } else if (row.many !== true) values[row.name] = textOf(row, merged[field], origin);
    origins.set(row.name, origin);
  }
  return { ...typed, values, switches, origins, fromEnv: new Set() };
}

/** `--print-config`: every option that has a value, secrets masked, with where it comes from. */
export function printedConfig(command: CommandSpec, given: Configured): string {
  const shown: Record<string, unknown> = {};
  for (const row of command.options) {
    if (row.name === 'help' || row.name === 'print-config') continue;
    const value =
      row.value === undefined ? given.switches.has(row.name) : (given.values[row.name] ?? row.default ?? null);
    const masked = row.secret === true && given.values[row.name] !== undefined ? '[masked]' : value;
    shown[fieldOf(row.name)] = { value: masked, from: given.origins.get(row.name) ?? 'default' };
  }
  return JSON.stringify(printableConfig({ [command.name]: shown })[command.name], null, 2);
}

/** `gateway-timeout-ms` is the field gatewayTimeoutMs. */
export const fieldOf = (option: string): string =>
  option.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const fieldsOf = (rows: readonly OptionSpec[]): ReadonlySet<string> =>
  new Set(rows.filter(({ env }) => env !== undefined).map(({ name }) => fieldOf(name)));

/** Fields at the top are for every command; those below a command's name are its own, and win. */
function fileSource(path: string, command: CommandSpec, known: ReadonlySet<string>): ConfigSource {
  const all = readObject(path);
  const own = all[command.name] ?? {};
  if (!isRecord(own)) throw new UsageError(`--config ${inert(path)}: "${command.name}" must be an object of options`);
  const mine = fieldsOf(command.options);
  for (const [name, value] of Object.entries(all)) {
    const meant = isRecord(value) && !mine.has(name) && !known.has(name) ? closest(name, [...SECTIONS]) : null;
    if (meant === null || SECTIONS.has(name)) continue;
    throw new UsageError(`--config ${inert(path)}: "${inert(name)}" is no command: did you mean "${meant}"?`);
  }
  const shared = Object.entries(all).filter(
    ([name, value]) => !(isRecord(value) && SECTIONS.has(name)) && (mine.has(name) || !known.has(name)),
  );
  return { name: path, values: { ...Object.fromEntries(shared), ...own } };
}

const SECTIONS: ReadonlySet<string> = new Set([
  ...['scheduler', 'executor', 'gateway', 'migrate', 'fire', 'status'],
  ...ADMIN_COMMAND_NAMES,
]);

function readObject(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UsageError(`--config ${inert(path)} cannot be read (${inert(messageOf(cause))}): give a JSON file`, {
      cause,
    });
  }
  if (!isRecord(value)) throw new UsageError(`--config ${inert(path)} must hold one JSON object`);
  return value;
}

/** Variables that are nobody's are left alone, unless one looks like a slip of the pen. */
function environmentOf(env: Environment, settings: readonly OptionSpec[], known: ReadonlySet<string>): ConfigSource {
  const mine = fieldsOf(settings);
  const all = environmentSource(env);
  const given = Object.entries(all.values).filter(([, value]) => value !== '');
  for (const [field] of given) {
    if (mine.has(field) || known.has(field) || NOT_OPTIONS.test(field)) continue;
    const meant = settings.find(({ name }) => fieldOf(name) === closest(field, [...mine]));
    if (meant === undefined) continue;
    const variable = Object.keys(env).find((name) => Object.hasOwn(environmentSource({ [name]: '' }).values, field));
    throw new UsageError(
      `the variable ${inert(variable ?? field)} is not known: did you mean ${variableOf(meant.name)}?`,
    );
  }
  return { name: all.name, values: Object.fromEntries(given.filter(([field]) => mine.has(field))) };
}

/** Variables of ours that are no option. */
const NOT_OPTIONS = /^(test[A-Z]|joinToken$|hasLauncher$|dev[A-Z]|secret[A-Z]|secretsDir$)/;

function typedFields(command: CommandSpec, { values, switches }: Given): Record<string, unknown> {
  const fields = command.options.flatMap(({ name, value }): [string, unknown][] => {
    const given = value === undefined ? (switches.has(name) ? true : undefined) : values[name];
    return given === undefined ? [] : [[fieldOf(name), given]];
  });
  return Object.fromEntries(fields);
}

function originOf({ name }: OptionSpec, source: ConfigSource, typed: ConfigSource | undefined): string {
  if (source === typed) return `--${name}`;
  return source.name.startsWith('environment') ? variableOf(name) : source.name;
}

function isOn({ name }: OptionSpec, value: unknown, origin: string): boolean {
  if (value === true || value === 'true' || value === '1') return true;
  if (value === false || value === 'false' || value === '0') return false;
  throw new UsageError(`${fieldOf(name)} in ${inert(origin)} must be true or false`);
}

/** Lists and objects of a file as an option has them: `a,b` and `name=text,name=text`. */
function textOf({ name }: OptionSpec, value: unknown, origin: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(',');
  if (isRecord(value) && Object.values(value).every((one) => typeof one === 'string')) {
    return Object.entries(value)
      .map(([key, text]) => `${key}=${text}`)
      .join(',');
  }
  throw new UsageError(`${fieldOf(name)} in ${inert(origin)} must be a text or a number`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
