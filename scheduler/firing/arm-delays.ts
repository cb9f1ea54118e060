import type { SqlTx } from '../../shared/sql/sql.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedChain, cachedJob } from '../storage/definition-cache.ts';
import { lastFireOf, type Scheduled } from '../storage/sql/fire-queries.ts';
import { delaysToArm, deleteSchedule, lastRunEnd, pickSchedule, setSchedule } from '../storage/sql/schedule-queries.ts';
import { timetableOf } from './timetable.ts';

const BATCH = 500;

/**
 * Gives delays their next instant once the last run has ended, whatever its outcome and whoever started it. It is read
 * from the rows of runs and not told by those who end them: a crash in between loses nothing.
 */
export async function armDelays(ctx: SchedulerContext): Promise<void> {
  // Page after page: those that cannot be armed yet, because their fire is held, must not stand before the others.
  let after: Scheduled = { jobId: -1, chainId: -1 };
  for (;;) {
    const from = after;
    const waiting = await ctx.store.read('list-delays', (db) => delaysToArm(db, BATCH, from));
    for (const of of waiting) await ctx.store.transaction('arm-delay', (tx) => armDelay(tx, of));
    after = waiting.at(-1) ?? after;
    if (waiting.length < BATCH) return;
  }
}

async function armDelay(tx: SqlTx, of: Scheduled): Promise<void> {
  const row = await pickSchedule(tx, of);
  if (row === null || row.nextAt !== null) return;
  const timed =
    of.jobId !== 0 ? await cachedJob(tx, of.jobId, row.configHash) : await cachedChain(tx, of.chainId, row.configHash);
  if (timed?.schedule.kind !== 'fixed_delay') return;
  const fire = await lastFireOf(tx, of, 'fixed_delay');
  // Never two: one that is planned or held is still to run.
  if (fire?.state === 'planned' || fire?.state === 'held') return;
  const run = await lastRunEnd(tx, of);
  if (run !== null && run.endedAt === null) return;
  const sinceMs = Math.max(run?.endedAt ?? 0, fire?.decidedAt ?? 0) || tx.nowMs;
  const anchorMs = sinceMs + timed.schedule.delayMs;
  const nextAt = (await timetableOf(tx, timed)).instants(anchorMs).firstFrom(anchorMs);
  if (nextAt !== null) await setSchedule(tx, of, { configHash: row.configHash, nextAt });
  // Its window is over: it would be looked at each second for ever.
  else await deleteSchedule(tx, of);
}
