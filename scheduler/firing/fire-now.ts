import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Effects } from '../effects.ts';
import { makeRun } from '../run/make-run.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import type { ChainRunRow } from '../storage/sql/chain-run-queries.ts';
import { currentJob } from '../storage/sql/definition-queries.ts';
import { type FireOrigin, insertFire } from '../storage/sql/fire-queries.ts';
import { runByFire } from '../storage/sql/run-queries.ts';
import { assertParamFits, paramOf } from './job-param.ts';

export interface FireOrder {
  readonly jobName: string;
  readonly origin: Exclude<FireOrigin, 'fixed_rate'>;
  /** The request's id, or the chain run: the same key twice is one run. */
  readonly dedupKey: string;
  readonly chainRun: ChainRunRow | null;
  readonly businessDate: string;
  /** Null: the chain run's parameter for the job, else the job's own. */
  readonly param: string | null;
  /** Who asked for it by name. Default: nobody. */
  readonly askedBy?: string | null;
}

/** Fires a job that is due by an event and not by a schedule. Asked twice with one key, it gives the first run again. */
export async function fireNow(
  tx: SqlTx,
  ctx: SchedulerContext,
  order: FireOrder,
  effects: Effects,
): Promise<{ runId: number; created: boolean }> {
  const job = await currentJob(tx, { name: order.jobName });
  if (job === null) throw new DaybreakError('NOT_FOUND', `there is no job "${order.jobName}"`);
  const fire = await insertFire(tx, {
    jobId: job.id,
    origin: order.origin,
    dedupKey: order.dedupKey,
    chainRunId: order.chainRun?.id ?? null,
    plannedAt: tx.nowMs,
    businessDate: order.businessDate,
    askedBy: order.askedBy ?? null,
    state: 'fired',
    reason: null,
  });
  const earlier = await runByFire(tx, fire.id);
  if (earlier !== null) return { runId: earlier.id, created: false };
  const param = order.param ?? paramOf(job, order.chainRun?.params ?? null);
  // A chain goes on by itself: nobody is there to be told, and its start was judged.
  if (order.origin !== 'chain') assertParamFits(job, param);
  effects.counts.push((metrics) => metrics.fires.add(1, { verdict: 'fired' }));
  const runId = await makeRun(
    tx,
    ctx,
    {
      fireId: fire.id,
      job,
      chainRunId: order.chainRun?.id ?? null,
      param,
      plannedAtMs: tx.nowMs,
      businessDate: order.businessDate,
    },
    effects,
  );
  return { runId, created: true };
}
