import { CODE_SUCCESS } from '../../shared/protocol/wire.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { transitShard } from '../shard/shard-transitions.ts';
import { type AttemptRow, endAttempt } from '../storage/sql/attempt-queries.ts';
import { moveShard, type ShardRow } from '../storage/sql/shard-queries.ts';
import { afterNodeLoss } from './after-node-loss.ts';
import { decideRetry, readFailure } from './retry-policy.ts';

/** What became of one attempt: a code of the wire, words, and the handler's result as JSON text. */
export interface Outcome {
  readonly code: number;
  readonly message: string | null;
  readonly result: string | null;
}

export interface AttemptInHand {
  readonly attempt: AttemptRow;
  readonly shard: ShardRow;
  readonly job: Job;
}

/** Ends the attempt that holds a shard: the shard has succeeded, has failed, or is to be tried again. The run is locked. */
export async function settleShard(
  tx: SqlTx,
  ctx: SchedulerContext,
  { attempt, shard, job, outcome }: AttemptInHand & { readonly outcome: Outcome },
  effects: Effects,
): Promise<void> {
  const success = outcome.code === CODE_SUCCESS;
  const retry = success
    ? null
    : decideRetry(
        {
          retry: job.retry,
          failuresBefore: shard.failures,
          failure: readFailure(outcome),
          defaultFirstMs: ctx.settings.retryDelayMs,
          nowMs: tx.nowMs,
        },
        ctx.runtime.random,
      );
  const again = retry?.kind === 'again';
  const verdict = transitShard(shard.state, { kind: 'came_back', success, retriesLeft: again ? 1 : 0 });
  if (verdict.kind !== 'moved') throw new Error(`shard in ${shard.state} refused the result of log ${attempt.id}`);
  await endAttempt(tx, attempt.id, success ? 'succeeded' : 'failed', outcome.message);
  await moveShard(tx, {
    from: shard,
    to: verdict.to,
    readyAt: tx.nowMs + (again ? retry.waitMs : 0),
    avoidExecutorId: success ? null : attempt.executorId,
    code: outcome.code,
    reason: retry === null ? outcome.message : retry.reason,
    result: outcome.result,
    addFailure: !success,
  });
  // Back in line, or out of the way of a shard that waits for room.
  effects.wakes.add('dispatch-ready-shards');
  if (!again) effects.counts.push((metrics) => metrics.shardsEnded.add(1, { state: verdict.to }));
}

/** Takes a shard back from an executor that is gone, was started anew or is being stopped. It costs no try. */
export async function loseShard(
  tx: SqlTx,
  { attempt, shard, job }: AttemptInHand,
  why: string,
  effects: Effects,
): Promise<void> {
  const verdict = transitShard(shard.state, { kind: 'node_lost', onNodeLoss: afterNodeLoss(job, attempt) });
  if (verdict.kind !== 'moved') return;
  await endAttempt(tx, attempt.id, 'lost', why);
  await moveShard(tx, { from: shard, to: verdict.to, readyAt: tx.nowMs, reason: why, avoidExecutorId: null });
  if (verdict.to === 'ready') effects.wakes.add('dispatch-ready-shards');
  else effects.counts.push((metrics) => metrics.shardsEnded.add(1, { state: verdict.to }));
}
