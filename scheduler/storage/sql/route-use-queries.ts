import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { RouteUse } from '../../routing/route-use.ts';

/** By address. Ask with the job's row locked. */
export async function routeUses(db: SqlReader, jobId: number): Promise<Map<string, RouteUse>> {
  const rows = await db.all<RouteUse & { address: string }>(
    `select address, uses, last_used_at as lastUsedAt from s_route_use where job_id = ?`,
    [jobId],
  );
  return new Map(rows.map((row) => [row.address, row]));
}

export async function noteRouteUse(tx: SqlTx, jobId: number, address: string, use: RouteUse): Promise<void> {
  const matched = await tx.run(`update s_route_use set uses = ?, last_used_at = ? where job_id = ? and address = ?`, [
    use.uses,
    use.lastUsedAt,
    jobId,
    address,
  ]);
  if (matched === 1) return;
  await tx.run(`insert into s_route_use (job_id, address, uses, last_used_at) values (?, ?, ?, ?)`, [
    jobId,
    address,
    use.uses,
    use.lastUsedAt,
  ]);
}
