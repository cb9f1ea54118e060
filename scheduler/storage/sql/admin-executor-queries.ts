import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { ExecutorState } from '../../registry/executor-liveness.ts';

export interface SeenExecutorRow {
  readonly id: number;
  readonly appName: string;
  readonly address: string;
  readonly state: ExecutorState;
  readonly labels: string | null;
  readonly signs: number;
  readonly registeredAt: number;
  readonly lastBeatAt: number;
  readonly drained: number;
  readonly openAttempts: number;
}

const SEEN = `select e.id, e.app_name as appName, e.address, e.state, e.labels, e.signs, e.registered_at as registeredAt,
    e.last_beat_at as lastBeatAt,
    (select count(*) from s_drained_executor d where d.executor_id = e.id) as drained,
    (select count(*) from s_attempt a where a.executor_id = e.id and a.ended_at is null) as openAttempts
  from s_executor e`;

/** By group and address, at most 5,000; open attempts by the index s_attempt_executor. */
export async function seenExecutors(
  db: SqlReader,
  which: { readonly group?: string; readonly gone: boolean },
): Promise<SeenExecutorRow[]> {
  const group = which.group === undefined ? '' : ' and e.app_name = ?';
  return db.all(
    `${SEEN} where ${which.gone ? '1 = 1' : `e.state <> 'gone'`}${group} order by e.app_name, e.address limit 5000`,
    which.group === undefined ? [] : [which.group],
  );
}

export async function seenExecutor(db: SqlReader, id: number): Promise<SeenExecutorRow | null> {
  return db.get(`${SEEN} where e.id = ?`, [id]);
}

export interface HeldShardRow {
  readonly runId: number;
  readonly jobId: number;
  readonly job: string;
  readonly appName: string;
  readonly shardIndex: number;
  readonly shardTotal: number | null;
  readonly logId: number;
  readonly executorId: number;
  readonly attempt: number;
  readonly state: 'sent' | 'running';
  readonly stopping: number;
  readonly sentAt: number;
  readonly acceptedAt: number | null;
}

const HELD = `select a.run_id as runId, r.job_id as jobId, j.name as job, r.app_name as appName, a.shard_index as shardIndex,
    r.shard_total as shardTotal, a.id as logId, a.executor_id as executorId, a.no as attempt, a.state, a.sent_at as sentAt, nullif(a.accepted_at, 0) as acceptedAt,
    (select count(*) from s_kill_order k where k.log_id = a.id) as stopping`;

/** What one executor has in its hands, the oldest first (index s_attempt_executor). */
export async function shardsHeldBy(db: SqlReader, executorId: number, limit: number): Promise<HeldShardRow[]> {
  return db.all(
    `${HELD} from s_attempt a join s_run r on r.id = a.run_id join s_job j on j.id = r.job_id
      where a.executor_id = ? and a.ended_at is null order by a.id limit ${Math.trunc(limit)}`,
    [executorId],
  );
}

/** What all executors have in their hands, the oldest first: from the small table of open runs. */
export async function shardsInFlight(db: SqlReader, limit: number): Promise<HeldShardRow[]> {
  return db.all(
    `${HELD} from s_open_run o join s_run r on r.id = o.run_id join s_job j on j.id = r.job_id
      join s_attempt a on a.run_id = r.id and a.ended_at is null order by a.id limit ${Math.trunc(limit)}`,
  );
}

/** False: it is so already. */
export async function drainExecutor(tx: SqlTx, id: number, why: { reason: string; by: string }): Promise<boolean> {
  const inserted = await tx.insertRows(
    {
      table: 's_drained_executor',
      columns: ['executor_id', 'reason', 'drained_by', 'drained_at'],
      onConflict: 'ignore',
    },
    [[id, why.reason, why.by, tx.nowMs]],
  );
  return inserted === 1;
}

export async function undrainExecutor(tx: SqlTx, id: number): Promise<boolean> {
  return (await tx.run(`delete from s_drained_executor where executor_id = ?`, [id])) === 1;
}

export interface GroupCounts {
  readonly executors: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly openRuns: ReadonlyMap<string, number>;
}

export async function countByGroup(db: SqlReader): Promise<GroupCounts> {
  const executors = new Map<string, Map<string, number>>();
  const states = await db.all<{ appName: string; state: string; n: number }>(
    `select app_name as appName, state, count(*) as n from s_executor group by app_name, state`,
  );
  for (const { appName, state, n } of states) {
    executors.set(appName, (executors.get(appName) ?? new Map<string, number>()).set(state, n));
  }
  const runs = await db.all<{ appName: string; n: number }>(
    `select app_name as appName, count(*) as n from s_open_run group by app_name`,
  );
  return { executors, openRuns: new Map(runs.map(({ appName, n }) => [appName, n])) };
}
