import { DaybreakError } from '../errors.ts';
import { readTlsOptions, type TlsOptions } from '../tls/tls-options.ts';

const FORM = 'redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS';

/** What the URL of a Redis says. */
export interface RedisPlace {
  /** Without what stands behind the "?", of which the client would take options of its own. */
  readonly url: string;
  readonly host: string;
  /** For messages. */
  readonly label: string;
  /** Null: redis://. */
  readonly tls: TlsOptions | null;
}

/**
 * Where a Redis is, read strictly: the client itself would take a host it misread and try that for ever. Throws
 * BAD_OPTION with the password masked.
 */
export function checkRedisUrl(url: string): RedisPlace {
  // All before the last "@": a password that was not encoded may hold any character.
  const label = url.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/is, '$1***@').replace(/[?#].*$/s, '');
  const refuse = (why: string): DaybreakError =>
    new DaybreakError('BAD_OPTION', `the Redis URL ${label} ${why}; it has the form ${FORM}`);
  if (!/^rediss?:\/\//i.test(url)) throw refuse('does not begin with redis:// or rediss://');
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null) throw refuse('cannot be read (is a character of the password not percent-encoded?)');
  if (parsed.hostname === '') throw refuse('names no host');
  if (!/^\/?(\d{1,5})?$/.test(parsed.pathname)) throw refuse('names a database that is no number');
  if (parsed.hash !== '') throw refuse('has a part behind "#" that is not taken: write %23 for it');
  for (const part of [parsed.username, parsed.password]) {
    if (!isDecodable(part)) throw refuse('has a "%" in its user or password that is not percent-encoded (%25)');
  }
  const scheme = parsed.protocol.toLowerCase();
  if (scheme === 'redis:' && parsed.search !== '') {
    throw refuse('has a part behind "?", which only rediss:// has');
  }
  const tls = scheme === 'redis:' ? null : readTlsOptions(parsed.search, 'verified', refuse);
  if (scheme === 'rediss:' && tls === null) throw refuse('has tls=off: write redis:// for that');
  const host = decodeURIComponent(parsed.hostname).replace(/^\[|\]$/g, '');
  return { url: url.replace(/^[a-z]+:/i, scheme).replace(/\?.*$/s, ''), host, label, tls };
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
