import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

export interface UserRow {
  readonly id: number;
  readonly name: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly passwordHash: string;
  readonly isAdmin: number;
  readonly state: 'active' | 'disabled';
  readonly mustChange: number;
  readonly language: string | null;
  readonly theme: string;
  readonly createdAt: number;
  readonly lastLoginAt: number | null;
}

const COLUMNS = `id, name, display_name as displayName, email, password_hash as passwordHash, is_admin as isAdmin, state,
  must_change as mustChange, language, theme, created_at as createdAt, last_login_at as lastLoginAt`;

export async function userByName(db: SqlReader, name: string): Promise<UserRow | null> {
  return db.get(`select ${COLUMNS} from s_user where name = ?`, [name.toLowerCase()]);
}

export async function userById(db: SqlReader, id: number): Promise<UserRow | null> {
  return db.get(`select ${COLUMNS} from s_user where id = ?`, [id]);
}

export async function lockUser(tx: SqlTx, id: number): Promise<UserRow | null> {
  return tx.get(`select ${COLUMNS} from s_user where id = ?${tx.forUpdate}`, [id]);
}

export async function allUsers(db: SqlReader): Promise<UserRow[]> {
  return db.all(`select ${COLUMNS} from s_user order by name limit 10000`);
}

/** Administrators that can log in, locked: of two that are taken away at once, one stays. */
export async function lockAdmins(tx: SqlTx): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `select id from s_user where is_admin = 1 and state = 'active' order by id${tx.forUpdate}`,
  );
  return rows.map(({ id }) => id);
}

export type NewUser = Pick<UserRow, 'name' | 'displayName' | 'email' | 'passwordHash' | 'isAdmin' | 'mustChange'>;

/** Null: the name is taken. */
export async function insertUser(tx: SqlTx, user: NewUser): Promise<number | null> {
  if ((await userByName(tx, user.name)) !== null) return null;
  return tx.insertReturningId(
    `insert into s_user (name, display_name, email, password_hash, is_admin, state, must_change, created_at)
      values (?, ?, ?, ?, ?, 'active', ?, ?)`,
    [user.name.toLowerCase(), user.displayName, user.email, user.passwordHash, user.isAdmin, user.mustChange, tx.nowMs],
  );
}

export type UserChange = Pick<UserRow, 'id' | 'displayName' | 'email' | 'isAdmin' | 'state'>;
export async function updateUser(tx: SqlTx, user: UserChange): Promise<void> {
  await tx.run(`update s_user set display_name = ?, email = ?, is_admin = ?, state = ? where id = ?`, [
    user.displayName,
    user.email,
    user.isAdmin,
    user.state,
    user.id,
  ]);
}

export async function setPassword(tx: SqlTx, id: number, hash: string, mustChange: boolean): Promise<void> {
  await tx.run(`update s_user set password_hash = ?, must_change = ? where id = ?`, [hash, mustChange ? 1 : 0, id]);
}

export async function noteLogin(tx: SqlTx, id: number, betterHash: string | null): Promise<void> {
  await tx.run(`update s_user set last_login_at = ?, password_hash = coalesce(?, password_hash) where id = ?`, [
    tx.nowMs,
    betterHash,
    id,
  ]);
}

export async function setPreferences(tx: SqlTx, id: number, language: string | null, theme: string): Promise<void> {
  await tx.run(`update s_user set language = ?, theme = ? where id = ?`, [language, theme, id]);
}

export interface GrantRow {
  readonly principalId: number;
  readonly appName: string;
  readonly permission: 'view' | 'run' | 'edit' | 'approve';
}

export async function grantsOf(db: SqlReader, kind: 'user' | 'key', id: number): Promise<GrantRow[]> {
  return db.all(
    `select principal_id as principalId, app_name as appName, permission from s_grant
      where principal_kind = ? and principal_id = ? order by app_name, permission`,
    [kind, id],
  );
}

export async function allGrants(db: SqlReader, kind: 'user' | 'key'): Promise<GrantRow[]> {
  return db.all(
    `select principal_id as principalId, app_name as appName, permission from s_grant where principal_kind = ?
      order by principal_id, app_name, permission`,
    [kind],
  );
}

export async function setGrants(
  tx: SqlTx,
  kind: 'user' | 'key',
  id: number,
  grants: readonly Omit<GrantRow, 'principalId'>[],
): Promise<void> {
  await tx.run(`delete from s_grant where principal_kind = ? and principal_id = ?`, [kind, id]);
  await tx.insertRows(
    {
      table: 's_grant',
      columns: ['principal_kind', 'principal_id', 'app_name', 'permission'],
      onConflict: 'ignore',
    },
    grants.map(({ appName, permission }) => [kind, id, appName, permission]),
  );
}

export interface KeyRow {
  readonly id: number;
  readonly name: string;
  readonly prefix: string;
  readonly isAdmin: number;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}
const KEY_COLUMNS = `id, name, prefix, is_admin as isAdmin, created_by as createdBy, created_at as createdAt,
  expires_at as expiresAt, last_used_at as lastUsedAt, revoked_at as revokedAt`;

/** Of a key that is shown, by its hash (unique). */
export async function keyByHash(db: SqlReader, hash: string): Promise<KeyRow | null> {
  return db.get(`select ${KEY_COLUMNS} from s_api_key where key_hash = ?`, [hash]);
}

export async function keyById(db: SqlReader, id: number): Promise<KeyRow | null> {
  return db.get(`select ${KEY_COLUMNS} from s_api_key where id = ?`, [id]);
}

export async function allKeys(db: SqlReader): Promise<KeyRow[]> {
  return db.all(`select ${KEY_COLUMNS} from s_api_key order by id desc limit 10000`);
}

export async function insertKey(
  tx: SqlTx,
  key: Pick<KeyRow, 'name' | 'prefix' | 'isAdmin' | 'createdBy' | 'expiresAt'> & { readonly keyHash: string },
): Promise<number> {
  return tx.insertReturningId(
    `insert into s_api_key (name, key_hash, prefix, is_admin, created_by, created_at, expires_at)
      values (?, ?, ?, ?, ?, ?, ?)`,
    [key.name, key.keyHash, key.prefix, key.isAdmin, key.createdBy, tx.nowMs, key.expiresAt],
  );
}

/** False: it was revoked before, or is not there. */
export async function revokeKey(tx: SqlTx, id: number): Promise<boolean> {
  return (
    (await tx.run(`update s_api_key set revoked_at = ? where id = ? and revoked_at is null`, [tx.nowMs, id])) === 1
  );
}

export async function noteKeyUse(tx: SqlTx, id: number): Promise<void> {
  await tx.run(`update s_api_key set last_used_at = ? where id = ?`, [tx.nowMs, id]);
}
