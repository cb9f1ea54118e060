import type { SqlTx } from '../../../shared/sql/sql.ts';
import type { AttemptLimits } from '../../run/attempt-limits.ts';

const marksOf = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

/** An attempt that waits for the word of its executor, as its rows stand with its run LOCKED. */
export interface SentAttempt {
  readonly logId: number;
  readonly runId: number;
  readonly shardIndex: number;
  readonly jobId: number;
  readonly configHash: string;
}

/**
 * Locks the runs of these attempts in the order of their ids (nobody who holds a run waits for another one), and gives
 * those attempts that hold their shard and have neither been heard of nor taken back.
 */
export async function lockSentAttempts(
  tx: SqlTx,
  attempts: readonly { readonly logId: number; readonly runId: number }[],
): Promise<SentAttempt[]> {
  if (attempts.length === 0) return [];
  const runIds = [...new Set(attempts.map(({ runId }) => runId))];
  await tx.arrays(`select id from s_run where id in (${marksOf(runIds)}) order by id${tx.forUpdate}`, runIds);
  return tx.all(
    `select a.id as logId, a.run_id as runId, a.shard_index as shardIndex, r.job_id as jobId,
       r.config_hash as configHash
       from s_attempt a
       join s_shard s on s.run_id = a.run_id and s.shard_index = a.shard_index and s.log_id = a.id
       join s_run r on r.id = a.run_id
      where a.id in (${marksOf(attempts)}) and a.state = 'sent' and s.state = 'sent'`,
    attempts.map(({ logId }) => logId),
  );
}

/** Their executors have them: attempts and shards run from now on. Throws when one has moved, which the lock forbids. */
export async function acceptAttempts(tx: SqlTx, accepted: readonly (SentAttempt & AttemptLimits)[]): Promise<void> {
  if (accepted.length === 0) return;
  // Few texts of few values: a table of the values of each row, most of them the same, took twice the time.
  let attempts = 0;
  for (const alike of Map.groupBy(accepted, ({ deadlineAt, warnAt }) => `${deadlineAt} ${warnAt}`).values()) {
    attempts += await tx.run(
      `update s_attempt set state = 'running', accepted_at = ?, deadline_at = ?, warn_at = ?
        where state = 'sent' and id in (${marksOf(alike)})`,
      [tx.nowMs, alike[0]?.deadlineAt ?? null, alike[0]?.warnAt ?? null, ...alike.map(({ logId }) => logId)],
    );
  }
  // By the beginning of the primary key. Refusals are counted in a row.
  const runIds = [...new Set(accepted.map(({ runId }) => runId))];
  const shards = await tx.run(
    `update s_shard set state = 'running', reason = null, code = null, result = null, refusals = 0
      where state = 'sent' and run_id in (${marksOf(runIds)}) and log_id in (${marksOf(accepted)})`,
    [...runIds, ...accepted.map(({ logId }) => logId)],
  );
  if (attempts !== accepted.length || shards !== accepted.length) {
    throw new Error(`of ${accepted.length} locked attempts ${attempts} and shards ${shards} were still out`);
  }
}
