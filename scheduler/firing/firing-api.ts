import type { CalendarDefinition } from '../calendar/calendar.ts';
import { storeCalendar } from '../calendar/store-calendar.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  type Backfill,
  type BackfillOrder,
  type BackfillView,
  backfill,
  changeBackfill,
  viewBackfill,
  viewBackfills,
} from './backfills.ts';
import { type DecideHeldFire, decideHeldFire } from './decide-held-fire.ts';
import type { FireState } from './fire-transitions.ts';
import { type Hold, type HoldView, hold, listHolds } from './holds.ts';
import { type JobOrChain, type NextFire, nextFires } from './next-fires.ts';
import { type Resume, resume } from './resume-hold.ts';
import { type FireView, viewFires, viewHeldFires, type WhichFires } from './view-fires.ts';

/** What people may do about WHEN things run. Every change is recorded as an operator's action with its reason. */
export interface FiringApi {
  /**
   * Stops a job, chain, group or the cluster from firing: due fires become HELD, triggers by hand are refused. Runs that
   * are there go on. Throws BAD_INPUT, NOT_FOUND, CONFLICT (it is held already).
   * @example await scheduler.hold({ scope: 'job', name: 'import', reason: 'the bank is late', by: 'ana' });
   */
  hold(order: Hold): Promise<void>;
  /** Takes a hold away; what it held is fired, merged or skipped as its `onResume` says. Throws NOT_FOUND. */
  resume(order: Resume): Promise<{ fired: number; merged: number; skipped: number }>;
  /** The oldest first. */
  holds(): Promise<HoldView[]>;
  /** What was planned or asked for, and what became of it: did it run, and why not. Throws NOT_FOUND and BAD_INPUT. */
  fires(which: WhichFires): Promise<FireView[]>;
  /** Fires that wait for a hold or for a person, of all jobs and chains, the oldest first, at most 1,000. */
  heldFires(): Promise<FireView[]>;
  /** Decides one held fire, e.g. one that was too late for its misfire rule. Throws NOT_FOUND, CONFLICT, BAD_INPUT. */
  decideHeldFire(order: DecideHeldFire): Promise<{ state: FireState }>;
  /** Runs a job or chain for past business dates. The same requestId is the same backfill. Throws BAD_INPUT, NOT_FOUND. */
  backfill(order: Backfill): Promise<{ backfillId: number; created: boolean }>;
  /** No further date is started; open runs go on. Throws NOT_FOUND, CONFLICT, BAD_INPUT; so do the next two. */
  pauseBackfill(order: BackfillOrder): Promise<void>;
  resumeBackfill(order: BackfillOrder): Promise<void>;
  cancelBackfill(order: BackfillOrder): Promise<void>;
  /** Throws NOT_FOUND. */
  backfillView(backfillId: number): Promise<BackfillView>;
  /** The newest first, at most 100. */
  backfills(): Promise<BackfillView[]>;
  /** Stores a calendar or a new version of it; schedules that go by it follow. Throws CONFIG_INVALID. */
  storeCalendar(calendar: CalendarDefinition): Promise<{ version: number; changed: boolean }>;
  /** The next 1 to 1,000 instants of a job or chain, calendar and window counted in. Throws NOT_FOUND, BAD_INPUT. */
  nextFires(which: JobOrChain, n: number): Promise<NextFire[]>;
}

export const createFiringApi = (ctx: SchedulerContext): FiringApi => ({
  hold: (order) => hold(ctx, order),
  resume: (order) => resume(ctx, order),
  holds: () => listHolds(ctx),
  fires: (which) => viewFires(ctx, which),
  heldFires: () => viewHeldFires(ctx),
  decideHeldFire: (order) => decideHeldFire(ctx, order),
  backfill: (order) => backfill(ctx, order),
  pauseBackfill: (order) => changeBackfill(ctx, 'pause', order),
  resumeBackfill: (order) => changeBackfill(ctx, 'resume', order),
  cancelBackfill: (order) => changeBackfill(ctx, 'cancel', order),
  backfillView: (backfillId) => viewBackfill(ctx, backfillId),
  backfills: () => viewBackfills(ctx),
  storeCalendar: (calendar) => storeCalendar(ctx, calendar),
  nextFires: (which, n) => nextFires(ctx, which, n),
});
