import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import type { AdminSettings } from '../../admin/admin-options.ts';
import { type Caller, callerOfKey, callerOfSession } from '../../admin/people/sessions.ts';
import { CSRF_HEADER } from './contract/routes.ts';
import { cookieName, readCookie } from './cookies.ts';

const SECRET = /^[0-9a-f]{64}$/;
const BEARER = /^Bearer (dbk_[0-9a-f]{64})$/;

/** Who asks: a key in the Authorization header, else a session's cookie; null: nobody who is known. */
export async function findCaller(
  store: SqlStore,
  headers: IncomingHttpHeaders,
  settings: AdminSettings,
): Promise<Caller | null> {
  // Whoever shows a key is judged by it alone: a wrong one is not made good by a cookie beside it.
  if (headers.authorization !== undefined) {
    const key = BEARER.exec(headers.authorization)?.[1];
    return key === undefined ? null : callerOfKey(store, key);
  }
  const secret = readCookie(headers.cookie, cookieName(isSecure(settings)));
  return secret === null || !SECRET.test(secret) ? null : callerOfSession(store, secret, settings);
}

/**
 * Whether a change really comes from our page: browsers say where a request comes from, and another site cannot read the
 * session's token. Programs with keys send no cookie, so nobody can make a browser act for them.
 */
export function refuseForgery(
  headers: IncomingHttpHeaders,
  caller: Caller | null,
  ownOrigins: readonly string[],
): void {
  if (headers.authorization !== undefined) return;
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isOurs = origin === undefined ? site === 'same-origin' || site === undefined : ownOrigins.includes(origin);
  if (!isOurs || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
    throw forged('the request comes from another site');
  }
  const session = caller?.session ?? null;
  if (session === null) return;
  if (!isSame(headers[CSRF_HEADER], session.csrf)) {
    throw forged(`the header ${CSRF_HEADER} is missing or wrong: GET /api/v1/session says it`);
  }
}

const forged = (why: string): DaybreakError => new DaybreakError('FORBIDDEN', why, { details: { why: 'csrf' } });

function isSame(given: unknown, wanted: string): boolean {
  if (typeof given !== 'string' || given.length !== wanted.length) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}

/** From where our page may come: where people reach us, and where we listen. */
export function originsOf(settings: AdminSettings, host: string | undefined): readonly string[] {
  const own = settings.publicUrl === null ? [] : [new URL(settings.publicUrl).origin];
  return host === undefined || settings.publicUrl !== null ? own : [`http://${host}`, `https://${host}`];
}

export const isSecure = ({ publicUrl }: AdminSettings): boolean => publicUrl?.startsWith('https:') === true;
