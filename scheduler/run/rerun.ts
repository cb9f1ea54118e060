import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import { type Effects, newEffects } from '../effects.ts';
import { assertParamFits } from '../firing/job-param.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { currentJob, lockJob } from '../storage/sql/definition-queries.ts';
import { insertFire } from '../storage/sql/fire-queries.ts';
import { stoppingAttempts } from '../storage/sql/kill-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import { insertRerunShards, originOfRun } from '../storage/sql/run-line-queries.ts';
import { lockRun, type RerunKind, type RunRow, runByFire, runById, setRunSplit } from '../storage/sql/run-queries.ts';
import { shardsOf } from '../storage/sql/shard-queries.ts';
import { makeRun } from './make-run.ts';
import { paramRefusal } from './render-param.ts';
import { rerunRefusal, rerunShards } from './rerun-rules.ts';

export interface Rerun {
  /**
   * - all: anew, split over the executors that live now.
   * - failed: the shards that succeeded stay as they are (index, total, result); the others are worked from their beginning.
   * - resume: as `failed`, and the others go on where the work of the first run of the line stopped.
   */
  readonly kind: RerunKind;
  /** The same id for the same job is the same run, however often it is asked for. */
  readonly requestId: string;
  /** Who wants it, for the record. */
  readonly by: string;
  /** Default: as it was. Not for `resume`: other work cannot go on with this. */
  readonly param?: string;
}

/**
 * Runs an ended run again, as a new run for the same planned instant and business date, with the definition as it is now.
 * Throws NOT_FOUND, BAD_INPUT, and CONFLICT where it cannot be run again so; the message says what can be done.
 */
export async function rerun(
  ctx: SchedulerContext,
  runId: number,
  order: Rerun,
): Promise<{ runId: number; created: boolean }> {
  checkOrder(order);
  const { made, effects } = await ctx.store.transaction('rerun', async (tx) => {
    const effects = newEffects();
    return { made: await rerunIn(tx, ctx, runId, order, effects), effects };
  });
  ctx.apply(effects);
  return made;
}

/** The same inside a transaction of the caller's. */
export async function rerunIn(tx: SqlTx, ctx: SchedulerContext, runId: number, order: Rerun, effects: Effects) {
  const found = await runById(tx, runId);
  if (found === null) throw new DaybreakError('NOT_FOUND', `there is no run ${runId}`);
  const job = await currentJob(tx, { id: found.jobId });
  if (job === null) throw new DaybreakError('CONFLICT', `the job of run ${runId} is not defined any more`);
  // The job before the run, as everywhere: the run that is made is judged with the job locked.
  await lockJob(tx, job.id);
  const { by, kind, requestId } = order;
  const { plannedAt, businessDate } = found;
  const { id: fireId } = await insertFire(tx, {
    jobId: job.id,
    origin: 'rerun',
    dedupKey: requestId,
    chainRunId: null,
    plannedAt,
    businessDate,
    askedBy: by,
    state: 'fired',
    reason: null,
  });
  const earlier = await runByFire(tx, fireId);
  if (earlier !== null) return sameAsBefore(tx, earlier, runId, order);
  const old = await lockRun(tx, runId);
  if (old === null) throw new DaybreakError('NOT_FOUND', `there is no run ${runId}`);
  await assertPossible(tx, old, job, order);
  const param = order.param ?? old.param;
  assertParamFits(job, param);
  const newRunId = await makeRun(
    tx,
    ctx,
    {
      fireId,
      job,
      chainRunId: null,
      param,
      plannedAtMs: old.plannedAt,
      businessDate: old.businessDate,
      rerunOf: { runId, kind },
      ...(kind === 'all' ? {} : { prepare: (id: number) => copyShards(tx, job, old, id) }),
    },
    effects,
  );
  effects.counts.push((metrics) => metrics.fires.add(1, { verdict: 'fired' }));
  await recordOperatorAction(tx, {
    who: by,
    verb: 'rerun',
    subjectKind: 'run',
    subjectId: runId,
    reason: `kind ${kind}`,
    detail: { kind, requestId, newRunId },
  });
  return { runId: newRunId, created: true };
}

/** A request's id names one rerun: with other words behind it, it is a mistake of the asker. */
async function sameAsBefore(tx: SqlTx, earlier: RunRow, runId: number, { kind, requestId }: Rerun) {
  const { rerunOf, rerunKind } = await originOfRun(tx, earlier.id);
  if (rerunOf === runId && rerunKind === kind) return { runId: earlier.id, created: false };
  throw new DaybreakError(
    'CONFLICT',
    `requestId "${requestId}" has made run ${earlier.id} already (kind "${rerunKind}" of run ${rerunOf}): take another id`,
  );
}

async function assertPossible(tx: SqlTx, old: RunRow, job: Job, order: Rerun): Promise<void> {
  const refusal = rerunRefusal({
    runId: old.id,
    state: old.state,
    chainRunId: old.chainRunId,
    shardTotal: old.shardTotal,
    shards: await shardsOf(tx, old.id),
    tellsSettled: job.tellsSettled,
    kind: order.kind,
    hasParam: order.param !== undefined,
  });
  if (refusal !== null) throw new DaybreakError('CONFLICT', refusal);
  const [stopping] = await stoppingAttempts(tx, old.id);
  if (stopping === undefined) return;
  throw new DaybreakError(
    'CONFLICT',
    `an attempt of run ${old.id} (log ${stopping.logId} on ${stopping.address}) is still stopping: try again when it has ended`,
    { retryable: true },
  );
}

async function copyShards(tx: SqlTx, job: Job, old: RunRow, newRunId: number): Promise<void> {
  const shards = rerunShards(job, await shardsOf(tx, old.id), tx.nowMs);
  await insertRerunShards(tx, { runId: newRunId, fromRunId: old.id }, shards);
  await setRunSplit(tx, newRunId, old.shardTotal ?? 1);
}

function checkOrder({ kind, requestId, by, param }: Rerun): void {
  const refuse = (why: string) => {
    throw new DaybreakError('BAD_INPUT', why);
  };
  if (kind !== 'all' && kind !== 'failed' && kind !== 'resume') refuse('kind must be "all", "failed" or "resume"');
  if (requestId.length < 1 || requestId.length > 128) refuse('requestId must have 1 to 128 characters');
  if (by.trim() === '' || by.length > 64)
    refuse('by must be a name of 1 to 64 characters: it is kept with what was done');
  const refusal = param === undefined ? null : paramRefusal(param);
  if (refusal !== null) refuse(`param ${refusal}`);
}
