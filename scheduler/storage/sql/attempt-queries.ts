import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { ExecutorState } from '../../registry/executor-liveness.ts';

export type AttemptState = 'sent' | 'running' | 'succeeded' | 'failed' | 'refused' | 'lost' | 'cancelled';

export interface AttemptRow {
  readonly id: number;
  readonly runId: number;
  readonly shardIndex: number;
  readonly no: number;
  readonly epoch: number;
  readonly executorId: number;
  readonly address: string;
  readonly incarnation: string | null;
  /** When the scheduler ends it if its executor has not; null before the acceptance and for jobs without a limit. */
  readonly deadlineAt: number | null;
  /** When people hear that it is slow; null before the acceptance, once they have, and where nobody wants to. */
  readonly warnAt: number | null;
  readonly state: AttemptState;
  readonly reason: string | null;
  readonly sentAt: number;
  readonly sends: number;
  readonly endedAt: number | null;
}

const COLUMNS = `id, run_id as runId, shard_index as shardIndex, no, epoch, executor_id as executorId, address,
  incarnation, deadline_at as deadlineAt, warn_at as warnAt, state, reason, sent_at as sentAt, sends, ended_at as endedAt`;

export interface NewAttempt {
  readonly runId: number;
  readonly shardIndex: number;
  readonly no: number;
  readonly executorId: number;
}

/** Stores an attempt with the executor's process as it is known now; its id is the wire's logId. */
export async function insertAttempt(tx: SqlTx, attempt: NewAttempt): Promise<number> {
  return tx.insertReturningId(
    `insert into s_attempt (run_id, shard_index, no, epoch, executor_id, address, incarnation, state, sent_at, accepted_at)
     select ?, ?, ?, ?, id, address, incarnation, 'sent', ?, 0 from s_executor where id = ?`,
    [attempt.runId, attempt.shardIndex, attempt.no, attempt.no, tx.nowMs, attempt.executorId],
  );
}

export async function attemptById(db: SqlReader, logId: number): Promise<AttemptRow | null> {
  return db.get(`select ${COLUMNS} from s_attempt where id = ?`, [logId]);
}

export async function attemptsOf(db: SqlReader, runId: number): Promise<AttemptRow[]> {
  return db.all(`select ${COLUMNS} from s_attempt where run_id = ? order by shard_index, no`, [runId]);
}

export async function countSend(tx: SqlTx, logId: number): Promise<void> {
  await tx.run(`update s_attempt set sends = sends + 1 where id = ?`, [logId]);
}

export async function acceptAttempt(
  tx: SqlTx,
  logId: number,
  { deadlineAt, warnAt }: Pick<AttemptRow, 'deadlineAt' | 'warnAt'>,
): Promise<void> {
  await tx.run(
    `update s_attempt set state = 'running', accepted_at = ?, deadline_at = ?, warn_at = ? where id = ? and state = 'sent'`,
    [tx.nowMs, deadlineAt, warnAt, logId],
  );
}

export async function setDeadline(tx: SqlTx, logId: number, deadlineAt: number | null): Promise<void> {
  await tx.run(`update s_attempt set deadline_at = ? where id = ? and state = 'running'`, [deadlineAt, logId]);
}

export async function setWarnAt(tx: SqlTx, logId: number, warnAt: number | null): Promise<void> {
  await tx.run(`update s_attempt set warn_at = ? where id = ?`, [warnAt, logId]);
}

export interface LimitedAttempt {
  readonly runId: number;
  readonly logId: number;
  readonly address: string;
  /** As it was sent: the run's making. */
  readonly logDateTime: number;
}

/** Attempts that hold a shard and are past the scheduler's own deadline, by the store's clock. */
export const expiredAttempts = (db: SqlReader): Promise<LimitedAttempt[]> => attemptsPast(db, 'deadline_at');

/** Those of which people are to hear that they are slow. */
export const slowAttempts = (db: SqlReader): Promise<LimitedAttempt[]> => attemptsPast(db, 'warn_at');

function attemptsPast(db: SqlReader, column: 'deadline_at' | 'warn_at'): Promise<LimitedAttempt[]> {
  return db.all(
    `select a.run_id as runId, a.id as logId, a.address, r.created_at as logDateTime
       from s_open_run o
       join s_run r on r.id = o.run_id
       join s_shard s on s.run_id = o.run_id and s.state = 'running'
       join s_attempt a on a.id = s.log_id
      where a.${column} <= ? order by a.id`,
    [db.nowMs],
  );
}

/** Ends an attempt that is out (or that was taken back, and whose result came after all); false: it has ended before. */
export async function endAttempt(tx: SqlTx, logId: number, to: AttemptState, reason: string | null): Promise<boolean> {
  const ended = await tx.run(
    `update s_attempt set state = ?, reason = ?, ended_at = ? where id = ? and state in ('sent', 'running', 'lost', 'refused')`,
    [to, reason, tx.nowMs, logId],
  );
  return ended === 1;
}

/**
 * Attempts whose executor is gone, or is another process by now. Judged by the registry's lease alone: how long an
 * attempt has been out says nothing.
 * @param logId only this one; default null: all
 */
export async function lostAttempts(
  db: SqlReader,
  logId: number | null = null,
): Promise<{ runId: number; logId: number; why: string }[]> {
  const rows = await db.all<{ runId: number; logId: number; state: ExecutorState; address: string }>(
    `select a.run_id as runId, a.id as logId, e.state, e.address
       from s_open_run o
       join s_shard s on s.run_id = o.run_id and s.state in ('sent', 'running')
       join s_attempt a on a.id = s.log_id
       join s_executor e on e.id = a.executor_id
      where (e.state = 'gone' or coalesce(e.incarnation, '') <> coalesce(a.incarnation, ''))${logId === null ? '' : ' and a.id = ?'}
      order by a.run_id, a.id`,
    logId === null ? [] : [logId],
  );
  return rows.map((row) => ({
    runId: row.runId,
    logId: row.logId,
    why: row.state === 'gone' ? `executor ${row.address} is gone` : `executor ${row.address} was started anew`,
  }));
}
