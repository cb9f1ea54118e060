export type ParsedJson =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly why: string };

const DEPTH_MAX = 32;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** JSON from the wire: an empty body is `null`; prototype keys and deep nesting are refused, not stripped. */
export function parseJsonSafely(body: Buffer, what = 'the body'): ParsedJson {
  const text = body.toString('utf8').trim();
  if (text === '') return { kind: 'value', value: null };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'refused', why: `${what} is not JSON` };
  }
  const why = faultInJson(value, what);
  return why === null ? { kind: 'value', value } : { kind: 'refused', why };
}

/** What is wrong with a value that somebody has parsed already, or null. */
export function faultInJson(value: unknown, what = 'the body', depth = 0): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if (depth >= DEPTH_MAX) return `${what} is nested deeper than ${DEPTH_MAX}`;
  for (const [key, part] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.has(key)) return `the key "${key}" is not allowed`;
    const why = faultInJson(part, what, depth + 1);
    if (why !== null) return why;
  }
  return null;
}
