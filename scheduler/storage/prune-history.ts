import type { BodyReport } from '../clockwork.ts';
import { countBeforeDeleting } from '../count/count-runs.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { listedJobs } from './sql/admin-job-queries.ts';
import { deleteFiresBefore, deleteRuns, jobsWithRunsBeyond, runsBeyond } from './sql/retention-queries.ts';
import { lockCountMark } from './sql/run-day-queries.ts';

const BATCH = 200;

/**
 * Keeps the last runs of every job that fires by itself and deletes the older ones that have ended, a batch per
 * transaction. Runs of the nodes of chains and of backfills stay: they are what a person asks for a year later.
 */
export async function pruneHistory(ctx: SchedulerContext): Promise<BodyReport> {
  const jobIds = await ctx.store.read('list-scheduled-jobs', async (db) => {
    const scheduled = (await listedJobs(db)).filter(({ definition }) => definition.schedule.kind !== 'none');
    return jobsWithRunsBeyond(
      db,
      scheduled.map(({ id }) => id),
      ctx.settings.keepSweepRuns,
    );
  });
  for (const jobId of jobIds) {
    for (let deleted = BATCH; deleted === BATCH; ) {
      deleted = await ctx.store.transaction('prune-runs', async (tx) => {
        const mark = await lockCountMark(tx);
        const old = await runsBeyond(tx, { jobId, keep: ctx.settings.keepSweepRuns, limit: BATCH });
        const runIds = old.map((run) => run.runId);
        await countBeforeDeleting(tx, mark, runIds);
        await deleteRuns(tx, runIds);
        const newest = old.at(-1);
        if (newest !== undefined) await deleteFiresBefore(tx, jobId, newest.fireId);
        return old.length;
      });
      await ctx.runtime.yieldTurn();
    }
  }
  return {};
}
