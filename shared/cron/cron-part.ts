/** A day of the week as a number: 0 is Sunday, 6 is Saturday, in both dialects. */
export type Weekday = number;

/**
 * One part of a field, as between two commas. Weekdays are counted from 0 = Sunday here, whatever the dialect writes.
 * `after` counts from `from` in steps of `step` to the end of the field: it is what both `0/5` and an uneven star,
 * as in every-second-day, become. A range whose `from` lies behind its `to` goes over the end of the field.
 */
export type CronPart =
  | { readonly kind: 'every' }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'range'; readonly from: number; readonly to: number; readonly step: number }
  | { readonly kind: 'after'; readonly from: number; readonly step: number }
  | DayPart;

/** What only a day of the month (the first three) or only a day of the week (the last two) can be. */
export type DayPart =
  /** `L`, `L-n`: the last day of the month, or `before` days before it. */
  | { readonly kind: 'last-day'; readonly before: number }
  /** `nW`: the workday (Monday to Friday) nearest to day `day`, in the same month. */
  | { readonly kind: 'workday-near'; readonly day: number }
  /** `LW`, `L-nW`: the workday nearest to the last day, or to the day `before` days before it. */
  | { readonly kind: 'workday-near-last'; readonly before: number }
  /** `nL`: the last such weekday of the month. */
  | { readonly kind: 'last-weekday'; readonly weekday: Weekday }
  /** `n#k`: the k-th such weekday of the month. */
  | { readonly kind: 'nth-weekday'; readonly weekday: Weekday; readonly nth: number };

export type CronFieldName = 'second' | 'minute' | 'hour' | 'day-of-month' | 'month' | 'day-of-week' | 'year';

/** The least and the greatest value of each field, weekdays counted from 0 = Sunday. */
export const FIELD_LIMITS: Readonly<Record<CronFieldName, { readonly min: number; readonly max: number }>> = {
  second: { min: 0, max: 59 },
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  'day-of-month': { min: 1, max: 31 },
  month: { min: 1, max: 12 },
  'day-of-week': { min: 0, max: 6 },
  year: { min: 1970, max: 2199 },
};

/** The values that the plain parts of a field allow, in ascending order. Parts that depend on the month give none. */
export function valuesOf(field: CronFieldName, parts: readonly CronPart[]): number[] {
  const values = new Set(parts.flatMap((part) => valuesOfPart(field, part)));
  return [...values].sort((a, b) => a - b);
}

function valuesOfPart(field: CronFieldName, part: CronPart): number[] {
  const { min, max } = FIELD_LIMITS[field];
  switch (part.kind) {
    case 'every':
      return count(min, max, 1);
    case 'value':
      return [part.value];
    case 'after':
      return count(part.from, max, part.step);
    case 'range': {
      const size = max - min + 1;
      const end = part.to >= part.from ? part.to : part.to + size;
      return count(part.from, end, part.step).map((value) => (value > max ? value - size : value));
    }
    default:
      return [];
  }
}

function count(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}
