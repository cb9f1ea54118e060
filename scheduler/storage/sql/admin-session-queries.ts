import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

export interface SessionRow {
  readonly idHash: string;
  readonly publicId: string;
  readonly userId: number;
  readonly csrf: string;
  readonly fromAddress: string;
  readonly agent: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly endsAt: number;
}
const COLUMNS = `id_hash as idHash, public_id as publicId, user_id as userId, csrf, from_address as fromAddress, agent,
  created_at as createdAt, last_seen_at as lastSeenAt, ends_at as endsAt`;

export async function sessionByHash(db: SqlReader, idHash: string): Promise<SessionRow | null> {
  return db.get(`select ${COLUMNS} from s_session where id_hash = ?`, [idHash]);
}

export async function sessionsOfUser(db: SqlReader, userId: number): Promise<SessionRow[]> {
  return db.all(`select ${COLUMNS} from s_session where user_id = ? order by last_seen_at desc limit 1000`, [userId]);
}

export async function insertSession(tx: SqlTx, session: Omit<SessionRow, 'createdAt' | 'lastSeenAt'>): Promise<void> {
  await tx.run(
    `insert into s_session (id_hash, public_id, user_id, csrf, from_address, agent, created_at, last_seen_at, ends_at)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      session.idHash,
      session.publicId,
      session.userId,
      session.csrf,
      session.fromAddress,
      session.agent,
      tx.nowMs,
      tx.nowMs,
      session.endsAt,
    ],
  );
}

export async function touchSession(tx: SqlTx, idHash: string): Promise<void> {
  await tx.run(`update s_session set last_seen_at = ? where id_hash = ?`, [tx.nowMs, idHash]);
}

export async function deleteSession(tx: SqlTx, idHash: string): Promise<void> {
  await tx.run(`delete from s_session where id_hash = ?`, [idHash]);
}

/** False: the user has no such session. */
export async function deleteSessionByPublicId(tx: SqlTx, userId: number, publicId: string): Promise<boolean> {
  return (await tx.run(`delete from s_session where user_id = ? and public_id = ?`, [userId, publicId])) > 0;
}

export async function deleteSessionsOfUser(tx: SqlTx, userId: number): Promise<void> {
  await tx.run(`delete from s_session where user_id = ?`, [userId]);
}

/** Those whose end has come: at a login there is time for it. */
export async function deleteEndedSessions(tx: SqlTx, idleBeforeMs: number): Promise<void> {
  await tx.run(`delete from s_session where ends_at <= ? or last_seen_at <= ?`, [tx.nowMs, idleBeforeMs]);
}

export interface FailureRow {
  readonly failures: number;
  readonly lastAt: number;
  readonly lockedUntil: number;
}

export async function loginFailures(
  db: SqlReader,
  scope: 'account' | 'address',
  name: string,
): Promise<FailureRow | null> {
  return db.get(
    `select failures, last_at as lastAt, locked_until as lockedUntil from s_login_failure where scope = ? and name = ?`,
    [scope, name],
  );
}

export async function lockedAccounts(db: SqlReader): Promise<{ name: string; lockedUntil: number }[]> {
  return db.all(
    `select name, locked_until as lockedUntil from s_login_failure where scope = 'account' and locked_until > ?`,
    [db.nowMs],
  );
}

/** Makes the row if it is not there, and locks it: tries at once are counted one after the other. */
export async function lockLoginFailures(tx: SqlTx, scope: 'account' | 'address', name: string): Promise<FailureRow> {
  await tx.insertRows(
    {
      table: 's_login_failure',
      columns: ['scope', 'name', 'failures', 'last_at', 'locked_until'],
      onConflict: 'ignore',
    },
    [[scope, name, 0, tx.nowMs, 0]],
  );
  const row = await tx.get<FailureRow>(
    `select failures, last_at as lastAt, locked_until as lockedUntil from s_login_failure
      where scope = ? and name = ?${tx.forUpdate}`,
    [scope, name],
  );
  if (row === null) throw new Error('the row of failed log-ins is not there in the transaction that made it');
  return row;
}

export async function writeLoginFailures(
  tx: SqlTx,
  key: { readonly scope: 'account' | 'address'; readonly name: string },
  to: { readonly failures: number; readonly lockedUntil: number },
): Promise<void> {
  await tx.run(`update s_login_failure set failures = ?, last_at = ?, locked_until = ? where scope = ? and name = ?`, [
    to.failures,
    tx.nowMs,
    to.lockedUntil,
    key.scope,
    key.name,
  ]);
}

export async function clearLoginFailures(tx: SqlTx, scope: 'account' | 'address', name: string): Promise<void> {
  await tx.run(`delete from s_login_failure where scope = ? and name = ?`, [scope, name]);
}

export async function pruneLoginFailures(tx: SqlTx, beforeMs: number): Promise<void> {
  await tx.run(`delete from s_login_failure where last_at < ? and locked_until < ?`, [beforeMs, tx.nowMs]);
}

export interface SetupRow {
  readonly tokenHash: string;
  readonly expiresAt: number;
  readonly usedAt: number | null;
}

export async function readSetup(db: SqlReader): Promise<SetupRow | null> {
  return db.get(`select token_hash as tokenHash, expires_at as expiresAt, used_at as usedAt from s_setup where id = 1`);
}

export async function lockSetup(tx: SqlTx): Promise<SetupRow | null> {
  return tx.get(
    `select token_hash as tokenHash, expires_at as expiresAt, used_at as usedAt from s_setup where id = 1${tx.forUpdate}`,
  );
}

/** A new link instead of the one before, which is good no more. */
export async function replaceSetup(tx: SqlTx, tokenHash: string, expiresAt: number): Promise<void> {
  await tx.run(`delete from s_setup where id = 1`);
  await tx.run(`insert into s_setup (id, token_hash, expires_at) values (1, ?, ?)`, [tokenHash, expiresAt]);
}

export async function noteSetupUsed(tx: SqlTx): Promise<void> {
  await tx.run(`update s_setup set used_at = ? where id = 1`, [tx.nowMs]);
}

export async function isAnybodyThere(db: SqlReader): Promise<boolean> {
  return (await db.get(`select id from s_user limit 1`)) !== null;
}
