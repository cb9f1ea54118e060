import { CODE_TIMEOUT } from '../../shared/protocol/wire.ts';
import type { BodyReport } from '../clockwork.ts';
import { newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { attemptById, expiredAttempts, type LimitedAttempt, setDeadline } from '../storage/sql/attempt-queries.ts';
import { jobVersion } from '../storage/sql/definition-queries.ts';
import { pickRun } from '../storage/sql/run-queries.ts';
import { shardAt } from '../storage/sql/shard-queries.ts';
import { attemptLimits } from './attempt-limits.ts';
import { orderKill } from './cancel-shards.ts';
import { concludeRun } from './conclude-run.ts';
import { settleShard } from './settle-shard.ts';
import { waitsForItsTurn } from './waits-for-its-turn.ts';

/**
 * Ends attempts whose executor should have ended them long ago. Time limits are the executors' own business, counted from
 * the start of the handler; this is for one that does not keep them. The attempt is told to stop, its shard is tried again
 * or ends as timed out, and what the attempt says from now on is of an older attempt.
 */
export async function expireAttempts(ctx: SchedulerContext): Promise<BodyReport> {
  const expired = await ctx.store.read('list-expired-attempts', expiredAttempts);
  // It may have ended in time while nobody listened. Peers tell again every 30 s what they could not tell.
  if (ctx.listening.listenedMs() < GRACES_TO_LISTEN * ctx.settings.timeoutGraceMs) return {};
  await Promise.all(expired.map((attempt) => expireOne(ctx, attempt)));
  return {};
}

const GRACES_TO_LISTEN = 2;

async function expireOne(ctx: SchedulerContext, attempt: LimitedAttempt): Promise<void> {
  const waits = await waitsForItsTurn(ctx.client, attempt);
  const effects = await ctx.store.transaction('expire-attempt', async (tx) => {
    const effects = newEffects();
    const { logId, runId } = attempt;
    const run = await pickRun(tx, runId);
    const held = await attemptById(tx, logId);
    const shard = held === null ? null : await shardAt(tx, runId, held.shardIndex);
    const job = run === null ? null : await jobVersion(tx, run.jobId, run.configHash);
    if (run === null || held === null || shard === null || job === null) return effects;
    // Asked again under the lock: its result may have come in the meantime, or another scheduler was here first.
    const stillOut = shard.logId === logId && shard.state === 'running';
    if (!stillOut || held.deadlineAt === null || held.deadlineAt > tx.nowMs) return effects;
    if (waits) {
      await setDeadline(tx, logId, attemptLimits(job, tx.nowMs, ctx.settings.timeoutGraceMs).deadlineAt);
      return effects;
    }
    const message = `job execute timeout: ${attempt.address} had not ended it ${ctx.settings.timeoutGraceMs} ms after its limit of ${job.timeoutSeconds} s`;
    await settleShard(
      tx,
      ctx,
      { attempt: held, shard, job, outcome: { code: CODE_TIMEOUT, message, result: null } },
      effects,
    );
    await orderKill(tx, { logId, runId, jobId: run.jobId }, effects);
    effects.counts.push((metrics) => metrics.attemptsExpired.add(1));
    if (run.chainRunId !== null) effects.changedChainRuns.add(run.chainRunId);
    await concludeRun(tx, ctx, run, job, effects);
    return effects;
  });
  ctx.apply(effects);
}
