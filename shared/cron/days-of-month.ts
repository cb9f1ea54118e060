import { dayNumberOf, daysInMonth, weekdayOf } from './civil.ts';
import type { CronExpression } from './cron-expression.ts';
import { type CronPart, type DayPart, valuesOf } from './cron-part.ts';

/** Days of a month as bits: bit 0 is the first, bit 30 the thirty-first. */
export type DayBits = number;

/** The two day fields, ready to be asked month by month. */
export interface DayRules {
  /** Days of any month, and those that depend on the month; null: no condition. */
  readonly dayOfMonth: { readonly bits: DayBits; readonly special: readonly DayPart[] } | null;
  /** The plain weekdays as days of a month, by the weekday of its first day; null: no condition. */
  readonly dayOfWeek: { readonly byFirstWeekday: readonly DayBits[]; readonly special: readonly DayPart[] } | null;
  readonly combine: 'both' | 'either';
}

const ALL_DAYS = 0x7fff_ffff;

export function dayRulesOf({ daysOfMonth, daysOfWeek, dayFields }: CronExpression): DayRules {
  return {
    dayOfMonth:
      daysOfMonth === null
        ? null
        : { bits: bitsOf(valuesOf('day-of-month', daysOfMonth)), special: daysOfMonth.filter(isDayPart) },
    dayOfWeek:
      daysOfWeek === null
        ? null
        : { byFirstWeekday: weekPatterns(valuesOf('day-of-week', daysOfWeek)), special: daysOfWeek.filter(isDayPart) },
    combine: dayFields,
  };
}

/** The days of this month on which the expression fires. */
export function daysOf({ dayOfMonth, dayOfWeek, combine }: DayRules, year: number, month: number): DayBits {
  const length = daysInMonth(year, month);
  const firstWeekday = weekdayOf(dayNumberOf(year, month, 1));
  const byDate =
    dayOfMonth === null ? ALL_DAYS : dayOfMonth.bits | specialDays(dayOfMonth.special, length, firstWeekday);
  const byWeekday =
    dayOfWeek === null
      ? ALL_DAYS
      : (dayOfWeek.byFirstWeekday[firstWeekday] as number) | specialDays(dayOfWeek.special, length, firstWeekday);
  return (combine === 'both' ? byDate & byWeekday : byDate | byWeekday) & (ALL_DAYS >>> (31 - length));
}

function specialDays(parts: readonly DayPart[], length: number, firstWeekday: number): DayBits {
  let bits = 0;
  for (const part of parts) {
    const day = specialDay(part, length, firstWeekday);
    if (day !== null) bits |= 1 << (day - 1);
  }
  return bits;
}

/** The one day that the part means in a month, or null: this month has no such day and is left out. */
function specialDay(part: DayPart, length: number, firstWeekday: number): number | null {
  switch (part.kind) {
    case 'last-day':
      return within(length - part.before, length);
    case 'workday-near':
      return nearestWorkday(part.day, length, firstWeekday);
    case 'workday-near-last':
      return nearestWorkday(length - part.before, length, firstWeekday);
    case 'last-weekday':
      return length - ((firstWeekday + length - 1 - part.weekday + 7) % 7);
    case 'nth-weekday':
      return within(1 + ((part.weekday - firstWeekday + 7) % 7) + (part.nth - 1) * 7, length);
  }
}

const within = (day: number, length: number): number | null => (day >= 1 && day <= length ? day : null);

// Saturday goes back to Friday and Sunday on to Monday, unless that is another month: then the other way.
function nearestWorkday(day: number, length: number, firstWeekday: number): number | null {
  if (within(day, length) === null) return null;
  const weekday = (firstWeekday + day - 1) % 7;
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === length ? day - 2 : day + 1;
  return day;
}

function weekPatterns(weekdays: readonly number[]): DayBits[] {
  const days = Array.from({ length: 31 }, (_, index) => index + 1);
  return Array.from({ length: 7 }, (_, first) =>
    bitsOf(days.filter((day) => weekdays.includes((first + day - 1) % 7))),
  );
}

function bitsOf(days: readonly number[]): DayBits {
  return days.reduce((bits, day) => bits | (1 << (day - 1)), 0);
}

function isDayPart(part: CronPart): part is DayPart {
  return part.kind !== 'every' && part.kind !== 'value' && part.kind !== 'range' && part.kind !== 'after';
}
