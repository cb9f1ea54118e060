import type { SqlReader } from '../../shared/sql/sql.ts';
import { checkChildren } from './check-children.ts';
import { checkFires } from './check-fires.ts';
import { checkInstants } from './check-instants.ts';
import { readHistory } from './history.ts';
import { checkHistory } from './replay-history.ts';
import type { SimulatedNight } from './simulate.ts';
import type { BeganAttempt } from './simulated-executor.ts';

/** All that is wrong with what a night left in its store, in words; empty when nothing is. */
export async function checkNight(night: SimulatedNight): Promise<string[]> {
  const history = await readHistory(night.store);
  const found = await night.store.read('check', async (db) => [
    ...(await checkFires(db)),
    ...(await checkInstants(db, night.healedAtMs)),
    ...(await checkChildren(db, history)),
    ...(await checkHistory(db, history)),
    ...(await checkAttempts(db)),
    ...(await checkBooks(
      db,
      night.executors.flatMap((executor) => executor.began),
    )),
  ]);
  if (night.stillOpen !== null) found.push(`I16: still open long after the faults ended: ${night.stillOpen}`);
  return found;
}

/**
 * What executors have begun was stored before it was asked for: an attempt, its executor, run, shard and epoch. And what
 * the store holds for refused, and hands to another, nobody has begun.
 */
async function checkBooks(db: SqlReader, began: readonly BeganAttempt[]): Promise<string[]> {
  const rows = await db.all<{ id: number; key: string; state: string }>(
    `select id, state, address || ' ' || run_id || ' ' || shard_index || ' ' || epoch as key from s_attempt`,
  );
  const attempts = new Map(rows.map((row) => [row.id, row]));
  return began.flatMap((each) => {
    const attempt = attempts.get(each.logId);
    const words = JSON.stringify(each);
    if (attempt?.key !== `${each.address} ${each.runId} ${each.shardIndex} ${each.epoch}`) {
      return [`an executor began what is not stored: ${words}`];
    }
    return attempt.state === 'refused' ? [`an executor began what counts as refused: ${words}`] : [];
  });
}

/** I7: epochs rise by one, and a result is that of the attempt that holds the shard. At most once where that is promised. */
async function checkAttempts(db: SqlReader): Promise<string[]> {
  const wrong: string[] = [];
  const gaps = await db.all<{ run: number; shard: number }>(
    `select run_id as run, shard_index as shard from s_attempt group by run_id, shard_index
      having max(epoch) <> count(*) or min(epoch) <> 1 or max(no) <> count(*)`,
  );
  for (const { run, shard } of gaps) wrong.push(`I7: the epochs of shard ${shard} of run ${run} have gaps`);
  const results = await db.all<{ run: number; shard: number; log: number; result: string }>(
    `select run_id as run, shard_index as shard, log_id as log, result from s_shard
      where state = 'succeeded' and log_id is not null and result is not null`,
  );
  for (const { run, shard, log, result } of results) {
    const { logId } = JSON.parse(result) as { logId: number };
    if (logId !== log) wrong.push(`I7: shard ${shard} of run ${run} is held by ${log} and has the result of ${logId}`);
  }
  const again = await db.all<{ run: number; shard: number; definition: string }>(
    `select a.run_id as run, a.shard_index as shard, v.definition from s_attempt a join s_run r on r.id = a.run_id
      join s_job_version v on v.job_id = r.job_id and v.config_hash = r.config_hash
      where a.state = 'lost' and exists (select 1 from s_attempt b
        where b.run_id = a.run_id and b.shard_index = a.shard_index and b.id > a.id)`,
  );
  for (const { run, shard, definition } of again) {
    const { onNodeLoss, sliced } = JSON.parse(definition) as { onNodeLoss: string; sliced: boolean };
    if (onNodeLoss === 'fail' || (onNodeLoss === 'auto' && !sliced)) {
      wrong.push(`shard ${shard} of run ${run} was lost and handed out again, though it may run once only`);
    }
  }
  const tries = await db.all<{ run: number; shard: number; failed: number; definition: string }>(
    `select a.run_id as run, a.shard_index as shard, count(*) as failed, v.definition from s_attempt a
      join s_run r on r.id = a.run_id
      join s_job_version v on v.job_id = r.job_id and v.config_hash = r.config_hash
      where a.state = 'failed' group by a.run_id, a.shard_index having count(*) > 1`,
  );
  for (const { run, shard, failed, definition } of tries) {
    const { retry } = JSON.parse(definition) as { retry: { count: number } };
    if (failed > retry.count + 1)
      wrong.push(`shard ${shard} of run ${run} failed ${failed} times, of ${retry.count} + 1`);
  }
  return wrong;
}
