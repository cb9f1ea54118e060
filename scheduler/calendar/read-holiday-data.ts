import { isBusinessDate } from '../../shared/business-date.ts';
import { refuseDefinition } from '../definition/refuse.ts';
import type { CalendarDefinition } from './calendar.ts';

/** Holidays and make-up work days by date, as national calendars are published. */
export interface HolidayData {
  /** Days out: date to name. */
  readonly holidays: Readonly<Record<string, string>>;
  /** Days in although the week says no: date to name. */
  readonly workdays?: Readonly<Record<string, string>>;
}

/**
 * A calendar of published data: the weekly pattern is Monday to Friday, the holidays are out, the work days are in, and
 * the years are those of the data. Throws CONFIG_INVALID on anything that is not of this shape.
 * @example readHolidayData('cn', { holidays: { '2026-10-01': 'National Day' }, workdays: { '2026-10-10': 'make-up' } })
 */
export function readHolidayData(name: string, data: HolidayData): CalendarDefinition {
  const holidays = datesOf(name, 'holidays', data.holidays);
  const workdays = datesOf(name, 'workdays', data.workdays ?? {});
  return {
    name,
    datesOut: Object.keys(holidays).sort(),
    datesIn: Object.keys(workdays).sort(),
    names: { ...holidays, ...workdays },
  };
}

/**
 * A calendar of a plain text with one date out a line, as `2026-10-01` or `2026-10-01 National Day`; a line that begins
 * with `+` is a day in. Empty lines and lines that begin with `#` do not count. Throws CONFIG_INVALID with the line.
 */
export function readHolidayList(name: string, text: string): CalendarDefinition {
  const datesOut: string[] = [];
  const datesIn: string[] = [];
  const names: Record<string, string> = {};
  for (const [at, line] of text.split('\n').entries()) {
    const [first = '', ...rest] = line.trim().split(/\s+/);
    if (first === '' || first.startsWith('#')) continue;
    const date = first.replace(/^\+/, '');
    if (!isBusinessDate(date)) refuseDefinition(`calendar "${name}": line ${at + 1} begins with no date: "${first}"`);
    (first.startsWith('+') ? datesIn : datesOut).push(date);
    if (rest.length > 0) names[date] = rest.join(' ');
  }
  return { name, datesOut, datesIn, names };
}

function datesOf(name: string, field: string, value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuseDefinition(`calendar "${name}": ${field} must be an object of dates and names`);
  }
  const entries = Object.entries(value);
  for (const [date, called] of entries) {
    if (!isBusinessDate(date)) refuseDefinition(`calendar "${name}": ${field} name "${date}", which is no day`);
    if (typeof called !== 'string') refuseDefinition(`calendar "${name}": ${field} call ${date} something but a text`);
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
