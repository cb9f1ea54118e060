import type { SqlTx } from '../../shared/sql/sql.ts';
import { raiseAlarm } from '../alarm/raise-alarm.ts';
import type { BodyReport } from '../clockwork.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { isShardEnded } from '../shard/shard-transitions.ts';
import { attemptById, lostAttempts } from '../storage/sql/attempt-queries.ts';
import { jobVersion } from '../storage/sql/definition-queries.ts';
import { pickRun } from '../storage/sql/run-queries.ts';
import { shardAt } from '../storage/sql/shard-queries.ts';
import { afterNodeLoss, LOST } from './after-node-loss.ts';
import { concludeRun } from './conclude-run.ts';
import { loseShard } from './settle-shard.ts';

/**
 * Takes back what executors hold that are gone or were started anew: an heir gets the same index, or the shard ends as
 * LOST, as the job has it. The old attempt may still run somewhere: what it says from now on is of an older attempt, and
 * the writes of a sliced job are fenced by the slices' epochs.
 */
export async function rescueLostAttempts(ctx: SchedulerContext): Promise<BodyReport> {
  const lost = await ctx.store.read('list-lost-attempts', lostAttempts);
  for (const each of lost) {
    // Asked again under the lock: between the list and now a result may have come, or the executor may be back.
    await rescueAttempt(ctx, each, async (tx) => (await lostAttempts(tx, each.logId)).length > 0);
  }
  return {};
}

export interface LostAttempt {
  readonly runId: number;
  readonly logId: number;
  readonly why: string;
}

/** Takes back one attempt, if it still holds its shard and is still lost. */
export async function rescueAttempt(
  ctx: SchedulerContext,
  lost: LostAttempt,
  stillLost: (tx: SqlTx) => Promise<boolean>,
): Promise<void> {
  const effects = await ctx.store.transaction('rescue-attempt', (tx) => rescue(tx, ctx, lost, stillLost));
  ctx.apply(effects);
}

async function rescue(
  tx: SqlTx,
  ctx: SchedulerContext,
  { runId, logId, why }: LostAttempt,
  stillLost: (tx: SqlTx) => Promise<boolean>,
): Promise<Effects> {
  const effects = newEffects();
  // One that somebody else has is in their hands, or on the list of the next pass.
  const run = await pickRun(tx, runId);
  const attempt = await attemptById(tx, logId);
  const shard = attempt === null ? null : await shardAt(tx, runId, attempt.shardIndex);
  if (run === null || attempt === null || shard === null || shard.logId !== logId) return effects;
  const job = await jobVersion(tx, run.jobId, run.configHash);
  if (job === null || isShardEnded(shard.state) || !(await stillLost(tx))) return effects;
  const isOver = afterNodeLoss(job, attempt) === 'fail';
  await loseShard(tx, { attempt, shard, job }, isOver ? `${LOST}${why}; how far it came is not known` : why, effects);
  effects.counts.push((metrics) => metrics.attemptsLost.add(1));
  const message = `an attempt of run ${runId} of job "${job.name}" was lost: ${why}`;
  await raiseAlarm(
    tx,
    { kind: 'RUN_LOST', subjectKind: 'run', subjectId: runId, severity: isOver ? 'critical' : 'warning', message },
    effects,
  );
  if (run.chainRunId !== null) effects.changedChainRuns.add(run.chainRunId);
  await concludeRun(tx, ctx, run, job, effects);
  return effects;
}
