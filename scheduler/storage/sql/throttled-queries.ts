import type { ThrottledShard } from '../../../shared/protocol/wire.ts';
import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

interface Told {
  readonly runId: number;
  readonly shardIndex: number;
}

/**
 * Keeps what an executor says in its heartbeat of the shards that it holds: these are worked more slowly than they could
 * be, and no others of its own. What it says of shards that others hold is passed over.
 */
export async function noteThrottled(tx: SqlTx, executorId: number, told: readonly ThrottledShard[]): Promise<void> {
  const before = await tx.all<Told>(
    `select t.run_id as runId, t.shard_index as shardIndex from s_throttled_shard t
       join s_shard s on s.run_id = t.run_id and s.shard_index = t.shard_index
       join s_attempt a on a.id = s.log_id
      where a.executor_id = ?`,
    [executorId],
  );
  const keyOf = ({ runId, shardIndex }: Told): string => `${runId} ${shardIndex}`;
  const now = new Set(told.map(keyOf));
  for (const gone of before.filter((each) => !now.has(keyOf(each)))) {
    await tx.run(`delete from s_throttled_shard where run_id = ? and shard_index = ?`, [gone.runId, gone.shardIndex]);
  }
  for (const { runId, shardIndex, why } of told) {
    if (!(await holds(tx, executorId, { runId, shardIndex }))) continue;
    const again = await tx.run(
      `update s_throttled_shard set why = ?, told_at = ? where run_id = ? and shard_index = ?`,
      [why, tx.nowMs, runId, shardIndex],
    );
    if (again === 1) continue;
    await tx.insertRows(
      {
        table: 's_throttled_shard',
        columns: ['run_id', 'shard_index', 'why', 'since_at', 'told_at'],
        onConflict: 'ignore',
      },
      [[runId, shardIndex, why, tx.nowMs, tx.nowMs]],
    );
  }
}

async function holds(tx: SqlTx, executorId: number, { runId, shardIndex }: Told): Promise<boolean> {
  const row = await tx.get(
    `select a.id from s_shard s join s_attempt a on a.id = s.log_id
      where s.run_id = ? and s.shard_index = ? and s.state = 'running' and a.executor_id = ?`,
    [runId, shardIndex, executorId],
  );
  return row !== null;
}

/** Why shards of a run are throttled, by their index, as far as it was told lately. */
export async function throttledShards(
  db: SqlReader,
  runId: number,
  withinMs: number,
): Promise<ReadonlyMap<number, string>> {
  const rows = await db.all<{ shardIndex: number; why: string }>(
    `select t.shard_index as shardIndex, t.why from s_throttled_shard t
       join s_shard s on s.run_id = t.run_id and s.shard_index = t.shard_index and s.state = 'running'
      where t.run_id = ? and t.told_at > ?`,
    [runId, db.nowMs - withinMs],
  );
  return new Map(rows.map(({ shardIndex, why }) => [shardIndex, why]));
}
