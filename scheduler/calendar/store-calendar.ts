import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarm } from '../alarm/raise-alarm.ts';
import type { Chain } from '../definition/chain-definition.ts';
import type { Job } from '../definition/job-definition.ts';
import { type Effects, newEffects } from '../effects.ts';
import { resyncAfter } from '../firing/sync-schedule.ts';
import { ownOrigin } from '../firing/timetable.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { definitionsNaming, lockCalendar, saveCalendar } from '../storage/sql/calendar-queries.ts';
import { type CalendarDefinition, isSameCalendar, readCalendar } from './calendar.ts';
import { calendarYear } from './watch-calendar-years.ts';

/**
 * Stores a calendar, or a new version of it. Instants of schedules that go by it and are not due yet are planned anew;
 * those that were missed up to now are decided by the version of before. The same calendar again changes nothing.
 * Throws CONFIG_INVALID with the field.
 */
export async function storeCalendar(
  ctx: SchedulerContext,
  definition: CalendarDefinition,
): Promise<{ version: number; changed: boolean }> {
  const { effects, ...stored } = await ctx.store.transaction('store-calendar', async (tx) => {
    const effects = newEffects();
    return { effects, ...(await storeCalendarIn(tx, definition, effects)) };
  });
  ctx.apply(effects);
  return stored;
}

/** The same inside a transaction of the caller's. */
export async function storeCalendarIn(
  tx: SqlTx,
  definition: CalendarDefinition,
  effects: Effects,
): Promise<{ version: number; changed: boolean }> {
  const calendar = readCalendar(definition);
  const row = await lockCalendar(tx, definition.name);
  if (row !== null && isSameCalendar(JSON.parse(row.definition) as CalendarDefinition, definition)) {
    return { version: row.version, changed: false };
  }
  const version = (row?.version ?? 0) + 1;
  const save = () => saveCalendar(tx, { name: definition.name, version, definition: JSON.stringify(definition) });
  await resyncAfter(tx, row === null ? [] : await schedulesBy(tx, definition.name), save, effects);
  const year = Number(new Date(tx.nowMs).toISOString().slice(0, 4));
  for (const known of [year, year + 1]) {
    if (calendar.lacksYear(known)) continue;
    const subjectId = calendarYear(definition.name, known);
    await closeAlarm(tx, { kind: 'CALENDAR_YEAR_MISSING', subjectKind: 'calendar', subjectId });
  }
  return { version, changed: true };
}

async function schedulesBy(tx: SqlTx, name: string) {
  return (await definitionsNaming(tx, name))
    .map(({ kind, id, definition }) => {
      const timed = JSON.parse(definition) as Job | Chain;
      return { of: kind === 'job' ? { jobId: id, chainId: 0 } : { jobId: 0, chainId: id }, timed };
    })
    .filter(({ timed }) => timed.limits.calendar === name && ownOrigin(timed) !== null)
    .filter(({ timed }) => !('enabledWhile' in timed) || timed.enabledWhile === 'always');
}
