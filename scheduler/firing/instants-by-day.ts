import { addDays, instantOf, localDate } from '../../shared/business-date.ts';
import type { Calendar } from '../calendar/calendar.ts';
import type { Schedule, ScheduleLimits } from '../definition/schedule-definition.ts';

export const DAY_MS = 86_400_000;
// A schedule that has nothing in so long a time is not going to fire; a calendar that changes is asked again.
export const HORIZON_MS = 3_660 * DAY_MS;

/** Every instant of a schedule, from its limits and its calendar on: what is planned, counted and shown to people. */
export interface Instants {
  /** The first at or after this one, or null when there is none within ten years. */
  firstFrom(atMs: number): number | null;
  /** Those from `fromMs` to `toMs` (both included): the latest `max`, and how many there are before them. */
  between(fromMs: number, toMs: number, max: number): Stretch;
}

export interface Stretch {
  /** Ascending. */
  readonly kept: readonly number[];
  /** The older ones as one range, both ends included. */
  readonly older: { readonly fromMs: number; readonly toMs: number; readonly count: number } | null;
}

/** What the instants of a schedule follow from. */
export interface InstantsOf {
  readonly schedule: Schedule;
  readonly limits: Required<ScheduleLimits>;
  /** Where a day begins and ends; a cron has its own. */
  readonly zone: string;
  readonly calendar: Calendar | null;
  /** One instant of a fixed rate or delay, by which all others are known: its cursor. */
  readonly anchorMs: number;
}

/** Instants by the day: what differs between the kinds. */
export interface Daily {
  readonly zone: string;
  firstFrom(atMs: number): number | null;
  /** How many there are within one local day on which there are some. `whole`: from its beginning to its end. */
  countIn(day: DayPart): number;
  /** The first `max` of such a day, ascending. */
  listIn(day: DayPart, max: number): readonly number[];
}

export interface DayPart {
  readonly fromMs: number;
  readonly toMs: number;
  readonly whole: boolean;
}

/** The instants within the window of the limits. */
export function bounded(daily: Daily, { startAtMs, endAtMs }: Required<ScheduleLimits>): Instants {
  const firstMs = startAtMs ?? -Infinity;
  const lastMs = (endAtMs ?? Infinity) - 1;
  const firstFrom = (atMs: number): number | null => {
    const first = daily.firstFrom(Math.max(atMs, firstMs));
    return first === null || first > lastMs ? null : first;
  };
  return {
    firstFrom,
    between(fromMs, toMs, max) {
      const endMs = Math.min(toMs, lastMs);
      const kept: number[] = [];
      for (const part of daysOf(daily, firstFrom(fromMs), endMs)) {
        // One more than is kept says that there are too many.
        kept.push(...daily.listIn(part, max + 1 - kept.length));
        if (kept.length > max) return latestOf(daily, kept[0] ?? fromMs, endMs, max);
      }
      return { kept, older: null };
    },
  };
}

/** The local days on which there are instants, from one of them on, cut to the range. */
function* daysOf(daily: Daily, firstMs: number | null, toMs: number): Generator<DayPart> {
  for (let at = firstMs; at !== null && at <= toMs; ) {
    const date = localDate(at, daily.zone);
    const startMs = instantOf(date, '00:00', daily.zone);
    const endMs = instantOf(addDays(date, 1), '00:00', daily.zone);
    yield { fromMs: at, toMs: Math.min(endMs - 1, toMs), whole: startMs >= (firstMs ?? at) && endMs - 1 <= toMs };
    at = endMs > toMs ? null : daily.firstFrom(endMs);
  }
}

/** Counts day by day and lists only the last ones: a year of every second is 31 million instants, but 366 days. */
function latestOf(daily: Daily, firstMs: number, toMs: number, max: number): Stretch {
  const days = [...daysOf(daily, firstMs, toMs)].map((part) => ({ part, count: daily.countIn(part) }));
  const total = days.reduce((sum, day) => sum + day.count, 0);
  let latest: readonly number[] = [];
  // One more than is kept: it is the end of the range of those that are not.
  for (let day = days.pop(); day !== undefined && latest.length <= max; day = days.pop()) {
    latest = [...daily.listIn(day.part, Infinity), ...latest];
  }
  const kept = max === 0 ? [] : latest.slice(-max);
  const lastOlderMs = latest.at(-max - 1) ?? firstMs;
  return { kept, older: { fromMs: firstMs, toMs: lastOlderMs, count: total - kept.length } };
}
