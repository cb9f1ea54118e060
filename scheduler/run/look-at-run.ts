import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import type { ProbeAnswer } from '../routing/route-failover.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { groupLoad } from '../storage/sql/group-limit-queries.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';
import { giveScript } from '../storage/sql/script-queries.ts';
import { earlierRuns, setRunWait } from '../storage/sql/waiting-run-queries.ts';
import { applyRunEvent } from './apply-run-event.ts';
import { cancelShards } from './cancel-shards.ts';
import { judgeWaiting } from './judge-waiting.ts';
import { executorsFor, type SplitVerdict, splitRun } from './split-run.ts';
import { tellOfRun } from './tell-of-run.ts';

export type LookVerdict =
  | SplitVerdict
  | { readonly kind: 'waits' }
  /** It has ended without having run. */
  | { readonly kind: 'discarded' }
  /** These runs have to be ended first, each in a transaction of its own; then it is looked at again. */
  | { readonly kind: 'end_first'; readonly runIds: readonly number[] };

/**
 * Looks at a waiting run and lets it go, or writes down what it waits for. Its caller has LOCKED the job's row, so that
 * two schedulers judge one after the other (I20), and the run's; where the group has a limit, the group's row between.
 */
export async function lookAtRun(
  tx: SqlTx,
  ctx: SchedulerContext,
  { run, job, answers }: { run: RunRow; job: Job; answers: ReadonlyMap<string, ProbeAnswer> | null },
  effects: Effects,
): Promise<LookVerdict> {
  const live = await executorsFor(tx, ctx, job);
  const verdict = judgeWaiting({
    job,
    awaitedInput: run.waitsFor === 'input' ? (run.reason ?? 'waits for its input') : null,
    earlier: await earlierRuns(tx, job.id, run.id),
    limit: await groupLoad(tx, job.group),
    alive: live.length,
  });
  switch (verdict.kind) {
    case 'wait':
      await setRunWait(tx, run.id, verdict.for, verdict.reason);
      return { kind: 'waits' };
    case 'discard':
      await setRunWait(tx, run.id, null, verdict.reason);
      // A rerun has the shards that are left to do before it goes.
      await cancelShards(tx, run, verdict.reason, effects);
      await applyRunEvent(tx, run, { kind: 'overlapped' }, verdict.reason, effects);
      return { kind: 'discarded' };
    case 'end_first':
      await setRunWait(tx, run.id, 'earlier', verdict.reason);
      effects.wakes.add('dispatch-ready-shards');
      return { kind: 'end_first', runIds: verdict.runIds };
    case 'go':
      if (job.glueType !== 'BEAN' && (await giveScript(tx, run, job.glueType)) === null) {
        return endWithoutScript(tx, run, job, effects);
      }
      return splitRun(tx, ctx, { run, job, live, answers }, effects);
  }
}

/** Nothing can be sent; sent as an empty script it would succeed and have done nothing. */
async function endWithoutScript(tx: SqlTx, run: RunRow, job: Job, effects: Effects): Promise<LookVerdict> {
  const reason = `job "${job.name}" has no script of type ${job.glueType}: save one and run it again`;
  await setRunWait(tx, run.id, null, reason);
  await cancelShards(tx, run, reason, effects);
  const to = await applyRunEvent(tx, run, { kind: 'no_script' }, reason, effects);
  if (to !== null) await tellOfRun(tx, { run, job, to, reason }, effects);
  return { kind: 'discarded' };
}
