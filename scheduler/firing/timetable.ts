import { addDays, localDate } from '../../shared/business-date.ts';
import type { SqlReader } from '../../shared/sql/sql.ts';
import { addBusinessDays, type Calendar, type CalendarDefinition, readCalendar } from '../calendar/calendar.ts';
import { refuseDefinition } from '../definition/refuse.ts';
import type { BusinessDateRule, Misfire, Schedule, ScheduleLimits } from '../definition/schedule-definition.ts';
import { calendarByName } from '../storage/sql/calendar-queries.ts';
import type { OwnOrigin } from '../storage/sql/fire-queries.ts';
import type { Instants } from './instants-by-day.ts';
import { instantsOf } from './schedule-instants.ts';

/** What of a job's or a chain's definition says when it fires. */
export interface Timed {
  readonly name: string;
  readonly schedule: Schedule;
  readonly limits: Required<ScheduleLimits>;
  readonly misfire: Misfire;
  readonly businessDate: BusinessDateRule;
  readonly enabled: boolean;
  readonly configHash: string;
}

/** A definition's schedule with its calendar: the instants, and which business date each of them is for. */
export interface Timetable {
  readonly zone: string;
  readonly calendar: Calendar | null;
  /** 0 without a calendar. */
  readonly calendarVersion: number;
  /** @param anchorMs the cursor of a rate or a delay; a cron needs none. */
  instants(anchorMs: number): Instants;
  businessDateOf(instantMs: number): string;
}

/** The zone in which days of a schedule begin: the cron's own, else that of the business date, else UTC. */
export const zoneOf = ({ schedule, businessDate }: Pick<Timed, 'schedule' | 'businessDate'>): string =>
  schedule.kind === 'cron' ? schedule.zone : (businessDate.zone ?? 'UTC');

/** Throws CONFIG_INVALID when the schedule names a calendar that is not stored. */
export async function timetableOf(db: SqlReader, timed: Timed): Promise<Timetable> {
  const name = timed.limits.calendar;
  const row = name === null ? null : await calendarByName(db, name);
  if (name !== null && row === null) {
    refuseDefinition(`"${timed.name}": limits.calendar names "${name}", but there is no such calendar: store it first`);
  }
  const calendar = row === null ? null : parsedCalendar(row.definition);
  return timetable(timed, calendar, row?.version ?? 0);
}

/** The same of what is in hand. */
export function timetable(timed: Timed, calendar: Calendar | null, calendarVersion: number): Timetable {
  const { schedule, limits, businessDate } = timed;
  const zone = zoneOf(timed);
  return {
    zone,
    calendar,
    calendarVersion,
    instants: (anchorMs) => instantsOf({ schedule, limits, zone, calendar, anchorMs }),
    businessDateOf(instantMs) {
      const date = localDate(instantMs, businessDate.zone ?? zone);
      return calendar === null
        ? addDays(date, businessDate.offsetDays)
        : addBusinessDays(calendar, date, businessDate.offsetDays);
    },
  };
}

/** Whether it fires by instants of its own, and with which origin. */
export function ownOrigin({ schedule, enabled }: Pick<Timed, 'schedule' | 'enabled'>): OwnOrigin | null {
  if (!enabled || schedule.kind === 'none' || schedule.kind === 'parent') return null;
  return schedule.kind;
}

const calendars = new Map<string, Calendar>();
const CALENDARS_MAX = 100;

/** By its text: a calendar of some years is thousands of dates, and is asked for each second. */
function parsedCalendar(text: string): Calendar {
  const known = calendars.get(text);
  if (known !== undefined) return known;
  const calendar = readCalendar(JSON.parse(text) as CalendarDefinition);
  const [oldest] = calendars.keys();
  if (calendars.size >= CALENDARS_MAX && oldest !== undefined) calendars.delete(oldest);
  calendars.set(text, calendar);
  return calendar;
}
