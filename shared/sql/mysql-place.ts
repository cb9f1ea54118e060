import { DaybreakError } from '../errors.ts';
import { maskUrl } from '../secrets.ts';
import { readTlsOptions, type TlsOptions } from '../tls/tls-options.ts';

/** What a URL of a database says. Pure. */
export interface MysqlPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Null: none is asked for. */
  readonly tls: TlsOptions | null;
  /** For messages: without the password, and without what stands behind the "?". */
  readonly label: string;
}

const FORM = 'mysql://user:password@host:3306/database (special characters percent-encoded)';

/** Reads it strictly: the driver itself would take its own options from the query. Throws BAD_OPTION. */
export function readMysqlPlace(url: string): MysqlPlace {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const label = maskUrl(url).replace(/[?#].*$/s, '');
  if (parsed?.protocol !== 'mysql:' || parsed.hostname === '' || parsed.pathname.length < 2) {
    throw new DaybreakError('BAD_OPTION', `the store "${label}" is not complete: write ${FORM}`);
  }
  const refuse = (why: string): DaybreakError =>
    new DaybreakError('BAD_OPTION', `the URL of the database ${label} ${why}`);
  if (parsed.hash !== '') throw refuse('has a part behind "#": write %23 for it');
  return {
    host: decoded(parsed.hostname, refuse).replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 3306 : Number(parsed.port),
    user: decoded(parsed.username, refuse),
    password: decoded(parsed.password, refuse),
    database: decoded(parsed.pathname.slice(1), refuse),
    tls: readTlsOptions(parsed.search, 'off', refuse),
    label,
  };
}

function decoded(part: string, refuse: (why: string) => Error): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // The part is not shown, because it may be the password.
    throw refuse('has a "%" that stands for no character: write %25 for a percent sign');
  }
}
