import type { SqlReader, SqlValue } from '../../../shared/sql/sql.ts';
import type { ChainRunState } from '../../chain/chain-run-transitions.ts';
import type { RunState } from '../../run/run-transitions.ts';

export interface ChainRunLineRow {
  readonly id: number;
  readonly chainId: number;
  readonly chain: string;
  readonly businessDate: string;
  readonly seq: number;
  readonly state: ChainRunState;
  readonly reason: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly cutOffAt: number | null;
  readonly rerunOf: number | null;
}

const LINE = `select r.id, r.chain_id as chainId, c.name as chain, r.business_date as businessDate, r.seq, r.state, r.reason,
    r.created_at as createdAt, r.ended_at as endedAt, r.cut_off_at as cutOffAt, r.rerun_of as rerunOf
  from s_chain_run r join s_chain c on c.id = r.chain_id`;

export interface ChainRunFilter {
  readonly chainId?: number;
  readonly state?: ChainRunState;
  readonly businessDate?: string;
}

/** The newest first, before an id (index s_chain_run_chain, or the key). */
export async function chainRunLines(
  db: SqlReader,
  filter: ChainRunFilter,
  page: { readonly beforeId: number; readonly limit: number },
): Promise<ChainRunLineRow[]> {
  const conditions = ['r.id < ?'];
  const params: SqlValue[] = [page.beforeId];
  if (filter.chainId !== undefined) {
    conditions.push('r.chain_id = ?');
    params.push(filter.chainId);
  }
  if (filter.state !== undefined) {
    conditions.push('r.state = ?');
    params.push(filter.state);
  }
  if (filter.businessDate !== undefined) {
    conditions.push('r.business_date = ?');
    params.push(filter.businessDate);
  }
  return db.all(`${LINE} where ${conditions.join(' and ')} order by r.id desc limit ${Math.trunc(page.limit)}`, params);
}

export async function chainRunLine(db: SqlReader, id: number): Promise<ChainRunLineRow | null> {
  return db.get(`${LINE} where r.id = ?`, [id]);
}

/** The newest run of each chain: one step into s_chain_run_chain for each. */
export async function newestChainRuns(
  db: SqlReader,
  chainIds: readonly number[],
): Promise<Map<number, ChainRunLineRow>> {
  if (chainIds.length === 0) return new Map();
  const rows = await db.all<ChainRunLineRow>(
    `${LINE} where r.id in (select (select x.id from s_chain_run x where x.chain_id = c.id order by x.id desc limit 1)
       from s_chain c where c.id in (${chainIds.map(() => '?').join(', ')}))`,
    [...chainIds],
  );
  return new Map(rows.map((row) => [row.chainId, row]));
}

/** Chain runs at work (index s_chain_run_state). */
export async function activeChainRunLines(db: SqlReader): Promise<ChainRunLineRow[]> {
  return db.all(`${LINE} where r.state in ('running', 'cancelling') order by r.id desc limit 200`);
}

/** Chain runs at work that have a cut-off (index s_chain_run_state). */
export async function cutOffsAtWork(db: SqlReader): Promise<{ readonly id: number; readonly cutOffAt: number }[]> {
  return db.all(
    `select id, cut_off_at as cutOffAt from s_chain_run
      where state in ('running', 'cancelling') and cut_off_at is not null order by id`,
  );
}

export interface ShardCountRow {
  readonly runId: number;
  readonly done: number;
  readonly total: number;
}

/** How many shards of each run have ended well; hooks are not counted. */
export async function shardCounts(db: SqlReader, runIds: readonly number[]): Promise<Map<number, ShardCountRow>> {
  if (runIds.length === 0) return new Map();
  const rows = await db.all<ShardCountRow>(
    `select run_id as runId, sum(case when state = 'succeeded' then 1 else 0 end) as done, count(*) as total from s_shard
      where run_id in (${runIds.map(() => '?').join(', ')}) and shard_index >= 0 group by run_id`,
    [...runIds],
  );
  return new Map(rows.map((row) => [row.runId, { ...row, done: Number(row.done), total: Number(row.total) }]));
}

/** When the first of each run was sent to an executor; what waits is not there (the attempts' index by run). */
export async function begunAt(db: SqlReader, runIds: readonly number[]): Promise<Map<number, number>> {
  if (runIds.length === 0) return new Map();
  const rows = await db.all<{ runId: number; begunAt: number }>(
    `select run_id as runId, min(sent_at) as begunAt from s_attempt
      where run_id in (${runIds.map(() => '?').join(', ')}) group by run_id`,
    [...runIds],
  );
  return new Map(rows.map(({ runId, begunAt }) => [runId, Number(begunAt)]));
}

export interface SweepRow {
  readonly jobId: number;
  readonly runs: number;
  readonly lastId: number;
}

export async function runsByJobOfChainRun(db: SqlReader, chainRunId: number): Promise<SweepRow[]> {
  return db.all(
    `select job_id as jobId, count(*) as runs, max(id) as lastId from s_run where chain_run_id = ? group by job_id`,
    [chainRunId],
  );
}

export async function runHeads(
  db: SqlReader,
  ids: readonly number[],
): Promise<Map<number, { id: number; state: RunState; createdAt: number }>> {
  if (ids.length === 0) return new Map();
  const rows = await db.all<{ id: number; state: RunState; createdAt: number }>(
    `select id, state, created_at as createdAt from s_run where id in (${ids.map(() => '?').join(', ')})`,
    [...ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** The runs of nodes of several chain runs, for the grid (index s_run_chain). */
export async function runsOfChainRuns(
  db: SqlReader,
  chainRunIds: readonly number[],
  jobIds: readonly number[],
): Promise<
  { chainRunId: number; jobId: number; runId: number; state: RunState; createdAt: number; endedAt: number | null }[]
> {
  if (chainRunIds.length === 0 || jobIds.length === 0) return [];
  return db.all(
    `select chain_run_id as chainRunId, job_id as jobId, id as runId, state, created_at as createdAt, ended_at as endedAt
       from s_run where chain_run_id in (${chainRunIds.map(() => '?').join(', ')})
        and job_id in (${jobIds.map(() => '?').join(', ')}) order by id`,
    [...chainRunIds, ...jobIds],
  );
}
