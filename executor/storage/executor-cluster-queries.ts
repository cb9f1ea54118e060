import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';

/** Takes the store for the executors of this cluster unless it is another's; returns whose it is now. */
export async function claimExecutorCluster(tx: SqlTx, name: string): Promise<string> {
  // By its primary key, so two that start at once come one after the other, and the first name stays.
  await tx.run(`update x_cluster set name = coalesce(name, ?) where id = 1`, [name]);
  return (await executorClusterName(tx)) ?? name;
}

/** The name that executors took this store under, or null. */
export async function executorClusterName(db: SqlReader): Promise<string | null> {
  return (await db.get<{ name: string | null }>(`select name from x_cluster where id = 1`))?.name ?? null;
}
