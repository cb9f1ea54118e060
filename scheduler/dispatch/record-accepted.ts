import type { RunRequest } from '../../shared/protocol/wire.ts';
import { attemptLimits, NO_LIMITS } from '../run/attempt-limits.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedJobs } from '../storage/definition-cache.ts';
import { acceptAttempts, lockSentAttempts } from '../storage/sql/many-attempts-queries.ts';

/**
 * Records in one transaction that executors have taken these attempts, where that is all there is to say. Returns those of
 * which there is more: cancelled meanwhile, or ended already. They are recorded one by one.
 */
export async function recordAccepted(
  ctx: SchedulerContext,
  requests: readonly RunRequest[],
): Promise<readonly RunRequest[]> {
  const recorded = await ctx.store.transaction('record-accepted', async (tx) => {
    const sent = await lockSentAttempts(
      tx,
      requests.map(({ logId, runId = 0 }) => ({ logId, runId })),
    );
    const jobs = await cachedJobs(tx, sent);
    const accepted = sent.map((attempt) => {
      const job = jobs.get(attempt.configHash);
      const limits = job === undefined ? NO_LIMITS : attemptLimits(job, tx.nowMs, ctx.settings.timeoutGraceMs);
      return { ...attempt, ...limits };
    });
    await acceptAttempts(tx, accepted);
    return new Set(accepted.map(({ logId }) => logId));
  });
  return requests.filter(({ logId }) => !recorded.has(logId));
}
