import type { BodyReport } from '../clockwork.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { deleteFiresBefore, deleteRuns, jobsWithSchedules, runsBeyond } from './sql/retention-queries.ts';

const BATCH = 200;

/**
 * Keeps the last runs of every job that fires by itself and deletes the older ones that have ended, a batch per
 * transaction. Runs of the nodes of chains and of backfills stay: they are what a person asks for a year later.
 */
export async function pruneHistory(ctx: SchedulerContext): Promise<BodyReport> {
  const jobIds = await ctx.store.read('list-scheduled-jobs', jobsWithSchedules);
  for (const jobId of jobIds) {
    for (let deleted = BATCH; deleted === BATCH; ) {
      deleted = await ctx.store.transaction('prune-runs', async (tx) => {
        const old = await runsBeyond(tx, { jobId, keep: ctx.settings.keepSweepRuns, limit: BATCH });
        await deleteRuns(
          tx,
          old.map((run) => run.runId),
        );
        const newest = old.at(-1);
        if (newest !== undefined) await deleteFiresBefore(tx, jobId, newest.fireId);
        return old.length;
      });
      await ctx.runtime.yieldTurn();
    }
  }
  return {};
}
