import type { Reply } from '../../../api/admin/contract/routes.ts';

/** What a job says of its parameter, by name, in the order in which people are asked. */
export type ParamFields = NonNullable<Reply<'GET /jobs/:jobId'>['job']['paramFields']>;
export type ParamField = ParamFields[string];

/** What stands in the inputs, by name. Null: nothing is given. */
export type Drafts = Readonly<Record<string, string | null>>;

/** What an input shows of a value; the same type reads it back. */
export function draftOf({ type }: Pick<ParamField, 'type'>, value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' && type !== 'json' ? value : JSON.stringify(value);
}

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** The value that somebody typed. What is none of its type stays a text, which the API refuses in words; any text is JSON. */
export function typedValue({ type }: Pick<ParamField, 'type'>, draft: string): unknown {
  const typed = draft.trim();
  switch (type) {
    case 'integer':
    case 'number':
      return NUMBER.test(typed) && Number.isFinite(Number(typed)) ? Number(typed) : draft;
    case 'boolean':
      return typed === 'true' || (typed === 'false' ? false : draft);
    case 'json':
      return readJson(typed) ?? (typed === 'null' ? null : draft);
    default:
      return draft;
  }
}

/**
 * The parameter as inputs have it, defaults filled in; null: it is no object of these fields, and can only be shown as text.
 * A template outside of quotes is no JSON before its run.
 */
export function readParam(fields: ParamFields, text: string): Drafts | null {
  const given = text.trim() === '' ? {} : readJson(text);
  if (!isRecord(given) || Object.keys(given).some((name) => !Object.hasOwn(fields, name))) return null;
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      draftOf(field, Object.hasOwn(given, name) ? given[name] : field.default),
    ]),
  );
}

/** The parameter as a text, in the order of its fields; what is not given is left out. */
export function writeParam(fields: ParamFields, drafts: Drafts): string {
  const given = Object.entries(fields).flatMap(([name, field]) => {
    const draft = drafts[name] ?? null;
    return draft === null ? [] : [[name, typedValue(field, draft)] as const];
  });
  return given.length === 0 ? '' : JSON.stringify(Object.fromEntries(given));
}

/**
 * The parameters of a chain's start: one text for all of its jobs, or, where some have fields, a text for each of these that
 * was filled in. A text for the others is not for these: they are given what they have then.
 */
export function chainParams(
  fielded: readonly { readonly job: string; readonly param: string }[],
  filledIn: Readonly<Record<string, string>>,
  forOthers: string,
): { readonly params?: string | Readonly<Record<string, string>> } {
  if (fielded.length === 0) return forOthers === '' ? {} : { params: forOthers };
  if (forOthers === '') return Object.keys(filledIn).length === 0 ? {} : { params: filledIn };
  const own = fielded.map(({ job, param }) => [job, filledIn[job] ?? param] as const);
  return { params: { '*': forOthers, ...Object.fromEntries(own) } };
}

/** What is wrong with a parameter by its field; that with the whole of it is at ''. */
export function paramProblems(
  path: string,
  fields: ParamFields | null | undefined,
  wrong: (path: string) => string | null,
): ReadonlyMap<string, string> {
  const names = ['', ...Object.keys(fields ?? {})];
  const found = names.map((name) => [name, wrong(name === '' ? path : `${path}.${name}`)] as const);
  return new Map(found.flatMap(([name, problem]) => (problem === null ? [] : [[name, problem] as const])));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
