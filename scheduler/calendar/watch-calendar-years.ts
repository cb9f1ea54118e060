import { localDate } from '../../shared/business-date.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { raiseAlarm } from '../alarm/raise-alarm.ts';
import type { BodyReport } from '../clockwork.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { allCalendars, definitionsNaming, isYearTold } from '../storage/sql/calendar-queries.ts';
import { type Calendar, type CalendarDefinition, readCalendar } from './calendar.ts';

// Holidays of a year are published some weeks before it begins.
const AHEAD_MS = 60 * 86_400_000;

/**
 * Tells, once per calendar and year, that schedules go by a calendar without the dates of this year or of the one that
 * begins within 60 days: there they fire by its weekly pattern alone.
 */
export async function watchCalendarYears(ctx: SchedulerContext): Promise<BodyReport> {
  const lacking = await ctx.store.read('list-calendars', async (db) =>
    (await allCalendars(db))
      .map((row) => readCalendar(JSON.parse(row.definition) as CalendarDefinition))
      .filter((calendar) => lackedYears(calendar, db.nowMs).length > 0),
  );
  for (const calendar of lacking) {
    const effects = newEffects();
    await ctx.store.transaction('tell-missing-years', (tx) => tellMissingYears(tx, calendar, effects));
    ctx.apply(effects);
  }
  return {};
}

function lackedYears(calendar: Calendar, nowMs: number): number[] {
  const years = [nowMs, nowMs + AHEAD_MS].map((atMs) => Number(localDate(atMs, 'UTC').slice(0, 4)));
  return [...new Set(years)].filter((year) => calendar.lacksYear(year));
}

async function tellMissingYears(tx: SqlTx, calendar: Calendar, effects: Effects): Promise<void> {
  for (const year of lackedYears(calendar, tx.nowMs)) {
    const subjectId = calendarYear(calendar.name, year);
    if (await isYearTold(tx, subjectId)) continue;
    if ((await definitionsNaming(tx, calendar.name)).length === 0) return;
    const message =
      `calendar "${calendar.name}" has no dates of ${year}: schedules that go by it fire by its weekly pattern there, ` +
      `holidays or not. Store its dates of ${year}`;
    await raiseAlarm(
      tx,
      { kind: 'CALENDAR_YEAR_MISSING', subjectKind: 'calendar', subjectId, severity: 'critical', message },
      effects,
    );
  }
}

/** What the alarm is about. */
export const calendarYear = (calendar: string, year: number): string => `${calendar}:${year}`;
