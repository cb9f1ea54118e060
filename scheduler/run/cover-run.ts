import type { SqlTx } from '../../shared/sql/sql.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { jobVersion } from '../storage/sql/definition-queries.ts';
import { lockRun, runById } from '../storage/sql/run-queries.ts';
import { applyRunEvent } from './apply-run-event.ts';
import { cancelShards } from './cancel-shards.ts';
import { followUp } from './conclude-run.ts';

/**
 * Ends an earlier run of a job in favour of a newer one (COVER_EARLY). Its shards are cancelled for good, which fences
 * them harder than a raised epoch would: whatever an attempt of them says from now on, no epoch of theirs is taken any
 * more. The executors are told to stop once that is committed; on ours the newer run's attempt waits until the older one
 * has really left.
 */
export async function coverRun(
  ctx: SchedulerContext,
  { runId, newerRunId }: { runId: number; newerRunId: number },
): Promise<void> {
  const effects = await ctx.store.transaction('cover-run', (tx) => cover(tx, ctx, runId, newerRunId));
  ctx.apply(effects);
}

async function cover(tx: SqlTx, ctx: SchedulerContext, runId: number, newerRunId: number): Promise<Effects> {
  const effects = newEffects();
  const run = await lockRun(tx, runId);
  if (run === null || (run.state !== 'waiting' && run.state !== 'running')) return effects;
  // Somebody may have cancelled the newer one meanwhile: then nothing covers this one.
  if ((await runById(tx, newerRunId))?.state !== 'waiting') return effects;
  const reason = `covered by run ${newerRunId} of the job`;
  await cancelShards(tx, run, reason, effects);
  const to = await applyRunEvent(tx, run, { kind: 'cancelled' }, reason, effects);
  const job = await jobVersion(tx, run.jobId, run.configHash);
  if (to !== null && job !== null) await followUp(tx, ctx, { run, job, to, reason }, effects);
  return effects;
}
