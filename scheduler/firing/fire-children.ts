import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import { isRunEnded, type RunState } from '../run/run-transitions.ts';
import { currentCachedJob } from '../storage/definition-cache.ts';
import { childJobsOf, type FiresOn } from '../storage/sql/child-job-queries.ts';
import { type FireRow, fireOrigin, insertFire } from '../storage/sql/fire-queries.ts';
import { insertChildLink, type RunRow, runById } from '../storage/sql/run-queries.ts';

const PREFIX = 'run:';

/**
 * Whether a child fires after a run that ended so. A run that was cancelled or discarded has neither succeeded nor
 * failed: only 'always' follows it.
 */
export function isFollowed(state: RunState, firesOn: FiresOn): boolean {
  switch (firesOn) {
    case 'always':
      return isRunEnded(state);
    case 'success':
      return state === 'succeeded';
    case 'failure':
      return state === 'failed' || state === 'timed_out';
  }
}

/**
 * Called where runs end, for one that belongs to no chain run, its row locked: writes a fire for each
 * job whose schedule names this one as a parent, once per parent run and child (the fire's key). The runs are made of them
 * where all runs are made, with the child's row locked first. There is nothing to make good after a crash: the end of the
 * parent and the fires of its children are one commit.
 */
export async function firesAfterRun(tx: SqlTx, run: RunRow, state: RunState, effects: Effects): Promise<void> {
  // What else waits for the end of a run; both read from the rows that it has ended.
  if ((await currentCachedJob(tx, run.jobId))?.schedule.kind === 'fixed_delay') effects.wakes.add('plan-fires');
  if ((await fireOrigin(tx, run.fireId)) === 'backfill') effects.wakes.add('advance-backfills');
  const children = await childJobsOf(tx, run.jobId);
  if (children.length === 0) return;
  for (const { childJobId, firesOn } of children) {
    if (!isFollowed(state, firesOn)) continue;
    await insertFire(tx, {
      jobId: childJobId,
      origin: 'parent',
      dedupKey: `${PREFIX}${run.id}`,
      chainRunId: null,
      plannedAt: tx.nowMs,
      businessDate: run.businessDate,
      state: 'planned',
      reason: null,
    });
    effects.wakes.add('fire-due-jobs');
  }
}

/** Says of which run the child's run is a child, and why. */
export async function linkToParent(tx: SqlTx, fire: FireRow, child: Job, childRunId: number): Promise<void> {
  const parent = await runById(tx, Number(fire.dedupKey.slice(PREFIX.length)));
  const job = parent === null ? null : await currentCachedJob(tx, parent.jobId);
  if (parent === null || job === null) return;
  await insertChildLink(tx, {
    parentRunId: parent.id,
    edge: `${job.name}>${child.name}`,
    childRunId,
    because: `parent ${parent.state}`,
  });
}
