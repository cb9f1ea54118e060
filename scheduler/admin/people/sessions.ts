import type { Random } from '../../../shared/runtime/runtime.ts';
import type { SqlReader, SqlStore, SqlTx } from '../../../shared/sql/sql.ts';
import {
  type KeyRow,
  keyByHash,
  keyById,
  noteKeyUse,
  type UserRow,
  userById,
} from '../../storage/sql/admin-people-queries.ts';
import {
  insertSession,
  type SessionRow,
  sessionByHash,
  touchSession,
} from '../../storage/sql/admin-session-queries.ts';
import type { Principal } from '../rights/rights.ts';
import { principalOfKey, principalOfUser } from './principals.ts';
import { newSecret, secretHash } from './secret-token.ts';

export interface SessionLimits {
  readonly sessionIdleMs: number;
  readonly sessionMaxMs: number;
}

/** Who asks, and by which session; a program with a key has none. */
export interface Caller {
  readonly principal: Principal;
  readonly session: SessionRow | null;
  readonly user: UserRow | null;
}

/** Uses are written down this often at most: reading must not cost a write each time. */
const TOUCH_EVERY_MS = 60_000;

/** A new session of somebody who has just proven who they are. The secret goes into the cookie and nowhere else. */
export async function openSession(
  tx: SqlTx,
  who: { readonly userId: number; readonly from: string; readonly agent: string },
  random: Random,
  { sessionMaxMs }: SessionLimits,
): Promise<{ readonly secret: string; readonly session: SessionRow }> {
  const secret = newSecret(random);
  const session = {
    idHash: secretHash(secret),
    publicId: random.secretHex(8),
    userId: who.userId,
    csrf: newSecret(random),
    fromAddress: who.from.slice(0, 64),
    agent: who.agent.slice(0, 200),
    endsAt: tx.nowMs + sessionMaxMs,
  };
  await insertSession(tx, session);
  return { secret, session: { ...session, createdAt: tx.nowMs, lastSeenAt: tx.nowMs } };
}

/** Whose session it is; null when there is none, when its time is over, or when its owner may not log in any more. */
export async function callerOfSession(store: SqlStore, secret: string, limits: SessionLimits): Promise<Caller | null> {
  const found = await store.read('find-session', async (db) => {
    const session = await sessionByHash(db, secretHash(secret));
    if (session === null || hasEnded(session, db.nowMs, limits)) return null;
    const user = await userById(db, session.userId);
    if (user === null || user.state !== 'active') return null;
    const isDue = db.nowMs - session.lastSeenAt >= TOUCH_EVERY_MS;
    return { principal: await principalOfUser(db, user), session, user, isDue };
  });
  if (found === null) return null;
  const { isDue, ...caller } = found;
  if (isDue) await store.transaction('touch-session', (tx) => touchSession(tx, caller.session.idHash));
  return caller;
}

/** Whose key it is; null when there is none, or it was revoked, or its time is over. */
export async function callerOfKey(store: SqlStore, key: string): Promise<Caller | null> {
  const found = await store.read('find-key', async (db) => {
    const row = await keyByHash(db, secretHash(key));
    if (row === null || !isGood(row, db.nowMs)) return null;
    const isDue = db.nowMs - (row.lastUsedAt ?? 0) >= TOUCH_EVERY_MS;
    return { principal: await principalOfKey(db, row), isDue };
  });
  if (found === null) return null;
  if (found.isDue) await store.transaction('note-key-use', (tx) => noteKeyUse(tx, found.principal.id));
  return { principal: found.principal, session: null, user: null };
}

/** Whether who asked a while ago would still be let in: a stream lasts longer than what it was opened with. */
export async function isStillKnown(
  db: SqlReader,
  { principal, session }: Caller,
  limits: SessionLimits,
): Promise<boolean> {
  if (session !== null) {
    const now = await sessionByHash(db, session.idHash);
    return now !== null && !hasEnded(now, db.nowMs, limits);
  }
  const key = principal.kind === 'key' ? await keyById(db, principal.id) : null;
  return key !== null && isGood(key, db.nowMs);
}

const isGood = ({ revokedAt, expiresAt }: KeyRow, nowMs: number): boolean =>
  revokedAt === null && (expiresAt === null || nowMs < expiresAt);

export const hasEnded = (session: SessionRow, nowMs: number, { sessionIdleMs }: SessionLimits): boolean =>
  nowMs >= session.endsAt || nowMs - session.lastSeenAt >= sessionIdleMs;

export async function readCaller(db: SqlReader, session: SessionRow): Promise<Caller | null> {
  const user = await userById(db, session.userId);
  return user === null ? null : { principal: await principalOfUser(db, user), session, user };
}
