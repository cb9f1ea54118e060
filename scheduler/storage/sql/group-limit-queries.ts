import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

export interface GroupLoad {
  /** Runs at once. */
  readonly max: number;
  /** Runs that have been split and whose shards are not all back. */
  readonly running: number;
}

/** How full a group is, or null when it has no limit. Ask with the group's row locked, where the answer decides. */
export async function groupLoad(db: SqlReader, appName: string): Promise<GroupLoad | null> {
  const group = await db.get<{ max: number }>(`select run_limit as max from s_group where app_name = ?`, [appName]);
  if (group === null || group.max === 0) return null;
  const row = await db.get<{ running: number }>(
    `select count(*) as running from s_open_run o join s_run r on r.id = o.run_id
      where o.app_name = ? and r.state = 'running'`,
    [appName],
  );
  return { max: group.max, running: row?.running ?? 0 };
}

/** Two schedulers then count one after the other. Taken after the job's row and before the run's. */
export async function lockGroupLimit(tx: SqlTx, appName: string): Promise<void> {
  await tx.get(`select app_name from s_group where app_name = ? and run_limit > 0${tx.forUpdate}`, [appName]);
}

/** Groups that have a limit. */
export async function groupLimits(db: SqlReader): Promise<Map<string, number>> {
  const rows = await db.all<{ appName: string; max: number }>(
    `select app_name as appName, run_limit as max from s_group where run_limit > 0`,
  );
  return new Map(rows.map((row) => [row.appName, row.max]));
}

/** Makes the group when it is not there. */
export async function setGroupRunLimit(tx: SqlTx, appName: string, limit: number): Promise<void> {
  await tx.insertRows(
    {
      table: 's_group',
      columns: ['app_name', 'title', 'address_type', 'addresses', 'created_at', 'updated_at'],
      onConflict: 'ignore',
    },
    [[appName, appName, 'auto', '[]', tx.nowMs, tx.nowMs]],
  );
  await tx.run(`update s_group set run_limit = ?, updated_at = ? where app_name = ?`, [limit, tx.nowMs, appName]);
}
