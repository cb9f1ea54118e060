import type { SqlReader, SqlTx, SqlValue } from '../../../shared/sql/sql.ts';
import type { EarlierRun } from '../../run/block-policy.ts';
import type { RunState } from '../../run/run-transitions.ts';
import type { FireRow } from './fire-queries.ts';
import type { RunRow } from './run-queries.ts';

// What decides one fire, for as many as are due together: a handful of statements, whatever their number.

const marksOf = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

export interface PickedJob {
  readonly id: number;
  readonly configHash: string;
  readonly roundCounter: number;
}

/** Locks those of these jobs that nobody else has just now, in the order of their ids. */
export async function pickJobs(tx: SqlTx, jobIds: readonly number[]): Promise<PickedJob[]> {
  if (jobIds.length === 0) return [];
  return tx.all(
    `select id, config_hash as configHash, round_counter as roundCounter from s_job
      where id in (${marksOf(jobIds)}) order by id${tx.forUpdateSkipLocked}`,
    [...jobIds],
  );
}

// As many versions as are kept.
const VERSIONS_MAX = 20_000;

/** The current versions of the jobs that are due up to an instant (primary key of s_planned_fire). */
export async function versionsDueUpTo(
  db: SqlReader,
  upToMs: number,
): Promise<{ readonly jobId: number; readonly configHash: string }[]> {
  return db.all(
    `select distinct j.id as jobId, j.config_hash as configHash
       from s_planned_fire p join s_fire f on f.id = p.fire_id join s_job j on j.id = f.job_id
      where p.planned_at <= ? limit ${VERSIONS_MAX}`,
    [upToMs],
  );
}

/** Open runs of LOCKED jobs, by job (index s_open_run_job). */
export async function openRunsOfJobs(db: SqlReader, jobIds: readonly number[]): Promise<Map<number, EarlierRun[]>> {
  if (jobIds.length === 0) return new Map();
  const rows = await db.all<{ jobId: number; runId: number; state: RunState }>(
    `select o.job_id as jobId, o.run_id as runId, r.state from s_open_run o join s_run r on r.id = o.run_id
      where o.job_id in (${marksOf(jobIds)}) order by o.run_id`,
    [...jobIds],
  );
  return Map.groupBy(rows, (row) => row.jobId);
}

/** Makes LOCKED planned fires FIRED. Throws when one of them is planned no more: nothing of it may be committed. */
export async function fireAll(tx: SqlTx, fires: readonly FireRow[]): Promise<void> {
  const ids = fires.map(({ id }) => id);
  const fired = await tx.run(
    `update s_fire set state = 'fired', decided_at = ? where state = 'planned' and id in (${marksOf(ids)})`,
    [tx.nowMs, ...ids],
  );
  if (fired !== fires.length) throw new Error(`${fires.length - fired} locked fires are planned no more`);
  // By key: a server that walked the small table would wait for what another scheduler fires at the same instant.
  await tx.deleteRows(
    { table: 's_planned_fire', key: ['planned_at', 'fire_id'] },
    fires.map(({ id, plannedAt }) => [plannedAt, id]),
  );
}

export type NewFiredRun = Omit<RunRow, 'id'> & { readonly priority: number; readonly group: string };

/** Makes the runs of fires; gives the id of each by its fire. */
export async function insertRuns(
  tx: SqlTx,
  runs: readonly NewFiredRun[],
  codeVersion: string | null,
): Promise<ReadonlyMap<number, number>> {
  await tx.insertRows(
    {
      table: 's_run',
      columns: [
        'fire_id',
        'job_id',
        'config_hash',
        'code_version',
        'app_name',
        'priority',
        'waits_for',
        'state',
        'reason',
        'param',
        'planned_at',
        'business_date',
        'shard_total',
        'created_at',
      ],
    },
    runs.map((run): SqlValue[] => [
      run.fireId,
      run.jobId,
      run.configHash,
      codeVersion,
      run.group,
      run.priority,
      run.waitsFor,
      run.state,
      run.reason,
      run.param,
      run.plannedAt,
      run.businessDate,
      run.shardTotal,
      tx.nowMs,
    ]),
  );
  const rows = await tx.all<{ id: number; fireId: number }>(
    `select id, fire_id as fireId from s_run where fire_id in (${marksOf(runs)})`,
    runs.map(({ fireId }) => fireId),
  );
  const ids = new Map(rows.map(({ id, fireId }) => [fireId, id]));
  await tx.insertRows(
    { table: 's_open_run', columns: ['run_id', 'job_id', 'chain_run_id', 'app_name', 'priority'] },
    runs.map((run): SqlValue[] => [ids.get(run.fireId) ?? 0, run.jobId, null, run.group, run.priority]),
  );
  return ids;
}

/** The next run of each job goes to the next executor. */
export async function nextRounds(tx: SqlTx, jobIds: readonly number[]): Promise<void> {
  if (jobIds.length === 0) return;
  await tx.run(`update s_job set round_counter = round_counter + 1 where id in (${marksOf(jobIds)})`, [...jobIds]);
}

export interface FirstShard {
  readonly runId: number;
  readonly shardIndex: number;
  readonly homeExecutorId: number;
  /** Who gets it now; null: nobody has room, it stays ready. */
  readonly to: { readonly id: number; readonly address: string; readonly incarnation: string | null } | null;
}

/** Makes the shards of new runs with the first attempt of each that is handed out. Gives the log ids by `RUN SHARD`. */
export async function insertFirstShards(
  tx: SqlTx,
  shards: readonly FirstShard[],
  resendAt: number,
): Promise<ReadonlyMap<string, number>> {
  const given = shards.flatMap(({ to, ...shard }) => (to === null ? [] : [{ ...shard, to }]));
  await tx.insertRows(
    {
      table: 's_attempt',
      columns: [
        'run_id',
        'shard_index',
        'no',
        'epoch',
        'executor_id',
        'address',
        'incarnation',
        'state',
        'sent_at',
        'accepted_at',
      ],
    },
    given.map(({ runId, shardIndex, to }): SqlValue[] => [
      runId,
      shardIndex,
      1,
      1,
      to.id,
      to.address,
      to.incarnation,
      'sent',
      tx.nowMs,
      0,
    ]),
  );
  const logIds = await logIdsOf(tx, [...new Set(given.map(({ runId }) => runId))]);
  await tx.insertRows(
    {
      table: 's_shard',
      columns: ['run_id', 'shard_index', 'state', 'home_executor_id', 'log_id', 'attempts', 'ready_at'],
    },
    shards.map(({ runId, shardIndex, homeExecutorId, to }): SqlValue[] =>
      to === null
        ? [runId, shardIndex, 'ready', homeExecutorId, null, 0, tx.nowMs]
        : [runId, shardIndex, 'sent', homeExecutorId, logIds.get(`${runId} ${shardIndex}`) ?? null, 1, resendAt],
    ),
  );
  return logIds;
}

/** Through the unique key of s_attempt; the runs are new, so each shard has one at most. */
async function logIdsOf(tx: SqlTx, runIds: readonly number[]): Promise<ReadonlyMap<string, number>> {
  if (runIds.length === 0) return new Map();
  const rows = await tx.all<{ id: number; runId: number; shardIndex: number }>(
    `select id, run_id as runId, shard_index as shardIndex from s_attempt where run_id in (${marksOf(runIds)})`,
    [...runIds],
  );
  return new Map(rows.map(({ id, runId, shardIndex }) => [`${runId} ${shardIndex}`, id]));
}

/** The peers of `peersYetToHear`, for all jobs: the table of kill orders is small. */
export async function allPeersYetToHear(db: SqlReader): Promise<Map<number, Set<number>>> {
  const rows = await db.all<{ jobId: number; executorId: number }>(
    `select distinct k.job_id as jobId, a.executor_id as executorId from s_kill_order k
       join s_attempt a on a.id = k.log_id where k.next_at is not null and a.incarnation is null`,
  );
  const byJob = new Map<number, Set<number>>();
  for (const { jobId, executorId } of rows) byJob.set(jobId, (byJob.get(jobId) ?? new Set()).add(executorId));
  return byJob;
}
