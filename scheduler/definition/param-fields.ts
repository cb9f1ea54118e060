import { isBusinessDate } from '../../shared/business-date.ts';
import { show } from '../../shared/schema-faults.ts';
import { paramRefusal, sampleParam, UNKNOWN } from '../run/render-param.ts';
import type { Refuse } from './refuse.ts';

export const PARAM_TYPES = ['text', 'integer', 'number', 'boolean', 'date', 'json'] as const;
export type ParamType = (typeof PARAM_TYPES)[number];

/** One field of a parameter that is a JSON object. */
export interface ParamField {
  /** `date` is a text like `2026-11-20`, `json` is any value. */
  readonly type: ParamType;
  /** Whoever starts the job has to give it. Default false. */
  readonly required?: boolean;
  /** Filled in where it is left out. Default none: the field is not there. */
  readonly default?: unknown;
  /** The only values that may be given. Default any. */
  readonly oneOf?: readonly (string | number)[];
  /** Of numbers, both included. Default any. */
  readonly min?: number;
  readonly max?: number;
}

export type ParamFields = Readonly<Record<string, ParamField>>;

const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const IN_WORDS: Readonly<Record<ParamType, string>> = {
  text: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date like 2026-11-20',
  json: 'a value',
};

/** Refuses fields that cannot be: a default that its own field would refuse, limits of what is no number. */
export function checkParamFields(fields: ParamFields | null, refuse: Refuse): void {
  for (const [name, field] of Object.entries(fields ?? {})) {
    const at = `paramFields.${name}`;
    if (!FIELD_NAME.test(name)) refuse('paramFields', `has "${name}": name fields by letters, digits and "_"`);
    if (!PARAM_TYPES.includes(field.type)) refuse(`${at}.type`, `must be one of ${PARAM_TYPES.join(', ')}`);
    const isNumber = field.type === 'integer' || field.type === 'number';
    if (!isNumber && (field.min !== undefined || field.max !== undefined)) {
      refuse(at, `has min or max, which are for numbers, and is of type ${field.type}`);
    }
    if ((field.min ?? -Infinity) > (field.max ?? Infinity)) refuse(`${at}.max`, `must be at least min (${field.min})`);
    if (field.oneOf?.length === 0) refuse(`${at}.oneOf`, 'must have a value, or be left out');
    if (field.default === undefined) continue;
    if (field.required === true) refuse(at, 'is required and has a default: drop one of the two');
    // A default is a template as well.
    const text = JSON.stringify(field.default);
    const fault = paramRefusal(text) ?? valueFault(field, JSON.parse(sampleParam(text)));
    if (fault !== null) refuse(`${at}.default`, fault);
  }
}

/** What does not fit of a parameter. */
export interface ParamFault {
  /** Null: the parameter as a whole. */
  readonly field: string | null;
  /** Beside the field: `is "12" and must be a whole number`. */
  readonly why: string;
  /** The same of the parameter, with the field in it. */
  readonly words: string;
}

/**
 * Why a parameter does not fit the fields of its job, naming the field, or null. What a template brings in later is judged
 * as far as it is known: `{businessDate}` is a date, `{shardIndex}` a number, a result may be anything.
 * @param whole false: what is required may be missing, because whoever starts the job gives it.
 */
export function paramFault(fields: ParamFields | null | undefined, text: string, whole = true): ParamFault | null {
  if (fields == null) return null;
  const names = Object.keys(fields).join(', ');
  const given = objectOf(text);
  if (given === null) {
    const why = `must be a JSON object with the fields ${names}, but is ${show(text)}`;
    return { field: null, why, words: why };
  }
  for (const [name, value] of Object.entries(given)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) {
      const why = `has "${name}": there is no such field; there are ${names}`;
      return { field: null, why, words: why };
    }
    const why = valueFault(field, value);
    if (why !== null) return { field: name, why, words: `has "${name}", which ${why}` };
  }
  const missing = Object.entries(fields).find(
    ([name, { required }]) => required === true && !Object.hasOwn(given, name),
  );
  if (!whole || missing === undefined) return null;
  const [name, { type }] = missing;
  const why = `is required: ${IN_WORDS[type]}`;
  return { field: name, why, words: `lacks "${name}", which ${why}` };
}

/** Puts the defaults of what is left out into the text of a parameter, which is otherwise as it was, places included. */
export function withDefaults(fields: ParamFields | null | undefined, text: string): string {
  const left = Object.entries(fields ?? {}).filter(([, field]) => field.default !== undefined);
  if (left.length === 0) return text;
  const given = objectOf(text);
  if (given === null) return text;
  const added = left
    .filter(([name]) => !Object.hasOwn(given, name))
    .map(([name, field]) => `${JSON.stringify(name)}:${JSON.stringify(field.default)}`);
  if (added.length === 0) return text;
  if (text.trim() === '') return `{${added.join(',')}}`;
  const end = text.lastIndexOf('}');
  return `${text.slice(0, end)}${Object.keys(given).length > 0 ? ',' : ''}${added.join(',')}${text.slice(end)}`;
}

/** The parameter as an object, a template with samples in it; an empty one is `{}`. */
function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(sampleParam(text));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function valueFault(field: ParamField, value: unknown): string | null {
  if (value === UNKNOWN) return null;
  const isPart = typeof value === 'string' && value.includes(UNKNOWN);
  if (!hasType(field.type, value, isPart)) return `is ${show(value)} and must be ${IN_WORDS[field.type]}`;
  if (isPart) return null;
  if (field.oneOf !== undefined && !field.oneOf.includes(value as string | number)) {
    return `is ${show(value)} and must be one of ${field.oneOf.map(show).join(', ')}`;
  }
  if (typeof value !== 'number') return null;
  if (value < (field.min ?? -Infinity)) return `is ${value} and must be ${field.min} or more`;
  if (value > (field.max ?? Infinity)) return `is ${value} and must be ${field.max} or less`;
  return null;
}

function hasType(type: ParamType, value: unknown, isPart: boolean): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'date':
      return typeof value === 'string' && (isPart || isBusinessDate(value));
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'json':
      return true;
  }
}
