import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

/** A group of executors as it is stored. Tokens are sealed; see registry/sealed-token.ts. */
export interface GroupRow {
  readonly appName: string;
  readonly title: string;
  readonly addressType: 'auto' | 'manual';
  /** A JSON list; used when the type is manual. */
  readonly addresses: string;
  readonly token: string | null;
  readonly previousToken: string | null;
  readonly previousUntil: number | null;
  readonly runLimit: number;
}

const COLUMNS = `app_name as appName, title, address_type as addressType, addresses, token,
  previous_token as previousToken, previous_until as previousUntil, run_limit as runLimit`;

export async function allGroups(db: SqlReader): Promise<GroupRow[]> {
  return db.all(`select ${COLUMNS} from s_group order by app_name`);
}

export async function lockGroup(tx: SqlTx, appName: string): Promise<GroupRow | null> {
  return tx.get(`select ${COLUMNS} from s_group where app_name = ?${tx.forUpdate}`, [appName]);
}

/** Makes those that are not there: a group that jobs name is known. */
export async function ensureGroups(tx: SqlTx, appNames: readonly string[]): Promise<void> {
  await tx.insertRows(
    {
      table: 's_group',
      columns: ['app_name', 'title', 'address_type', 'addresses', 'created_at', 'updated_at'],
      onConflict: 'ignore',
    },
    [...new Set(appNames)].map((appName) => [appName, appName, 'auto', '[]', tx.nowMs, tx.nowMs]),
  );
}

export type GroupFields = Pick<GroupRow, 'appName' | 'title' | 'addressType' | 'addresses' | 'runLimit'>;

export async function updateGroup(tx: SqlTx, group: GroupFields): Promise<void> {
  await tx.run(
    `update s_group set title = ?, address_type = ?, addresses = ?, run_limit = ?, updated_at = ? where app_name = ?`,
    [group.title, group.addressType, group.addresses, group.runLimit, tx.nowMs, group.appName],
  );
}

export type GroupTokens = Pick<GroupRow, 'appName' | 'token' | 'previousToken' | 'previousUntil'>;

export async function setGroupTokens(tx: SqlTx, tokens: GroupTokens): Promise<void> {
  await tx.run(
    `update s_group set token = ?, previous_token = ?, previous_until = ?, updated_at = ? where app_name = ?`,
    [tokens.token, tokens.previousToken, tokens.previousUntil, tx.nowMs, tokens.appName],
  );
}
