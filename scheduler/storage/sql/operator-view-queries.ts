import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { Chain } from '../../definition/chain-definition.ts';
import { chainVersion } from './definition-queries.ts';

/** The chain as it is now, or null. */
export async function currentChain(
  db: SqlReader,
  where: { readonly id: number } | { readonly name: string },
): Promise<Chain | null> {
  const [column, value] = 'id' in where ? (['id', where.id] as const) : (['name', where.name] as const);
  const row = await db.get<{ id: number; configHash: string }>(
    `select id, config_hash as configHash from s_chain where ${column} = ?`,
    [value],
  );
  return row === null ? null : chainVersion(db, row.id, row.configHash);
}

/** The groups whose executors work these jobs; a job that is not there has none. */
export async function groupsOfJobs(db: SqlReader, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  const rows = await db.all<{ definition: string }>(
    `select v.definition from s_job j join s_job_version v on v.job_id = j.id and v.config_hash = j.config_hash
      where j.name in (${names.map(() => '?').join(', ')})`,
    names,
  );
  return new Set(rows.map((row) => (JSON.parse(row.definition) as { group: string }).group));
}
