import { DaybreakError } from '../errors.ts';

const FORM = 'redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS';

/**
 * Where a Redis is, read strictly: the client itself would take a host it misread and try that for ever. Throws
 * BAD_OPTION with the password masked.
 */
export function checkRedisUrl(url: string): { readonly url: string; readonly label: string } {
  // All before the last "@": a password that was not encoded may hold any character.
  const label = url.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/is, '$1***@').replace(/[?#].*$/s, '');
  const refuse = (why: string): DaybreakError =>
    new DaybreakError('BAD_OPTION', `the Redis URL ${label} ${why}; it has the form ${FORM}`);
  if (!/^rediss?:\/\//i.test(url)) throw refuse('does not begin with redis:// or rediss://');
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null) throw refuse('cannot be read (is a character of the password not percent-encoded?)');
  if (parsed.hostname === '') throw refuse('names no host');
  if (!/^\/?(\d{1,5})?$/.test(parsed.pathname)) throw refuse('names a database that is no number');
  // The client takes options from the query, the ones that this adapter stands on included.
  if (parsed.search !== '' || parsed.hash !== '') throw refuse('has a part behind "?" or "#" that is not taken');
  for (const part of [parsed.username, parsed.password]) {
    if (!isDecodable(part)) throw refuse('has a "%" in its user or password that is not percent-encoded (%25)');
  }
  return { url: url.replace(/^redis(s?):/i, (_, tls: string) => `redis${tls.toLowerCase()}:`), label };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // A lone "%": said by the caller, without the text.
    return false;
  }
}

/** The cluster's name as a part of keys. */
export function checkPrefix(prefix: string): string {
  if (/^[\w.:-]{1,64}$/.test(prefix)) return prefix;
  throw new DaybreakError(
    'BAD_OPTION',
    `the cluster's name "${prefix.slice(0, 80)}": use letters, digits, "_", ".", ":" and "-", at most 64`,
  );
}
