import type { SqlReader } from '../../../shared/sql/sql.ts';

export interface HeaderCounts {
  readonly openRuns: number;
  readonly executorsAlive: number;
  readonly approvalsOpen: number;
}

/** The small figures of every page's header, in one statement: of these groups, or of all. All three tables are small. */
export async function headerCounts(db: SqlReader, groups: readonly string[] | null): Promise<HeaderCounts> {
  const marks = groups?.map(() => '?').join(', ') || "''";
  const of = groups === null ? '' : ` and app_name in (${marks})`;
  const counts = await db.get<HeaderCounts>(
    `select (select count(*) from s_open_run where 1 = 1${of}) as openRuns,
       (select count(*) from s_executor where state = 'alive'${of}) as executorsAlive,
       (select count(*) from s_approval where state = 'open'${of}) as approvalsOpen`,
    [...(groups ?? []), ...(groups ?? []), ...(groups ?? [])],
  );
  return counts ?? { openRuns: 0, executorsAlive: 0, approvalsOpen: 0 };
}
