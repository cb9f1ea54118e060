import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { jobVersion } from '../storage/sql/definition-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import { lockRun } from '../storage/sql/run-queries.ts';
import { applyRunEvent } from './apply-run-event.ts';
import { cancelShards } from './cancel-shards.ts';
import { followUp } from './conclude-run.ts';
import { isRunEnded } from './run-transitions.ts';

export interface KillRun {
  /** Who wants it, for the record. */
  readonly by: string;
  readonly reason: string;
}

/**
 * Ends a run: its shards are cancelled in one transaction, and from its commit on no result counts. Its executors are told
 * to stop, again and again until they have heard; an attempt that has not ended yet is shown as `stopping`. In a chain the
 * node is cancelled. False: the run had ended before. Throws NOT_FOUND, and BAD_INPUT without a name or a reason.
 */
export async function killRun(ctx: SchedulerContext, runId: number, { by, reason }: KillRun): Promise<boolean> {
  for (const [field, text] of Object.entries({ by, reason })) {
    if (text.trim() === '') throw new DaybreakError('BAD_INPUT', `${field} is empty: it is kept with what was done`);
  }
  if (by.length > 64) throw new DaybreakError('BAD_INPUT', 'by has more than 64 characters');
  const { killed, effects } = await ctx.store.transaction('kill-run', async (tx) => {
    const effects = newEffects();
    return { killed: await killRunIn(tx, ctx, runId, { by, reason }, effects), effects };
  });
  ctx.apply(effects);
  return killed;
}

/** The same inside a transaction of the caller's. */
export async function killRunIn(
  tx: SqlTx,
  ctx: SchedulerContext,
  runId: number,
  { by, reason }: KillRun,
  effects: Effects,
): Promise<boolean> {
  const run = await lockRun(tx, runId);
  if (run === null) throw new DaybreakError('NOT_FOUND', `there is no run ${runId}`);
  if (isRunEnded(run.state)) return false;
  const words = `killed by ${by}: ${reason}`;
  await cancelShards(tx, run, words, effects);
  const to = await applyRunEvent(tx, run, { kind: 'cancelled' }, words, effects);
  await recordOperatorAction(tx, { who: by, verb: 'kill', subjectKind: 'run', subjectId: runId, reason });
  const job = await jobVersion(tx, run.jobId, run.configHash);
  if (to !== null && job !== null) await followUp(tx, ctx, { run, job, to, reason: words }, effects);
  return true;
}
