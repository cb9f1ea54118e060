import { addDays } from '../../shared/business-date.ts';
import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarm, firingSubject, raiseAlarm } from '../alarm/raise-alarm.ts';
import { type CalendarDefinition, readCalendar } from '../calendar/calendar.ts';
import type { BodyReport } from '../clockwork.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  type BackfillProgress,
  type BackfillRow,
  backfillKey,
  backfillProgress,
  moveBackfill,
  pickBackfill,
  runningBackfills,
  setNextDate,
} from '../storage/sql/backfill-queries.ts';
import { calendarByName } from '../storage/sql/calendar-queries.ts';
import { insertFire } from '../storage/sql/fire-queries.ts';
import { judgeBackfill, transitBackfill } from './backfill-transitions.ts';

/** Fires the next dates of backfills, beside so many that are open, and ends those that are through. */
export async function advanceBackfills(ctx: SchedulerContext): Promise<BodyReport> {
  const running = await ctx.store.read('list-backfills', runningBackfills);
  for (const { id } of running) {
    const effects = await ctx.store.transaction('advance-backfill', async (tx) => {
      const effects = newEffects();
      const backfill = await pickBackfill(tx, id);
      if (backfill?.state === 'running') await advance(tx, backfill, effects);
      return effects;
    });
    ctx.apply(effects);
  }
  return {};
}

async function advance(tx: SqlTx, backfill: BackfillRow, effects: Effects): Promise<void> {
  const progress = await backfillProgress(tx, backfill);
  const step = judgeBackfill({
    ...progress,
    datesLeft: backfill.nextDate !== null,
    parallel: backfill.parallel,
    stopOnFailure: backfill.stopOnFailure === 1,
  });
  if (step.kind === 'start') await startDates(tx, backfill, step.count, effects);
  if (step.kind === 'ended') await end(tx, backfill, progress, step.failed, effects);
}

async function startDates(tx: SqlTx, backfill: BackfillRow, count: number, effects: Effects): Promise<void> {
  let date = backfill.nextDate;
  for (let left = count; left > 0 && date !== null; left--) {
    await insertFire(tx, {
      jobId: backfill.jobId,
      chainId: backfill.chainId,
      origin: 'backfill',
      dedupKey: backfillKey(backfill.id, date),
      chainRunId: null,
      plannedAt: tx.nowMs,
      businessDate: date,
      param: backfill.param,
      askedBy: backfill.askedBy,
      state: 'planned',
      reason: null,
    });
    date = await dateFrom(tx, addDays(date, 1), backfill);
  }
  await setNextDate(tx, backfill.id, date);
  effects.wakes.add('fire-due-jobs');
}

async function end(
  tx: SqlTx,
  backfill: BackfillRow,
  progress: BackfillProgress,
  failed: boolean,
  effects: Effects,
): Promise<void> {
  const verdict = transitBackfill(backfill.state, { kind: 'all_ended', failed });
  if (verdict.kind !== 'moved') return;
  const reason = progress.failed === 0 ? null : inWords(progress);
  await moveBackfill(tx, { id: backfill.id, from: backfill.state, to: verdict.to, reason, ended: true });
  const subject = firingSubject(backfill);
  if (reason === null) return closeAlarm(tx, { kind: 'BACKFILL_STOPPED', ...subject });
  const message = `backfill ${backfill.id} of ${subject.subjectKind} ${subject.subjectId} is ${verdict.to}: ${reason}`;
  await raiseAlarm(tx, { kind: 'BACKFILL_STOPPED', ...subject, severity: 'warning', message }, effects);
}

const inWords = ({ failed, succeeded, failedDate }: BackfillProgress): string =>
  `${failed} of ${failed + succeeded} dates did not succeed, the first is ${failedDate}`;

/** The first date of the backfill from this one on that its calendar has in; null: it is through. */
export async function dateFrom(
  db: SqlReader,
  date: string,
  { toDate, calendar: name }: Pick<BackfillRow, 'toDate' | 'calendar'>,
): Promise<string | null> {
  const row = name === null ? null : await calendarByName(db, name);
  const next = row === null ? date : readCalendar(JSON.parse(row.definition) as CalendarDefinition).firstIn(date);
  return next === null || next > toDate ? null : next;
}
