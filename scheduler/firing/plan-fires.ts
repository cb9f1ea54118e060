import { messageOf } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarms, firingSubject, raiseAlarm } from '../alarm/raise-alarm.ts';
import type { BodyReport } from '../clockwork.ts';
import type { Job } from '../definition/job-definition.ts';
import { DEFAULT_MISFIRE } from '../definition/schedule-definition.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedChain, cachedJob, cachedJobs } from '../storage/definition-cache.ts';
import { chainRunById } from '../storage/sql/chain-run-queries.ts';
import { type OwnOrigin, undecidedOwnByJob, undecidedOwnFires } from '../storage/sql/fire-queries.ts';
import {
  type DueSchedule,
  deleteEnded,
  dueSchedules,
  lockUnmoved,
  moveCursors,
} from '../storage/sql/schedule-queries.ts';
import { armDelays } from './arm-delays.ts';
import { missedBeforeMs } from './judge-missed.ts';
import { planSchedule, type SchedulePlan } from './plan-schedule.ts';
import { ownOrigin, timetable, timetableOf } from './timetable.ts';
import { type PlannedFor, plannedFor, writeFires } from './write-fires.ts';

// Schedules per transaction: some 10 ms of a SQLite store.
const BATCH = 100;

/**
 * Writes the fires of the next seconds: each instant of a schedule becomes a row before anything happens, in the
 * transaction that moves the schedule's cursor past it, so none is lost and none is there twice. Only schedules with an
 * instant that near are read.
 */
export async function planFires(ctx: SchedulerContext): Promise<BodyReport> {
  await armDelays(ctx);
  let last: DueSchedule | null = null;
  let wrote = false;
  for (;;) {
    const due: DueSchedule[] = await ctx.store.read('list-schedules', (db) =>
      dueSchedules(db, db.nowMs + ctx.settings.planAheadMs, BATCH, last),
    );
    if (due.length === 0) break;
    const effects = await ctx.store.transaction('plan-fires', (tx) => planBatch(tx, ctx, due));
    ctx.apply(effects);
    wrote = true;
    if (due.length < BATCH) break;
    last = due.at(-1) ?? null;
    await ctx.runtime.yieldTurn();
  }
  if (wrote) ctx.wake('fire-due-jobs');
  return {};
}

async function planBatch(tx: SqlTx, ctx: SchedulerContext, seen: readonly DueSchedule[]): Promise<Effects> {
  const effects = newEffects();
  const planned: Planned[] = [];
  const locked = await lockUnmoved(tx, seen);
  // Read in one statement what the rows below look for. One that cannot be read is met there, and told by its name.
  await cachedJobs(
    tx,
    locked.filter(({ jobId }) => jobId !== 0),
  ).catch(() => undefined);
  const leftOver = await jobsWithLeftOvers(tx, locked);
  for (const row of locked) {
    try {
      planned.push(await planRow(tx, row, { aheadMs: ctx.settings.planAheadMs, leftOver }));
    } catch (error) {
      // One that cannot be planned must not hold up the others. Its cursor stays, so nothing of it is lost.
      const subject = firingSubject(row);
      const message = `the schedule of ${subject.subjectKind} ${subject.subjectId} cannot be planned: ${messageOf(error)}`;
      await raiseAlarm(tx, { kind: 'SCHEDULE_BROKEN', ...subject, severity: 'critical', message }, effects);
    }
  }
  // A delay gets its next instant from the end of its run; any other schedule without one has come to its end.
  const hasEnded = ({ of, plan }: Planned): boolean => plan.nextAtMs === null && of.origin !== 'fixed_delay';
  await moveCursors(
    tx,
    planned.filter((one) => !hasEnded(one)).map(({ row, plan }) => ({ from: row, nextAt: plan.nextAtMs })),
  );
  await deleteEnded(
    tx,
    planned.filter(hasEnded).map(({ row }) => row),
  );
  await writeFires(tx, planned, effects);
  await closeAlarms(
    tx,
    'SCHEDULE_BROKEN',
    planned.map(({ row }) => firingSubject(row)),
  );
  return effects;
}

interface Planned {
  readonly row: DueSchedule;
  readonly of: PlannedFor;
  readonly plan: SchedulePlan;
}

/**
 * Jobs among these LOCKED schedules that may have fires which nobody has decided on. Asked once for all: on a machine that is
 * late as it is, asking for each of thousands made it later still.
 */
async function jobsWithLeftOvers(tx: SqlTx, locked: readonly DueSchedule[]): Promise<ReadonlySet<number>> {
  const late = locked.filter(({ jobId, nextAt }) => jobId !== 0 && nextAt < tx.nowMs);
  const undecided = await undecidedOwnByJob(
    tx,
    late.map(({ jobId }) => jobId),
  );
  return new Set(undecided.keys());
}

interface Planning {
  readonly aheadMs: number;
  readonly leftOver: ReadonlySet<number>;
}

async function planRow(tx: SqlTx, row: DueSchedule, { aheadMs, leftOver }: Planning): Promise<Planned> {
  const timed =
    row.jobId !== 0
      ? await cachedJob(tx, row.jobId, row.configHash)
      : await cachedChain(tx, row.chainId, row.configHash);
  const origin = timed === null ? null : ownOrigin(timed);
  if (timed === null || origin === null) throw new Error(`its version ${row.configHash} has no schedule`);
  if (row.chainRunId !== 0) return planSweep(tx, row, timed as Job, aheadMs);
  const table = await timetableOf(tx, timed);
  const missedMs = missedBeforeMs(timed.misfire, tx.nowMs);
  const mayHaveSome = row.nextAt < missedMs && (row.jobId === 0 || leftOver.has(row.jobId));
  const undecided = mayHaveSome ? await undecidedOwnFires(tx, row, { beforeMs: missedMs }) : [];
  const plan = planSchedule({
    instants: table.instants(row.nextAt),
    misfire: timed.misfire,
    cursorMs: row.nextAt,
    undecidedMs: undecided.map((fire) => fire.plannedAt),
    nowMs: tx.nowMs,
    aheadMs,
  });
  return { row, of: plannedFor(row, timed.name, origin, table, undecided), plan: onceAtATime(plan, origin) };
}

/** A delay has no instant until its run has ended. */
const onceAtATime = (plan: SchedulePlan, origin: OwnOrigin): SchedulePlan =>
  origin === 'fixed_delay' && plan.verdicts.length > 0 ? { ...plan, nextAtMs: null } : plan;

// A sweep that was missed ten times has to run once: the latest instant stands for the others, which are one range.
const SWEEP_MISFIRE = { ...DEFAULT_MISFIRE, afterMs: 0 };

async function planSweep(tx: SqlTx, row: DueSchedule, job: Job, aheadMs: number): Promise<Planned> {
  const chainRun = await chainRunById(tx, row.chainRunId);
  if (chainRun === null) throw new Error(`there is no chain run ${row.chainRunId}`);
  const table = timetable({ ...job, limits: { ...job.limits, calendar: null } }, null, 0);
  const plan = planSchedule({
    instants: table.instants(row.nextAt),
    misfire: SWEEP_MISFIRE,
    cursorMs: row.nextAt,
    undecidedMs: [],
    nowMs: tx.nowMs,
    aheadMs,
    missedMax: 1,
  });
  const of: PlannedFor = {
    ...plannedFor(row, job.name, 'fixed_rate', table, []),
    chainRunId: row.chainRunId,
    businessDateOf: () => chainRun.businessDate,
  };
  return { row, of, plan };
}
