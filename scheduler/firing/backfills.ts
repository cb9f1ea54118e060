import { isBusinessDate } from '../../shared/business-date.ts';
import { DaybreakError } from '../../shared/errors.ts';
import { paramRefusal } from '../run/render-param.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { currentCachedJob } from '../storage/definition-cache.ts';
import {
  type BackfillProgress,
  type BackfillRow,
  backfillById,
  backfillProgress,
  insertBackfill,
  listBackfills,
  lockBackfill,
  moveBackfill,
} from '../storage/sql/backfill-queries.ts';
import { calendarByName } from '../storage/sql/calendar-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import { dateFrom } from './advance-backfills.ts';
import { assertPerson, assertRequestId } from './assert-fire-order.ts';
import { type BackfillEvent, type BackfillState, transitBackfill } from './backfill-transitions.ts';
import { assertParamFits } from './job-param.ts';
import { findTimed } from './next-fires.ts';

export interface Backfill {
  /** A job's name, or a chain's; one of the two. */
  readonly job?: string;
  readonly chain?: string;
  /** `YYYY-MM-DD`, both included. At most 3,660 days. */
  readonly fromDate: string;
  readonly toDate: string;
  /** Only the days that are in. Default: every day. */
  readonly calendar?: string;
  /** So many dates at a time, in order. Default 1: the next begins when the one before has ended. At most 100. */
  readonly parallel?: number;
  /** No further date is started once one has not succeeded. Default true. */
  readonly stopOnFailure?: boolean;
  /** Default: the job's own parameter; of a chain: one text for all of its jobs. */
  readonly param?: string;
  /** The same id is the same backfill, however often it is asked for. */
  readonly requestId: string;
  readonly by: string;
}

export interface BackfillView extends BackfillProgress {
  readonly id: number;
  readonly jobId: number | null;
  readonly chainId: number | null;
  readonly state: BackfillState;
  readonly reason: string | null;
  readonly fromDate: string;
  readonly toDate: string;
  /** The next date to start, or null. */
  readonly nextDate: string | null;
  readonly by: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

const DAYS_MAX = 3_660;
const PARALLEL_MAX = 100;
const DAY_MS = 86_400_000;

/** Runs a job or chain for past business dates, each date once. Throws BAD_INPUT and NOT_FOUND. */
export async function backfill(
  ctx: SchedulerContext,
  order: Backfill,
): Promise<{ backfillId: number; created: boolean }> {
  const which = checkOrder(order);
  const made = await ctx.store.transaction('backfill', async (tx) => {
    const { of } = await findTimed(tx, which);
    const job = of.jobId === 0 ? null : await currentCachedJob(tx, of.jobId);
    if (job !== null) assertParamFits(job, order.param ?? job.param);
    const calendar = order.calendar ?? null;
    if (calendar !== null && (await calendarByName(tx, calendar)) === null) {
      throw new DaybreakError('NOT_FOUND', `there is no calendar "${calendar}"`);
    }
    const { row, inserted } = await insertBackfill(tx, {
      ...of,
      requestId: order.requestId,
      fromDate: order.fromDate,
      toDate: order.toDate,
      nextDate: await dateFrom(tx, order.fromDate, { toDate: order.toDate, calendar }),
      calendar,
      parallel: order.parallel ?? 1,
      stopOnFailure: (order.stopOnFailure ?? true) ? 1 : 0,
      param: order.param ?? null,
      askedBy: order.by,
    });
    if (inserted) {
      const reason = `${order.fromDate} to ${order.toDate}`;
      await recordOperatorAction(tx, { who: order.by, verb: 'backfill', ...subject(row), reason, detail: order });
    }
    return { backfillId: row.id, created: inserted };
  });
  ctx.wake('advance-backfills');
  return made;
}

export interface BackfillOrder {
  readonly backfillId: number;
  readonly by: string;
  readonly reason: string;
}

/** What a person may do to a backfill; runs that are open go on to their end in each case. */
export type BackfillVerb = 'pause' | 'resume' | 'cancel';

const EVENTS: Readonly<Record<BackfillVerb, BackfillEvent>> = {
  pause: { kind: 'paused' },
  resume: { kind: 'resumed' },
  cancel: { kind: 'cancelled' },
};

/** Throws NOT_FOUND, CONFLICT (it is not in a state for this) and BAD_INPUT. */
export async function changeBackfill(ctx: SchedulerContext, verb: BackfillVerb, order: BackfillOrder): Promise<void> {
  assertPerson(order);
  await ctx.store.transaction(`${verb}-backfill`, async (tx) => {
    const row = await lockBackfill(tx, order.backfillId);
    if (row === null) throw new DaybreakError('NOT_FOUND', `there is no backfill ${order.backfillId}`);
    const verdict = transitBackfill(row.state, EVENTS[verb]);
    if (verdict.kind !== 'moved') {
      throw new DaybreakError('CONFLICT', `backfill ${row.id} is ${row.state}: it cannot be ${EVENTS[verb].kind}`);
    }
    const reason = verdict.to === 'running' ? null : `${order.by}: ${order.reason}`;
    await moveBackfill(tx, { id: row.id, from: row.state, to: verdict.to, reason, ended: verdict.to === 'cancelled' });
    await recordOperatorAction(tx, {
      who: order.by,
      verb: `${verb}-backfill`,
      ...subject(row),
      reason: order.reason,
    });
  });
  ctx.wake('advance-backfills');
}

/** Throws NOT_FOUND. */
export async function viewBackfill(ctx: SchedulerContext, backfillId: number): Promise<BackfillView> {
  return ctx.store.read('view-backfill', async (db) => {
    const row = await backfillById(db, backfillId);
    if (row === null) throw new DaybreakError('NOT_FOUND', `there is no backfill ${backfillId}`);
    return viewOf(row, await backfillProgress(db, row));
  });
}

/** The newest first, at most 100. */
export async function viewBackfills(ctx: SchedulerContext): Promise<BackfillView[]> {
  return ctx.store.read('view-backfills', async (db) => {
    const views: BackfillView[] = [];
    for (const row of await listBackfills(db, 100)) views.push(viewOf(row, await backfillProgress(db, row)));
    return views;
  });
}

const viewOf = (row: BackfillRow, progress: BackfillProgress): BackfillView => ({
  id: row.id,
  jobId: row.jobId === 0 ? null : row.jobId,
  chainId: row.chainId === 0 ? null : row.chainId,
  state: row.state,
  reason: row.reason,
  fromDate: row.fromDate,
  toDate: row.toDate,
  nextDate: row.nextDate,
  by: row.askedBy,
  createdAtMs: row.createdAt,
  endedAtMs: row.endedAt,
  ...progress,
});

const subject = (row: BackfillRow) => ({ subjectKind: 'backfill', subjectId: row.id });

function checkOrder(order: Backfill): { readonly job: string } | { readonly chain: string } {
  assertPerson({ by: order.by });
  assertRequestId(order.requestId);
  const refuse = (path: string, why: string): never => {
    throw new DaybreakError('BAD_INPUT', `${path} ${why}`, { details: { path, why } });
  };
  const { fromDate, toDate, parallel = 1 } = order;
  for (const [field, date] of Object.entries({ fromDate, toDate })) {
    if (!isBusinessDate(date)) refuse(field, `is "${date}": give a day as YYYY-MM-DD`);
  }
  const days = (Date.parse(toDate) - Date.parse(fromDate)) / DAY_MS + 1;
  if (days < 1) refuse('toDate', 'must not be before fromDate');
  if (days > DAYS_MAX) refuse('toDate', `makes ${days} days, too many for one backfill: at most ${DAYS_MAX}`);
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > PARALLEL_MAX) {
    refuse('parallel', `is ${parallel}: 1 to ${PARALLEL_MAX} dates at a time`);
  }
  if ((order.job === undefined) === (order.chain === undefined))
    refuse('chain', 'or job must be given, one of the two');
  const refusal = order.param === undefined ? null : paramRefusal(order.param);
  if (refusal !== null) refuse('param', refusal);
  return order.job === undefined ? { chain: order.chain ?? '' } : { job: order.job };
}
