import { addDays, isBusinessDate } from '../../shared/business-date.ts';
import { canonicalJson } from '../definition/config-hash.ts';
import { NAME, type Refuse, refuseDefinition } from '../definition/refuse.ts';

export const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Which days count: a weekly pattern, and the dates that differ from it. The dates are the user's own data. */
export interface CalendarDefinition {
  /** What `limits.calendar` of a schedule names. */
  readonly name: string;
  /** Days of the week that are in, unless a date says otherwise. Default Monday to Friday; `[]`: only `datesIn` are. */
  readonly weekly?: readonly Weekday[];
  /** Holidays, `YYYY-MM-DD`. */
  readonly datesOut?: readonly string[];
  /** Days that are in although the pattern says no (make-up work days). */
  readonly datesIn?: readonly string[];
  /** What single dates are called, for people. Default none. */
  readonly names?: Readonly<Record<string, string>>;
  /**
   * Years whose dates are known. In any other year the weekly pattern stands alone, and an alarm says so. Default: the
   * years of the dates given; null (and a calendar without any date): every year.
   */
  readonly years?: readonly number[] | null;
}

/** Read and checked; pure data with its answers. */
export interface Calendar {
  readonly name: string;
  readonly definition: CalendarDefinition;
  /** Whether the day counts. */
  isIn(date: string): boolean;
  /** The first day in from this date on, or null when there is none within ten years. */
  firstIn(date: string): string | null;
  /** The last day in up to this date, or null when there is none within ten years. */
  lastIn(date: string): string | null;
  /** Whether the dates of the year are not known, so that the weekly pattern stands alone. */
  lacksYear(year: number): boolean;
  /** What the date is called, or null. */
  nameOf(date: string): string | null;
}

const MONDAY_TO_FRIDAY: readonly Weekday[] = ['MON', 'TUE', 'WED', 'THU', 'FRI'];
const SEARCH_DAYS_MAX = 3_660;

/** Checks a calendar and makes it answer. Throws CONFIG_INVALID with the field. */
export function readCalendar(definition: CalendarDefinition): Calendar {
  const { weekly = MONDAY_TO_FRIDAY, datesOut = [], datesIn = [], names = {} } = definition;
  check(definition, { weekly, datesOut, datesIn });
  const pattern = new Set<string>(weekly);
  const out = new Set(datesOut);
  const inward = new Set(datesIn);
  const known = yearsOf(definition, [...datesOut, ...datesIn]);
  const isIn = (date: string): boolean =>
    inward.has(date) || (!out.has(date) && pattern.has(WEEKDAYS[weekdayOf(date)] ?? ''));
  const search = (date: string, step: 1 | -1): string | null => {
    for (let days = 0, at = date; days < SEARCH_DAYS_MAX; days++, at = addDays(at, step)) if (isIn(at)) return at;
    return null;
  };
  return {
    name: definition.name,
    definition,
    isIn,
    firstIn: (date) => search(date, 1),
    lastIn: (date) => search(date, -1),
    lacksYear: (year) => known !== null && !known.has(year),
    nameOf: (date) => names[date] ?? null,
  };
}

/**
 * The date `days` days in later (earlier when negative); 0 is the date itself, even when it is out. Throws
 * CONFIG_INVALID when the calendar has not so many days in within ten years.
 * @example addBusinessDays(readCalendar({ name: 'plain' }), '2026-11-20', 1) // '2026-11-23', a Monday
 */
export function addBusinessDays(calendar: Calendar, date: string, days: number): string {
  let at = date;
  for (let left = Math.abs(days); left > 0; left--) {
    const next = days > 0 ? calendar.firstIn(addDays(at, 1)) : calendar.lastIn(addDays(at, -1));
    if (next === null) refuseDefinition(`calendar "${calendar.name}" has no day in within ten years of ${at}`);
    at = next;
  }
  return at;
}

/** Whether two definitions say the same. */
export const isSameCalendar = (a: CalendarDefinition, b: CalendarDefinition): boolean =>
  canonicalJson(a) === canonicalJson(b);

const weekdayOf = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay();
const yearOf = (date: string): number => Number(date.slice(0, 4));

function yearsOf(definition: CalendarDefinition, dates: readonly string[]): ReadonlySet<number> | null {
  if (definition.years === null) return null;
  if (definition.years !== undefined) return new Set(definition.years);
  return dates.length === 0 ? null : new Set(dates.map(yearOf));
}

function check(
  { name, years }: CalendarDefinition,
  lists: { weekly: readonly string[]; datesOut: readonly string[]; datesIn: readonly string[] },
): void {
  const refuse: Refuse = (field, why) =>
    refuseDefinition(`calendar "${name}": ${field} ${why}`, { path: `calendar.${field}`, why });
  if (!NAME.test(name)) refuse('name', 'must be 1 to 64 letters, digits, ".", "_" or "-"');
  for (const day of lists.weekly) {
    if (!WEEKDAYS.some((known) => known === day))
      refuse('weekly', `names "${day}": write ${WEEKDAYS.join(', ')} in capitals`);
  }
  for (const field of ['datesOut', 'datesIn'] as const) {
    const wrong = lists[field].find((date) => !isBusinessDate(date));
    if (wrong !== undefined) refuse(field, `name "${wrong}", which is no day: write YYYY-MM-DD`);
  }
  const both = lists.datesIn.find((date) => lists.datesOut.includes(date));
  if (both !== undefined) refuse('datesIn', `name ${both}, which datesOut name as well`);
  const odd = years?.find((year) => !Number.isInteger(year) || year < 1970 || year > 2199);
  if (odd !== undefined) refuse('years', `name ${odd}: a year is from 1970 to 2199`);
}
