import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

export interface JoinTokenRow {
  readonly digest: string;
  readonly expiresAt: number;
  readonly usedAt: number | null;
}

/** Tokens are kept for this long after their end, so that people are told which it is: used, or expired. */
const KEPT_MS = 24 * 3_600_000;

export async function insertJoinToken(tx: SqlTx, digest: string, lifetimeMs: number): Promise<void> {
  await tx.run(`delete from s_join_token where expires_at < ?`, [tx.nowMs - KEPT_MS]);
  await tx.run(`insert into s_join_token (digest, issued_at, expires_at) values (?, ?, ?)`, [
    digest,
    tx.nowMs,
    tx.nowMs + lifetimeMs,
  ]);
}

/** Found by its digest, whose bytes nobody can choose. */
export async function joinToken(db: SqlReader, digest: string): Promise<JoinTokenRow | null> {
  return db.get(`select digest, expires_at as expiresAt, used_at as usedAt from s_join_token where digest = ?`, [
    digest,
  ]);
}

/** Good once, whichever schedulers are asked: of several that use it at the same moment the row takes the first. */
export async function useJoinToken(tx: SqlTx, digest: string): Promise<boolean> {
  const used = await tx.run(
    `update s_join_token set used_at = ? where digest = ? and used_at is null and expires_at > ?`,
    [tx.nowMs, digest, tx.nowMs],
  );
  return used === 1;
}

export async function giveBackJoinToken(tx: SqlTx, digest: string): Promise<void> {
  await tx.run(`update s_join_token set used_at = null where digest = ?`, [digest]);
}
