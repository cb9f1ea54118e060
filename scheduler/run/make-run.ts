import type { SqlTx } from '../../shared/sql/sql.ts';
import { awaitInput } from '../arrival/await-input.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { lockJob } from '../storage/sql/definition-queries.ts';
import { groupLoad } from '../storage/sql/group-limit-queries.ts';
import { insertRun, type RerunKind, runById } from '../storage/sql/run-queries.ts';
import { setRunWait } from '../storage/sql/waiting-run-queries.ts';
import { lookAtRun } from './look-at-run.ts';

export interface RunOrder {
  readonly fireId: number;
  readonly job: Job;
  readonly chainRunId: number | null;
  readonly param: string;
  readonly plannedAtMs: number;
  readonly businessDate: string;
  /** The run that this one repeats, and how. Default: none. */
  readonly rerunOf?: { readonly runId: number; readonly kind: RerunKind } | null;
  /**
   * Called once the run is there and before it may go: a rerun of some shards stores all of them here (and the total),
   * and is then not split anew.
   */
  readonly prepare?: (runId: number) => Promise<void>;
}

/** Makes the run of a fire, in the fire's transaction; when nothing is in its way it is split at once, else it waits. */
export async function makeRun(tx: SqlTx, ctx: SchedulerContext, order: RunOrder, effects: Effects): Promise<number> {
  const { job } = order;
  // Locked for the block strategy and for the counters of the routes: two schedulers judge one after the other.
  await lockJob(tx, job.id);
  const runId = await insertRun(tx, {
    fireId: order.fireId,
    jobId: job.id,
    chainRunId: order.chainRunId,
    configHash: job.configHash,
    codeVersion: ctx.codeVersion,
    param: order.param,
    plannedAt: order.plannedAtMs,
    businessDate: order.businessDate,
    group: job.group,
    priority: job.priority,
    rerunOf: order.rerunOf ?? null,
  });
  await order.prepare?.(runId);
  if (order.chainRunId !== null) effects.changedChainRuns.add(order.chainRunId);
  if (job.arrival !== null) {
    await awaitInput(tx, runId, job, job.arrival, order);
    effects.wakes.add('watch-inputs');
    return runId;
  }
  if ((await groupLoad(tx, job.group)) !== null) {
    // Who goes next in a group with a limit is decided by priority, among all that wait: the body does that.
    await setRunWait(tx, runId, 'limit', `its turn in group "${job.group}" is being decided`);
    effects.wakes.add('dispatch-ready-shards');
    return runId;
  }
  const run = await runById(tx, runId);
  if (run === null) throw new Error(`run ${runId} is not there in the transaction that made it`);
  await lookAtRun(tx, ctx, { run, job, answers: null }, effects);
  return runId;
}
