const HIDDEN =
  /^(.*(password|passwd|secret|token|api_?key|private_?key|credential).*|authorization|cookie|set-cookie|key)$/i;
const ACCOUNT = /^(account|card)_?(no|number)$/i;
const MASK = '[masked]';

/** A copy in which secrets (by field name) are masked and account numbers show their last four characters. */
export function maskSecrets(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return maskRecord(fields, 0);
}

function maskRecord(fields: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) masked[name] = maskValue(name, value, depth);
  return masked;
}

function maskValue(name: string, value: unknown, depth: number): unknown {
  const scalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  if (scalar && HIDDEN.test(name)) return MASK;
  if (scalar && ACCOUNT.test(name)) return `****${String(value).slice(-4)}`;
  if (typeof value === 'bigint') return value.toString();
  // Deeper than this is not a log line any more; errors and class instances are left to their serializers.
  if (depth >= 4) return value;
  if (Array.isArray(value)) return value.map((part) => maskValue(name, part, depth + 1));
  if (isPlain(value)) return maskRecord(value, depth + 1);
  return value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * A URL for people: the password, and query values that look like secrets, are masked. All before the last "@" counts as
 * the password: one that was not encoded may hold any character.
 */
export function maskUrl(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):.*@/is, '$1:***@')
    .replace(/([?&][^=&]*(?:password|secret|token|key)[^=&]*=)[^&]*/gi, '$1***');
}
