import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { LiveExecutor } from '../../routing/live-executor.ts';

/** Who may be given new work now, sorted by address. */
export async function liveExecutors(db: SqlReader, appName: string): Promise<LiveExecutor[]> {
  const rows = await db.all<{
    id: number;
    address: string;
    registeredAs: string | null;
    incarnation: string | null;
    labels: string | null;
  }>(
    `select id, address, registered_as as registeredAs, incarnation, labels from s_executor
      where app_name = ? and state = 'alive' order by address`,
    [appName],
  );
  return rows.map(({ id, address, registeredAs, incarnation, labels }) => ({
    id,
    address,
    registeredAs: registeredAs ?? address,
    foreign: incarnation === null,
    labels: labels === null ? {} : (JSON.parse(labels) as Record<string, string>),
  }));
}
