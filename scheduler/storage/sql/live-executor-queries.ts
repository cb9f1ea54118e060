import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { LiveExecutor } from '../../routing/live-executor.ts';

/** With the process that it is at this moment: an attempt is that process's. */
export interface LiveNode extends LiveExecutor {
  readonly incarnation: string | null;
}

/** Who may be given new work now, sorted by address: alive, and not drained by a person. */
export async function liveExecutors(db: SqlReader, appName: string): Promise<LiveExecutor[]> {
  return (await liveNodes(db, [appName])).get(appName) ?? [];
}

/** The same for several groups. */
export async function liveNodes(db: SqlReader, appNames: readonly string[]): Promise<Map<string, LiveNode[]>> {
  const rows = await db.all<{
    id: number;
    appName: string;
    address: string;
    registeredAs: string | null;
    incarnation: string | null;
    labels: string | null;
  }>(
    `select id, app_name as appName, address, registered_as as registeredAs, incarnation, labels from s_executor
      where app_name in (${appNames.map(() => '?').join(', ')}) and state = 'alive'
        and not exists (select 1 from s_drained_executor d where d.executor_id = s_executor.id) order by address`,
    [...appNames],
  );
  const nodes = new Map<string, LiveNode[]>();
  for (const { id, appName, address, registeredAs, incarnation, labels } of rows) {
    const node = {
      id,
      address,
      registeredAs: registeredAs ?? address,
      foreign: incarnation === null,
      incarnation,
      labels: labels === null ? {} : (JSON.parse(labels) as Record<string, string>),
    };
    nodes.set(appName, [...(nodes.get(appName) ?? []), node]);
  }
  return nodes;
}
