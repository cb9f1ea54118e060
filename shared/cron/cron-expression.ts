import type { CronPart } from './cron-part.ts';

/**
 * `quartz`: 6 or 7 fields, seconds first, weekdays 1 = SUN to 7 = SAT, `?` in exactly one of the two day fields.
 * `unix`: 5 fields, weekdays 0 = SUN to 6 = SAT (7 is Sunday too), two restricted day fields mean either.
 */
export type CronDialect = 'quartz' | 'unix';

/** What was meant, parsed. Plain frozen data: it may be kept, compared as JSON and shared. */
export interface CronExpression {
  readonly dialect: CronDialect;
  /** The text in upper case with single spaces: equal texts are equal expressions. */
  readonly text: string;
  readonly seconds: readonly CronPart[];
  readonly minutes: readonly CronPart[];
  readonly hours: readonly CronPart[];
  /** null: `?`, which puts no condition. */
  readonly daysOfMonth: readonly CronPart[] | null;
  readonly months: readonly CronPart[];
  /** null: `?`, which puts no condition. */
  readonly daysOfWeek: readonly CronPart[] | null;
  readonly years: readonly CronPart[];
  /** Whether a day must satisfy both day fields, or (unix, neither begins with a star) one of them. */
  readonly dayFields: 'both' | 'either';
  /**
   * Whether hour and minute name times of day (`0 30 2 * * ?`): such a time is never lost and never doubled when the
   * clocks change. Otherwise the expression is an interval (`0 0/15 * * * ?`), which follows real time.
   */
  readonly hasFixedTime: boolean;
}

/** The clocks of a zone are put forward (a gap) or back (a fold). */
export interface ClockChange {
  /** The first instant with the new offset, epoch milliseconds. */
  readonly atMs: number;
  /** Local time minus UTC before and after, in milliseconds. */
  readonly offsetBeforeMs: number;
  readonly offsetAfterMs: number;
}
