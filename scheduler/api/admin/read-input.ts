import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { pathOf, valueAt } from '../../../shared/schema-faults.ts';
import type { FieldProblem } from './contract/shapes.ts';
import { FieldsError } from './problem.ts';

export type InputReader = (value: unknown) => unknown;

/** Reads a body: as it is, or FieldsError with every field that is wrong. */
export function bodyReader(schema: TSchema | undefined): InputReader {
  if (schema === undefined) return () => undefined;
  return checker(schema);
}

/** Reads params or a query, whose values are all text: numbers and booleans are made of it where the schema says so. */
export function textReader(schema: TSchema | undefined): InputReader {
  if (schema === undefined) return () => undefined;
  const check = checker(schema);
  const properties = (schema as { properties?: Record<string, { type?: string; default?: unknown }> }).properties ?? {};
  return (value) => {
    const given = (value ?? {}) as Record<string, unknown>;
    const read: Record<string, unknown> = {};
    for (const [name, text] of Object.entries(given)) read[name] = fromText(text, properties[name]?.type);
    for (const [name, { default: fallback }] of Object.entries(properties)) {
      if (read[name] === undefined && fallback !== undefined) read[name] = fallback;
    }
    return check(read);
  };
}

function fromText(text: unknown, type: string | undefined): unknown {
  if (typeof text !== 'string') return text;
  if (type === 'integer' || type === 'number') return /^-?\d{1,16}(\.\d{1,9})?$/.test(text) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

function checker(schema: TSchema): InputReader {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return value;
    const faults = ofWhatWasMeant([...validator.Errors(value)] as Fault[], schema, value).slice(0, 20);
    const named = faults.flatMap((fault) => problemsOf(fault, schema));
    const problems = [...new Map(named.map((problem) => [`${problem.path} ${problem.message}`, problem])).values()];
    throw new FieldsError(problems.length === 0 ? [{ path: '', message: 'has the wrong shape' }] : problems);
  };
}

interface Fault {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/**
 * Where one of several shapes may be sent, only the faults of that which what was sent looks like: nobody who sends a mail
 * server hears that an address of a webhook is missing.
 */
function ofWhatWasMeant(faults: readonly Fault[], schema: TSchema, value: unknown): readonly Fault[] {
  const unions = faults.filter(({ keyword }) => keyword === 'anyOf');
  return unions.reduce((left, { schemaPath, instancePath }) => {
    const shapes = schemaAt(schema, schemaPath).anyOf as readonly { readonly properties?: object }[];
    const sent = valueAt(value, instancePath);
    if (typeof sent !== 'object' || sent === null) return left;
    const likeness = shapes.map(({ properties = {} }) => Object.keys(sent).filter((name) => name in properties).length);
    const meant = likeness.indexOf(Math.max(...likeness));
    if (likeness.filter((count) => count === likeness[meant]).length > 1) return left;
    return left.filter((fault) => {
      const within = fault.schemaPath.startsWith(`${schemaPath}/anyOf/`) && fault.instancePath.startsWith(instancePath);
      return !within || fault.schemaPath.slice(schemaPath.length).split('/')[2] === String(meant);
    });
  }, faults);
}

function problemsOf(fault: Fault, schema: TSchema): FieldProblem[] {
  const { keyword, schemaPath, instancePath, message, params } = fault;
  const path = pathOf(instancePath);
  const within = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (keyword === 'boolean') return [];
  if (keyword === 'required') {
    const { requiredProperties = [] } = params as { requiredProperties?: readonly string[] };
    return requiredProperties.map((name) => ({ path: within(name), message: 'is missing' }));
  }
  if (keyword === 'additionalProperties') {
    const { additionalProperties: names = [] } = params as { additionalProperties?: readonly string[] };
    return names.map((name) => ({ path: within(name), message: 'is no field of this' }));
  }
  if (keyword === 'enum') {
    const { allowedValues = [] } = params as { allowedValues?: readonly unknown[] };
    return [{ path, message: `must be one of ${allowedValues.join(', ')}` }];
  }
  const { limit } = params as { limit?: unknown };
  if (keyword === 'minLength' && limit === 1) return [{ path, message: 'must not be empty' }];
  if (keyword === 'minItems' && limit === 1) return [{ path, message: 'must have at least one' }];
  // What may be left empty says what it has to be; that it is not empty is plain.
  if (keyword === 'anyOf' || (keyword === 'type' && /\/anyOf\/\d+$/.test(schemaPath) && isNull(params))) return [];
  if (keyword === 'maxLength') return [{ path, message: lengthInWords(schema, schemaPath) ?? message }];
  if (keyword === 'pattern') return [{ path, message: inWords(schema, schemaPath) ?? message }];
  return [{ path, message }];
}

const isNull = (params: object): boolean => (params as { type?: unknown }).type === 'null';

/** A pattern is for programs. Where its schema says in words what it wants, people get those. */
function inWords(schema: TSchema, schemaPath: string): string | null {
  const { description } = schemaAt(schema, schemaPath);
  return typeof description === 'string' ? `must be ${description}` : null;
}

/** Where both ends are given, as whoever keeps the text says it. */
function lengthInWords(schema: TSchema, schemaPath: string): string | null {
  const { minLength, maxLength } = schemaAt(schema, schemaPath);
  return typeof minLength === 'number' ? `must have ${minLength} to ${maxLength} characters` : null;
}

function schemaAt(schema: TSchema, schemaPath: string): Record<string, unknown> {
  const parts = schemaPath.split('/').slice(1);
  return parts.reduce<Record<string, unknown>>((at, part) => (at[part] ?? {}) as Record<string, unknown>, {
    ...schema,
  });
}
