import { DaybreakError } from '../../shared/errors.ts';
import type { SqlReader } from '../../shared/sql/sql.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { currentCachedChain, currentCachedJob } from '../storage/definition-cache.ts';
import { chainIdByName, jobIdsByName } from '../storage/sql/definition-queries.ts';
import type { Scheduled } from '../storage/sql/fire-queries.ts';
import { scheduleOf } from '../storage/sql/schedule-queries.ts';
import { type Timed, timetableOf } from './timetable.ts';

export type JobOrChain = { readonly job: string } | { readonly chain: string };

export interface NextFire {
  readonly plannedAtMs: number;
  readonly businessDate: string;
}

const PREVIEW_MAX = 1_000;

/**
 * The next instants of a job or chain as they would be planned now: window and calendar counted in, holds not. None for
 * what does not fire by itself; of a delay at most the one that is known. Throws NOT_FOUND and BAD_INPUT.
 */
export async function nextFires(ctx: SchedulerContext, which: JobOrChain, n: number): Promise<NextFire[]> {
  if (!Number.isInteger(n) || n < 1 || n > PREVIEW_MAX) {
    throw new DaybreakError('BAD_INPUT', `n is ${n}: ask for 1 to ${PREVIEW_MAX} fires`);
  }
  return ctx.store.read('next-fires', async (db) => {
    const { of, timed } = await findTimed(db, which);
    const row = await scheduleOf(db, of);
    if (row?.nextAt == null) return [];
    const table = await timetableOf(db, timed);
    const instants = table.instants(firstKnown(timed, row.nextAt, db.nowMs));
    const found: NextFire[] = [];
    for (let at = instants.firstFrom(db.nowMs + 1); at !== null && found.length < n; at = instants.firstFrom(at + 1)) {
      found.push({ plannedAtMs: at, businessDate: table.businessDateOf(at) });
    }
    return found;
  });
}

/** The cursor is some seconds ahead; a rate has instants between now and there. */
function firstKnown({ schedule }: Timed, nextAtMs: number, nowMs: number): number {
  if (schedule.kind !== 'fixed_rate' || nextAtMs <= nowMs) return nextAtMs;
  return nextAtMs - Math.floor((nextAtMs - nowMs - 1) / schedule.everyMs) * schedule.everyMs;
}

/** The job or chain of that name, as it is now. Throws NOT_FOUND. */
export async function findTimed(db: SqlReader, which: JobOrChain): Promise<{ of: Scheduled; timed: Timed }> {
  if ('job' in which) {
    const jobId = (await jobIdsByName(db, [which.job])).get(which.job);
    const job = jobId === undefined ? null : await currentCachedJob(db, jobId);
    if (jobId === undefined || job === null) throw new DaybreakError('NOT_FOUND', `there is no job "${which.job}"`);
    return { of: { jobId, chainId: 0 }, timed: job };
  }
  const chainId = await chainIdByName(db, which.chain);
  const chain = chainId === null ? null : await currentCachedChain(db, chainId);
  if (chainId === null || chain === null) throw new DaybreakError('NOT_FOUND', `there is no chain "${which.chain}"`);
  return { of: { jobId: 0, chainId }, timed: chain };
}
