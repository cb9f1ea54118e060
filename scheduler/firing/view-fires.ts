import { DaybreakError } from '../../shared/errors.ts';
import { pageSize } from '../alarm/alarms.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import type { FireOrigin } from '../storage/sql/fire-queries.ts';
import { type SeenFireRow, seenFires, seenHeldFires } from '../storage/sql/seen-fire-queries.ts';
import { FIRE_STATES, type FireState } from './fire-transitions.ts';
import { findTimed, type JobOrChain } from './next-fires.ts';

/** One instant or request and what became of it: whether it ran, and why not. */
export interface FireView {
  readonly id: number;
  /** The name of its job, or null: it is of a chain. */
  readonly job: string | null;
  readonly chain: string | null;
  readonly origin: FireOrigin;
  /** `planned` until it is decided; then its verdict. */
  readonly state: FireState;
  readonly reason: string | null;
  readonly plannedAtMs: number;
  readonly businessDate: string;
  /** Who asked for it by name, or null. */
  readonly by: string | null;
  readonly decidedAtMs: number | null;
  /** What it made: a run, or for a chain a chain run. */
  readonly runId: number | null;
  readonly chainRunId: number | null;
  /** The fire whose run stands for this one. */
  readonly mergedInto: number | null;
  /** Of a truncated range: its last instant, and how many there are. */
  readonly range: { readonly toMs: number; readonly count: number } | null;
}

export type WhichFires = JobOrChain & {
  /** Default: all. */
  readonly states?: readonly FireState[];
  /** Planned from then on, before then; epoch ms. Default: all. */
  readonly fromMs?: number;
  readonly beforeMs?: number;
  /** At most so many, the latest instant first. Default 100, at most 1,000. */
  readonly limit?: number;
};

/** What was planned or asked for, and what became of it. Throws NOT_FOUND and BAD_INPUT. */
export async function viewFires(ctx: SchedulerContext, which: WhichFires): Promise<FireView[]> {
  const { states = FIRE_STATES, fromMs = 0, beforeMs = Number.MAX_SAFE_INTEGER } = which;
  const unknown = states.find((state) => !FIRE_STATES.includes(state));
  if (unknown !== undefined || states.length === 0) {
    throw new DaybreakError('BAD_INPUT', `states has "${unknown ?? ''}": name some of ${FIRE_STATES.join(', ')}`);
  }
  const limit = pageSize(which.limit);
  return ctx.store.read('view-fires', async (db) => {
    const { of } = await findTimed(db, which);
    return (await seenFires(db, { ...of, states, fromMs, beforeMs, limit })).map(viewOf);
  });
}

/** Fires that wait for a hold or for a person, of all jobs and chains, the oldest first, at most 1,000. */
export async function viewHeldFires(ctx: SchedulerContext): Promise<FireView[]> {
  return (await ctx.store.read('view-held-fires', (db) => seenHeldFires(db, 1_000))).map(viewOf);
}

const viewOf = ({ plannedAt, decidedAt, askedBy, rangeTo, rangeCount, ...fire }: SeenFireRow): FireView => ({
  ...fire,
  plannedAtMs: plannedAt,
  by: askedBy,
  decidedAtMs: decidedAt,
  range: rangeTo === null || rangeCount === null ? null : { toMs: rangeTo, count: rangeCount },
});
