import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { ChainRunState } from '../../chain/chain-run-transitions.ts';
import type { RunState } from '../../run/run-transitions.ts';

/** What somebody who watches has to know of a run. */
export interface RecentRun {
  readonly id: number;
  readonly job: string;
  readonly group: string;
  readonly chainRunId: number | null;
  /** Fired by a schedule of its own inside a chain run: a sweep. */
  readonly isSweep: boolean;
  readonly state: RunState;
  readonly waitsFor: string | null;
  readonly reason: string | null;
  readonly businessDate: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

/** Runs after this id (primary key), and those of these ids; the oldest first. */
export async function recentRuns(db: SqlReader, afterId: number, ids: readonly number[]): Promise<RecentRun[]> {
  const rows = await db.all<Omit<RecentRun, 'isSweep' | 'group'> & { origin: string; definition: string }>(
    `select r.id, j.name as job, r.chain_run_id as chainRunId, f.origin, r.state, r.waits_for as waitsFor, r.reason,
       r.business_date as businessDate, r.created_at as createdAt, r.ended_at as endedAt, v.definition
      from s_run r join s_job j on j.id = r.job_id join s_fire f on f.id = r.fire_id
      join s_job_version v on v.job_id = r.job_id and v.config_hash = r.config_hash
      where r.id > ?${orIn('r.id', ids)} order by r.id limit 500`,
    [afterId, ...ids],
  );
  return rows.map(({ origin, definition, ...run }) => ({
    ...run,
    group: (JSON.parse(definition) as { group: string }).group,
    isSweep: run.chainRunId !== null && origin === 'fixed_rate',
  }));
}

export interface RecentChainRun {
  readonly id: number;
  readonly chain: string;
  readonly businessDate: string;
  readonly state: ChainRunState;
  readonly reason: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

/** As `recentRuns`, for chain runs. */
export async function recentChainRuns(
  db: SqlReader,
  afterId: number,
  ids: readonly number[],
): Promise<RecentChainRun[]> {
  return db.all(
    `select r.id, c.name as chain, r.business_date as businessDate, r.state, r.reason, r.created_at as createdAt,
       r.ended_at as endedAt
      from s_chain_run r join s_chain c on c.id = r.chain_id
      where r.id > ?${orIn('r.id', ids)} order by r.id limit 500`,
    [afterId, ...ids],
  );
}

/** The newest ids there are: whoever begins to watch now asks for what comes after them. */
export async function newestIds(db: SqlReader): Promise<{ run: number; chainRun: number; alarm: number }> {
  const newest = async (table: string) =>
    (await db.get<{ id: number | null }>(`select max(id) as id from ${table}`))?.id ?? 0;
  return { run: await newest('s_run'), chainRun: await newest('s_chain_run'), alarm: await newest('s_alarm') };
}

const orIn = (column: string, ids: readonly number[]): string =>
  ids.length === 0 ? '' : ` or ${column} in (${ids.map(() => '?').join(', ')})`;
