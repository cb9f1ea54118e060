import type { SqlReader, SqlTx, SqlValue } from '../../../shared/sql/sql.ts';
import type { AttemptState } from './attempt-queries.ts';

// What takes the result of one attempt, for as many as come together: a dozen statements, whatever their number.

const marksOf = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

/** An attempt as it is known before anything is locked, and who speaks for it. */
export interface ReportedAttempt {
  readonly logId: number;
  readonly runId: number;
  readonly jobId: number;
  readonly state: AttemptState;
  readonly deadlineAt: number | null;
  readonly endedAt: number | null;
  readonly appName: string;
  readonly signs: number;
}

export async function reportedAttempts(db: SqlReader, logIds: readonly number[]): Promise<ReportedAttempt[]> {
  if (logIds.length === 0) return [];
  return db.all(
    `select a.id as logId, a.run_id as runId, r.job_id as jobId, a.state, a.deadline_at as deadlineAt,
       a.ended_at as endedAt, e.app_name as appName, e.signs
       from s_attempt a join s_run r on r.id = a.run_id join s_executor e on e.id = a.executor_id where a.id in (${marksOf(logIds)})`,
    [...logIds],
  );
}

/** An attempt whose success ends its run and nothing else, but for what its job's definition says. */
export interface LoneAttempt {
  readonly logId: number;
  readonly runId: number;
  readonly jobId: number;
  readonly configHash: string;
}

/**
 * Locks the runs of these attempts in the order of their ids (nobody who holds a run waits for another one), and gives
 * those that hold the only shard of a run which belongs to no chain run, no backfill and no line of reruns, whose job has
 * no children and is still of that version, and that nobody has told to stop.
 */
export async function lockLoneAttempts(
  tx: SqlTx,
  attempts: readonly Pick<ReportedAttempt, 'logId' | 'runId'>[],
): Promise<LoneAttempt[]> {
  if (attempts.length === 0) return [];
  const runIds = [...new Set(attempts.map(({ runId }) => runId))];
  await tx.arrays(`select id from s_run where id in (${marksOf(runIds)}) order by id${tx.forUpdate}`, runIds);
  return tx.all(
    `select a.id as logId, a.run_id as runId, r.job_id as jobId, r.config_hash as configHash
       from s_attempt a
       join s_shard s on s.run_id = a.run_id and s.shard_index = a.shard_index and s.log_id = a.id
       join s_run r on r.id = a.run_id
       join s_job j on j.id = r.job_id and j.config_hash = r.config_hash
       join s_fire f on f.id = r.fire_id
      where a.id in (${marksOf(attempts)}) and a.state in ('sent', 'running') and s.state in ('sent', 'running')
        and r.state = 'running' and r.shard_total = 1 and r.chain_run_id is null and r.rerun_of is null
        and f.origin <> 'backfill'
        and not exists (select 1 from s_child_job c where c.parent_name = j.name)
        and not exists (select 1 from s_kill_order k where k.log_id = a.id)`,
    attempts.map(({ logId }) => logId),
  );
}

export interface Success extends Pick<LoneAttempt, 'logId' | 'runId'> {
  readonly code: number;
  readonly message: string | null;
  readonly result: string | null;
}

/** Ends these attempts, their shards and their runs. Throws when one has moved, which the lock forbids. */
export async function endLoneAttempts(tx: SqlTx, successes: readonly Success[]): Promise<void> {
  const attempts = await tx.updateRows(
    {
      table: 's_attempt',
      key: ['id'],
      set: ['state', 'reason', 'ended_at'],
      guard: `state in ('sent', 'running')`,
    },
    successes.map(({ logId, message }): SqlValue[] => [logId, 'succeeded', message, tx.nowMs]),
  );
  const shards = await tx.updateRows(
    {
      table: 's_shard',
      key: ['run_id', 'log_id'],
      set: ['state', 'ready_at', 'avoid_executor_id', 'code', 'reason', 'result', 'ended_at'],
      guard: `state in ('sent', 'running')`,
    },
    successes.map(({ runId, logId, code, message, result }): SqlValue[] => [
      runId,
      logId,
      'succeeded',
      tx.nowMs,
      null,
      code,
      message,
      result,
      tx.nowMs,
    ]),
  );
  const runIds = successes.map(({ runId }) => runId);
  const runs = await tx.run(
    `update s_run set state = 'succeeded', waits_for = null, dispatched_at = coalesce(dispatched_at, ?),
       settled_at = coalesce(settled_at, ?), ended_at = ?
      where state = 'running' and id in (${marksOf(runIds)})`,
    [tx.nowMs, tx.nowMs, tx.nowMs, ...runIds],
  );
  const wanted = successes.length;
  if (attempts !== wanted || shards !== wanted || runs !== wanted) {
    throw new Error(`of ${wanted} locked runs ${attempts} attempts, ${shards} shards and ${runs} runs were still open`);
  }
  // By key: a server that walked the small table would wait for runs that others are making, who may wait for these.
  await tx.deleteRows(
    { table: 's_open_run', key: ['run_id'] },
    runIds.map((runId) => [runId]),
  );
}
