import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { newEffects } from '../effects.ts';
import { paramRefusal } from '../run/render-param.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { lockChainRun } from '../storage/sql/chain-run-queries.ts';
import { currentJob } from '../storage/sql/definition-queries.ts';
import { assertFireOrder } from './assert-fire-order.ts';
import { fireNow } from './fire-now.ts';
import { heldBy, holdInWords } from './held-by.ts';

export interface TriggerJob {
  /** The job's name. */
  readonly job: string;
  /** A template, as the job's own. Default: the chain run's parameter for the job, else the job's own. */
  readonly param?: string;
  /** `YYYY-MM-DD`. */
  readonly businessDate: string;
  /** The same id for the same job and origin is the same run, however often it is asked for. */
  readonly requestId: string;
  /** Who wants it, for the record. Default: nobody by name. */
  readonly by?: string;
  /** Whether a person asks or a program. Default 'manual'. */
  readonly origin?: 'manual' | 'api';
  /** The chain run that it belongs to, if any: it shares its cut-off and ends with it. */
  readonly chainRunId?: number | null;
  /** Fires although the job, its group or the cluster is held. Default false: it is refused with the hold's name. */
  readonly despiteHold?: boolean;
}

/** Fires one job by hand. Throws BAD_INPUT, NOT_FOUND and CONFLICT (it is held, or its chain run has ended). */
export async function triggerJob(
  ctx: SchedulerContext,
  order: TriggerJob,
): Promise<{ runId: number; created: boolean }> {
  assertFireOrder(order);
  assertTrigger(order);
  const { runId, created, effects } = await ctx.store.transaction('trigger-job', async (tx) => {
    const effects = newEffects();
    const chainRunId = order.chainRunId ?? null;
    const chainRun = chainRunId === null ? null : await lockChainRun(tx, chainRunId);
    if (chainRunId !== null && chainRun === null) {
      throw new DaybreakError('NOT_FOUND', `there is no chain run ${chainRunId}`);
    }
    if (chainRun !== null && chainRun.state !== 'running') {
      throw new DaybreakError('CONFLICT', `chain run ${chainRunId} is ${chainRun.state}: no run can join it any more`);
    }
    if (order.despiteHold !== true) await assertNotHeld(tx, order.job, chainRun?.chainId ?? null);
    const fired = await fireNow(
      tx,
      ctx,
      {
        jobName: order.job,
        origin: order.origin ?? 'manual',
        dedupKey: order.requestId,
        chainRun,
        businessDate: order.businessDate,
        param: order.param ?? null,
        askedBy: order.by ?? null,
      },
      effects,
    );
    return { ...fired, effects };
  });
  ctx.apply(effects);
  return { runId, created };
}

function assertTrigger({ param, by, origin }: TriggerJob): void {
  const refusal = param === undefined ? null : paramRefusal(param);
  if (refusal !== null) throw new DaybreakError('BAD_INPUT', `param ${refusal}`);
  if (by !== undefined && (by.trim() === '' || by.length > 64)) {
    throw new DaybreakError('BAD_INPUT', 'by must be a name of 1 to 64 characters');
  }
  if (origin !== undefined && origin !== 'manual' && origin !== 'api') {
    throw new DaybreakError('BAD_INPUT', 'origin must be "manual" or "api"');
  }
}

async function assertNotHeld(tx: SqlTx, jobName: string, chainId: number | null): Promise<void> {
  const job = await currentJob(tx, { name: jobName });
  const hold = job === null ? null : await heldBy(tx, { jobId: job.id, group: job.group, chainId });
  if (hold === null) return;
  throw new DaybreakError('CONFLICT', `${holdInWords(hold)}. Take the hold away, or trigger it despite the hold`);
}
