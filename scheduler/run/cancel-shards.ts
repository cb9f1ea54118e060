import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Effects } from '../effects.ts';
import { isShardEnded, transitShard } from '../shard/shard-transitions.ts';
import { attemptById, endAttempt } from '../storage/sql/attempt-queries.ts';
import { insertKillOrder } from '../storage/sql/kill-queries.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';
import { moveShard, shardsOf } from '../storage/sql/shard-queries.ts';

/**
 * Cancels every shard of a LOCKED run that has not ended. From the commit on no result of it counts; the executors are told
 * to stop, and told again until they have heard.
 */
export async function cancelShards(tx: SqlTx, run: RunRow, reason: string, effects: Effects): Promise<void> {
  for (const shard of await shardsOf(tx, run.id)) {
    if (isShardEnded(shard.state)) continue;
    const verdict = transitShard(shard.state, { kind: 'cancelled' });
    if (verdict.kind !== 'moved') continue;
    await moveShard(tx, { from: shard, to: verdict.to, reason });
    effects.counts.push((metrics) => metrics.shardsEnded.add(1, { state: verdict.to }));
    const attempt = shard.logId === null ? null : await attemptById(tx, shard.logId);
    const isOut = attempt?.state === 'sent' || attempt?.state === 'running';
    if (attempt === null || !isOut || !(await endAttempt(tx, attempt.id, 'cancelled', reason))) continue;
    await orderKill(tx, { logId: attempt.id, runId: run.id, jobId: run.jobId }, effects);
  }
}

/** Has an attempt told to stop that is not wanted any more. */
export async function orderKill(
  tx: SqlTx,
  order: { readonly logId: number; readonly runId: number; readonly jobId: number },
  effects: Effects,
): Promise<void> {
  await insertKillOrder(tx, order);
  effects.wakes.add('send-kills');
}
