import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { ShardState } from '../../shard/shard-transitions.ts';

export interface ShardRow {
  readonly runId: number;
  readonly shardIndex: number;
  readonly state: ShardState;
  readonly homeExecutorId: number | null;
  readonly avoidExecutorId: number | null;
  /** The attempt that counts; older ones change nothing. */
  readonly logId: number | null;
  readonly attempts: number;
  readonly failures: number;
  readonly refusals: number;
  readonly readyAt: number;
  readonly code: number | null;
  readonly reason: string | null;
  readonly result: string | null;
}

const COLUMNS = `run_id as runId, shard_index as shardIndex, state, home_executor_id as homeExecutorId,
  avoid_executor_id as avoidExecutorId, log_id as logId, attempts, failures, refusals, ready_at as readyAt,
  code, reason, result`;

export interface NewShard {
  readonly index: number;
  readonly homeExecutorId: number | null;
  /** Not handed out before it. Default: at once. */
  readonly readyAtMs?: number;
}

export async function insertShards(tx: SqlTx, runId: number, shards: readonly NewShard[]): Promise<void> {
  await tx.insertRows(
    { table: 's_shard', columns: ['run_id', 'shard_index', 'state', 'home_executor_id', 'ready_at'] },
    shards.map((shard) => [runId, shard.index, 'ready', shard.homeExecutorId, shard.readyAtMs ?? tx.nowMs]),
  );
}

export async function shardsOf(db: SqlReader, runId: number): Promise<ShardRow[]> {
  return db.all(`select ${COLUMNS} from s_shard where run_id = ? order by shard_index`, [runId]);
}

/** A shard as it is when it was just made. */
export const newShard = (runId: number, shardIndex: number): ShardRow => ({
  runId,
  shardIndex,
  state: 'ready',
  homeExecutorId: null,
  avoidExecutorId: null,
  logId: null,
  attempts: 0,
  failures: 0,
  refusals: 0,
  readyAt: 0,
  code: null,
  reason: null,
  result: null,
});

export interface ShardMove {
  readonly from: ShardRow;
  readonly to: ShardState;
  readonly readyAt?: number;
  readonly avoidExecutorId?: number | null;
  readonly code?: number | null;
  readonly reason?: string | null;
  readonly result?: string | null;
  readonly addFailure?: boolean;
  readonly refusals?: number;
}

/** Guarded by the state and the attempt that the decision was made on. */
export async function moveShard(tx: SqlTx, move: ShardMove): Promise<boolean> {
  const { from, to } = move;
  const ended = to === 'succeeded' || to === 'failed' || to === 'cancelled';
  const moved = await tx.run(
    `update s_shard set state = ?, ready_at = ?, avoid_executor_id = ?, code = ?, reason = ?, result = ?,
       failures = ?, refusals = ?, ended_at = ?
      where run_id = ? and shard_index = ? and state = ? and coalesce(log_id, 0) = ?`,
    [
      to,
      move.readyAt ?? from.readyAt,
      move.avoidExecutorId === undefined ? from.avoidExecutorId : move.avoidExecutorId,
      move.code ?? null,
      move.reason === undefined ? from.reason : move.reason,
      move.result ?? null,
      from.failures + (move.addFailure === true ? 1 : 0),
      move.refusals ?? from.refusals,
      ended ? tx.nowMs : null,
      from.runId,
      from.shardIndex,
      from.state,
      from.logId ?? 0,
    ],
  );
  return moved === 1;
}

export async function handOutShard(tx: SqlTx, shard: ShardRow, logId: number, resendAt: number): Promise<void> {
  await tx.run(
    `update s_shard set state = 'sent', log_id = ?, attempts = ?, ready_at = ?
      where run_id = ? and shard_index = ? and state = 'ready'`,
    [logId, shard.attempts + 1, resendAt, shard.runId, shard.shardIndex],
  );
}

/**
 * As if it had not been handed out: its attempt, which nobody has and nobody ever had, is gone, and the shard has the one
 * before, if any. The number of a log is never given again; that of the attempt is.
 */
export async function undoHandOut(
  tx: SqlTx,
  shard: ShardRow & { readonly logId: number },
  next: { readonly readyAt: number; readonly avoidExecutorId: number; readonly reason: string },
): Promise<void> {
  const { runId, shardIndex, logId } = shard;
  await tx.run(`delete from s_attempt where id = ?`, [logId]);
  await tx.run(
    `update s_shard set state = 'ready', ready_at = ?, avoid_executor_id = ?, reason = ?, attempts = attempts - 1,
       log_id = (select max(id) from s_attempt where run_id = ? and shard_index = ?)
      where run_id = ? and shard_index = ? and state = 'sent' and log_id = ?`,
    [next.readyAt, next.avoidExecutorId, next.reason, runId, shardIndex, runId, shardIndex, logId],
  );
}

export async function setResendAt(tx: SqlTx, shard: ShardRow, resendAt: number): Promise<void> {
  await tx.run(`update s_shard set ready_at = ? where run_id = ? and shard_index = ? and state = 'sent'`, [
    resendAt,
    shard.runId,
    shard.shardIndex,
  ]);
}

/** How many shards of open runs are in each state, for the gauge. */
export function openShardCounts(db: SqlReader): Promise<{ state: ShardState; n: number }[]> {
  return db.all(
    `select s.state, count(*) as n from s_open_run o join s_shard s on s.run_id = o.run_id group by s.state`,
  );
}

/**
 * Runs with a shard that is to be handed out, or sent again, up to an instant; with the earliest of each. What was just sent
 * is sent again in many seconds, and is most of what is open in a burst.
 */
export async function runsWithShardsToSend(
  db: SqlReader,
  upToMs: number,
): Promise<{ runId: number; readyAt: number }[]> {
  return db.all(
    `select s.run_id as runId, min(s.ready_at) as readyAt from s_open_run o
       join s_shard s on s.run_id = o.run_id and s.state in ('ready', 'sent') and s.ready_at <= ?
      group by s.run_id order by s.run_id`,
    [upToMs],
  );
}

/** Shards of a run in a state whose instant has come, in the order of their index (primary key). */
export async function shardsDue(
  db: SqlReader,
  runId: number,
  state: 'ready' | 'sent',
  limit: number,
): Promise<ShardRow[]> {
  return db.all(
    `select ${COLUMNS} from s_shard where run_id = ? and state = ? and ready_at <= ?
      order by shard_index limit ${Math.trunc(limit)}`,
    [runId, state, db.nowMs],
  );
}

/** How many shards of the run each executor holds. */
export async function heldByExecutor(db: SqlReader, runId: number): Promise<Map<number, number>> {
  const rows = await db.all<{ executorId: number; n: number }>(
    `select a.executor_id as executorId, count(*) as n from s_shard s join s_attempt a on a.id = s.log_id
      where s.run_id = ? and s.state in ('sent', 'running') group by a.executor_id`,
    [runId],
  );
  return new Map(rows.map((row) => [row.executorId, Number(row.n)]));
}

export async function shardAt(db: SqlReader, runId: number, shardIndex: number): Promise<ShardRow | null> {
  return db.get(`select ${COLUMNS} from s_shard where run_id = ? and shard_index = ?`, [runId, shardIndex]);
}
