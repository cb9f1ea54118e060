import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { ExecutorState } from '../../registry/executor-liveness.ts';

export interface KillOrderRow {
  readonly logId: number;
  readonly runId: number;
  readonly jobId: number;
  /** Null: its executor has heard. */
  readonly nextAt: number | null;
  readonly sends: number;
  readonly madeAt: number;
  readonly address: string;
  readonly executorId: number;
  /** Of the process that has the attempt; null for an executor of xxl-job, which does not say. */
  readonly incarnation: string | null;
  readonly executorState: ExecutorState;
  readonly executorIncarnation: string | null;
  /** Null: nobody knows whether it has arrived. */
  readonly acceptedAt: number | null;
}

/** Asked for again, the order begins anew: the executor may have got the attempt only after it was told to stop. */
export async function insertKillOrder(
  tx: SqlTx,
  order: { readonly logId: number; readonly runId: number; readonly jobId: number },
): Promise<void> {
  await tx.run(`delete from s_kill_order where log_id = ?`, [order.logId]);
  await tx.run(`insert into s_kill_order (log_id, run_id, job_id, next_at, made_at) values (?, ?, ?, ?, ?)`, [
    order.logId,
    order.runId,
    order.jobId,
    tx.nowMs,
    tx.nowMs,
  ]);
}

export async function killOrders(db: SqlReader): Promise<KillOrderRow[]> {
  return db.all(
    `select k.log_id as logId, k.run_id as runId, k.job_id as jobId, k.next_at as nextAt, k.sends, k.made_at as madeAt,
       a.address, a.executor_id as executorId, a.incarnation, nullif(a.accepted_at, 0) as acceptedAt,
       e.state as executorState, e.incarnation as executorIncarnation
       from s_kill_order k join s_attempt a on a.id = k.log_id join s_executor e on e.id = a.executor_id
      order by k.log_id`,
  );
}

/** The attempts of a run that were told to stop and are not known to have ended (index s_kill_order_run). */
export async function stoppingAttempts(db: SqlReader, runId: number): Promise<{ logId: number; address: string }[]> {
  return db.all(
    `select k.log_id as logId, a.address from s_kill_order k join s_attempt a on a.id = k.log_id
      where k.run_id = ? order by k.log_id`,
    [runId],
  );
}

/** Moves the next sending of those orders that stand as they were seen; whoever moves one sends it. */
export async function claimKills(
  tx: SqlTx,
  seen: readonly Pick<KillOrderRow, 'logId' | 'nextAt'>[],
  nextAt: number,
): Promise<ReadonlySet<number>> {
  const claimed = new Set<number>();
  for (const order of seen) {
    const free = await tx.get(
      `select log_id from s_kill_order where log_id = ? and next_at = ?${tx.forUpdateSkipLocked}`,
      [order.logId, order.nextAt],
    );
    if (free === null) continue;
    await tx.run(`update s_kill_order set next_at = ? where log_id = ?`, [nextAt, order.logId]);
    claimed.add(order.logId);
  }
  return claimed;
}

/** @param nextAt null: it was heard. */
export async function noteKillSent(tx: SqlTx, logId: number, nextAt: number | null): Promise<void> {
  await tx.run(`update s_kill_order set next_at = ?, sends = sends + 1 where log_id = ?`, [nextAt, logId]);
}

/** Not sent now, and looked at again then. */
export async function postponeKill(tx: SqlTx, logId: number, nextAt: number): Promise<void> {
  await tx.run(`update s_kill_order set next_at = ? where log_id = ? and next_at is not null`, [nextAt, logId]);
}

/**
 * Executors without an incarnation that are to stop an attempt of the job and have not heard. They kill by job, so what
 * they were given before that would be ended as well: a kill and a run request may overtake each other on the way.
 */
export async function peersYetToHear(db: SqlReader, jobId: number): Promise<ReadonlySet<number>> {
  const rows = await db.all<{ executorId: number }>(
    `select distinct a.executor_id as executorId from s_kill_order k join s_attempt a on a.id = k.log_id
      where k.job_id = ? and k.next_at is not null and a.incarnation is null`,
    [jobId],
  );
  return new Set(rows.map(({ executorId }) => executorId));
}

/** The attempt has ended. */
export async function deleteKillOrder(tx: SqlTx, logId: number): Promise<void> {
  await tx.run(`delete from s_kill_order where log_id = ?`, [logId]);
}

/** Another attempt at the job that the executor holds and that is wanted, or null (index s_open_run_job). */
export async function wantedAttemptAt(
  db: SqlReader,
  where: { readonly executorId: number; readonly jobId: number },
): Promise<{ logId: number; runId: number } | null> {
  return db.get(
    `select a.id as logId, a.run_id as runId from s_open_run o
       join s_shard s on s.run_id = o.run_id and s.state in ('sent', 'running')
       join s_attempt a on a.id = s.log_id
      where o.job_id = ? and a.executor_id = ? order by a.id limit 1`,
    [where.jobId, where.executorId],
  );
}
