import type { Static, TObject } from 'typebox';
import Value from 'typebox/value';
import { editDistance } from './edit-distance.ts';
import { DaybreakError } from './errors.ts';
import { maskSecrets, maskUrl } from './secrets.ts';

/** One place that configuration comes from; `name` is what messages call it. */
export interface ConfigSource {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Lays the sources over each other (a later one wins, field by field), fills in the schema's defaults, turns text
 * into numbers and booleans where the schema wants them, and gives a frozen value of the schema's type. Throws
 * CONFIG_INVALID with one line per field that is wrong; an unknown field is refused, with the name that was meant.
 * @example
 * const Schema = Type.Object({ port: Type.Integer({ minimum: 1, default: 9999 }) });
 * parseConfig(Schema, [{ name: 'daybreak.json', values: { port: 8080 } }]).port; // 8080
 */
export function parseConfig<Schema extends TObject>(schema: Schema, sources: readonly ConfigSource[]): Static<Schema> {
  const wrong = sources.flatMap((source) => unknownFields(schema, source.values, source.name, ''));
  const merged: Record<string, unknown> = {};
  for (const source of sources) layOver(merged, source.values);
  const value: unknown = Value.Convert(schema, Value.Default(schema, merged));
  if (wrong.length === 0) wrong.push(...wrongFields(schema, value, sources));
  if (wrong.length > 0) {
    throw new DaybreakError('CONFIG_INVALID', `the configuration is not valid: ${wrong.join('; ')}`, {
      details: { wrong },
    });
  }
  return deepFreeze(value) as Static<Schema>;
}

/**
 * The variables that start with the prefix, as a source: DAYBREAK_STORE_URL is `storeUrl`. Top level fields only.
 */
export function environmentSource(
  environment: Readonly<Record<string, string | undefined>>,
  prefix = 'DAYBREAK_',
): ConfigSource {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    const field = name.slice(prefix.length).toLowerCase();
    values[field.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())] = value;
  }
  return { name: `environment (${prefix}*)`, values };
}

/** The configuration as a person may see it: secrets and passwords in URLs masked. */
export function printableConfig(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return maskUrls(maskSecrets(config)) as Record<string, unknown>;
}

function layOver(target: Record<string, unknown>, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    const below = target[name];
    if (isRecord(below) && isRecord(value)) layOver(below, value);
    else target[name] = isRecord(value) ? structuredClone(value) : value;
  }
}

function unknownFields(
  schema: TObject,
  values: Readonly<Record<string, unknown>>,
  source: string,
  at: string,
): string[] {
  const known = Object.keys(schema.properties);
  return Object.entries(values).flatMap(([name, value]) => {
    const inner: unknown = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (inner === undefined) return [`${at}${name} in ${source} is not known${didYouMean(name, known)}`];
    return isObjectSchema(inner) && isRecord(value) ? unknownFields(inner, value, source, `${at}${name}.`) : [];
  });
}

/** One line per field, the first that is said of it; alternatives of a union are one line together. */
function wrongFields(schema: TObject, value: unknown, sources: readonly ConfigSource[]): string[] {
  const lines = new Map<string, string>();
  const allowed = new Map<string, unknown[]>();
  for (const error of Value.Errors(schema, value)) {
    const missing = error.keyword === 'required' ? error.params.requiredProperties : [''];
    for (const name of missing) {
      const path = `${error.instancePath}${name === '' ? '' : `/${name}`}`;
      if (error.keyword === 'const') allowed.set(path, [...(allowed.get(path) ?? []), error.params.allowedValue]);
      if (!lines.has(path)) lines.set(path, name === '' ? error.message : 'is missing');
    }
  }
  return [...lines].map(([path, message]) => {
    const field = path.slice(1).replaceAll('/', '.');
    const options = allowed.get(path);
    const text = options ? `must be one of ${options.join(', ')}` : message;
    return `${field} ${text}${text === 'is missing' ? '' : foundIn(path, sources)}`;
  });
}

function foundIn(path: string, sources: readonly ConfigSource[]): string {
  const [first = ''] = path.slice(1).split('/');
  const source = sources.findLast((one) => Object.hasOwn(one.values, first));
  return source ? ` (in ${source.name})` : '';
}

function didYouMean(name: string, known: readonly string[]): string {
  const plain = name.toLowerCase().replace(/[_-]/g, '');
  const scored = known.map((other) => ({ other, distance: editDistance(plain, other.toLowerCase()) }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= Math.min(3, Math.max(1, plain.length / 2)) ? `: did you mean ${best.other}?` : '';
}

function maskUrls(value: unknown): unknown {
  if (typeof value === 'string') return maskUrl(value);
  if (Array.isArray(value)) return value.map(maskUrls);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskUrls(inner)]));
  return value;
}

function deepFreeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isObjectSchema = (schema: unknown): schema is TObject => isRecord(schema) && isRecord(schema.properties);
