import { civilDateOf, DAY_MS, dayNumberOf, SECOND_MS } from './civil.ts';
import type { CronExpression } from './cron-expression.ts';
import { type CronFieldName, FIELD_LIMITS, valuesOf } from './cron-part.ts';
import { type DayRules, dayRulesOf, daysOf } from './days-of-month.ts';

/**
 * A date and time as clocks show it, without a zone: the epoch milliseconds that it would have in UTC, whole seconds.
 * All searching is done among these; fire-instants.ts turns them into instants.
 */
export type WallMs = number;

/** For each value of a field the nearest allowed one, upwards and downwards; -1 when there is none. */
interface Steps {
  readonly up: Int16Array;
  readonly down: Int16Array;
  readonly first: number;
  readonly last: number;
}

interface Search {
  readonly seconds: Steps;
  readonly minutes: Steps;
  readonly hours: Steps;
  readonly months: Steps;
  readonly years: Steps;
  readonly days: DayRules;
}

const FIRST_YEAR = FIELD_LIMITS.year.min;
const LAST_YEAR = FIELD_LIMITS.year.max;

// Held as long as the expression itself: nothing has to be thrown out.
const searches = new WeakMap<CronExpression, Search>();

/** Whether every field allows it. Asked of the tables directly, so that tests can hold the search against it. */
export function isMatch(expression: CronExpression, wallMs: WallMs): boolean {
  const search = searchOf(expression);
  const dayNumber = Math.floor(wallMs / DAY_MS);
  const { year, month, day } = civilDateOf(dayNumber);
  const [hour, minute, second] = timeOf(Math.floor((wallMs - dayNumber * DAY_MS) / SECOND_MS));
  if (up(search.hours, hour) !== hour || up(search.minutes, minute) !== minute) return false;
  return up(search.seconds, second) === second && isDay(search, year, month, day);
}

/** The first matching wall time at or after this one, or null. At most 230 years of twelve months are looked at. */
export function nextWall(expression: CronExpression, wallMs: WallMs): WallMs | null {
  const search = searchOf(expression);
  const fromDay = Math.floor(wallMs / DAY_MS);
  const { year, month, day } = civilDateOf(fromDay);
  if (isDay(search, year, month, day)) {
    const time = nextTime(search, Math.floor((wallMs - fromDay * DAY_MS) / SECOND_MS));
    if (time !== null) return fromDay * DAY_MS + time * SECOND_MS;
  }
  const found = nextDay(search, year, month, day + 1);
  return found === null ? null : found * DAY_MS + firstTime(search) * SECOND_MS;
}

/** The last matching wall time at or before this one, or null. */
export function previousWall(expression: CronExpression, wallMs: WallMs): WallMs | null {
  const search = searchOf(expression);
  const fromDay = Math.floor(wallMs / DAY_MS);
  const { year, month, day } = civilDateOf(fromDay);
  if (isDay(search, year, month, day)) {
    const time = previousTime(search, Math.floor((wallMs - fromDay * DAY_MS) / SECOND_MS));
    if (time !== null) return fromDay * DAY_MS + time * SECOND_MS;
  }
  const found = previousDay(search, year, month, day - 1);
  return found === null ? null : found * DAY_MS + lastTime(search) * SECOND_MS;
}

function isDay({ years, months, days }: Search, year: number, month: number, day: number): boolean {
  if (year < FIRST_YEAR || year > LAST_YEAR) return false;
  if (years.up[year - FIRST_YEAR] !== year - FIRST_YEAR || months.up[month] !== month) return false;
  return ((daysOf(days, year, month) >>> (day - 1)) & 1) === 1;
}

function nextDay({ years, months, days }: Search, year: number, month: number, day: number): number | null {
  for (let y = upYear(years, year); y !== -1; y = upYear(years, y + 1)) {
    for (let m = up(months, y === year ? month : 1); m !== -1; m = up(months, m + 1)) {
      const skipped = y === year && m === month ? day - 1 : 0;
      const rest = skipped > 30 ? 0 : daysOf(days, y, m) & (-1 << skipped);
      if (rest !== 0) return dayNumberOf(y, m, 32 - Math.clz32(rest & -rest));
    }
  }
  return null;
}

function previousDay({ years, months, days }: Search, year: number, month: number, day: number): number | null {
  for (let y = downYear(years, year); y !== -1; y = downYear(years, y - 1)) {
    for (let m = down(months, y === year ? month : 12); m !== -1; m = down(months, m - 1)) {
      const kept = y === year && m === month ? day : 31;
      const rest = kept < 1 ? 0 : daysOf(days, y, m) & (0x7fff_ffff >>> (31 - kept));
      if (rest !== 0) return dayNumberOf(y, m, 32 - Math.clz32(rest));
    }
  }
  return null;
}

function nextTime({ seconds, minutes, hours }: Search, secondOfDay: number): number | null {
  const [hour, minute, second] = timeOf(secondOfDay);
  if (up(hours, hour) === hour) {
    if (up(minutes, minute) === minute) {
      const s = up(seconds, second);
      if (s !== -1) return hour * 3600 + minute * 60 + s;
    }
    const m = up(minutes, minute + 1);
    if (m !== -1) return hour * 3600 + m * 60 + seconds.first;
  }
  const h = up(hours, hour + 1);
  return h === -1 ? null : h * 3600 + minutes.first * 60 + seconds.first;
}

function previousTime({ seconds, minutes, hours }: Search, secondOfDay: number): number | null {
  const [hour, minute, second] = timeOf(secondOfDay);
  if (down(hours, hour) === hour) {
    if (down(minutes, minute) === minute) {
      const s = down(seconds, second);
      if (s !== -1) return hour * 3600 + minute * 60 + s;
    }
    const m = down(minutes, minute - 1);
    if (m !== -1) return hour * 3600 + m * 60 + seconds.last;
  }
  const h = down(hours, hour - 1);
  return h === -1 ? null : h * 3600 + minutes.last * 60 + seconds.last;
}

const firstTime = ({ seconds, minutes, hours }: Search): number =>
  hours.first * 3600 + minutes.first * 60 + seconds.first;
const lastTime = ({ seconds, minutes, hours }: Search): number => hours.last * 3600 + minutes.last * 60 + seconds.last;

function timeOf(secondOfDay: number): [hour: number, minute: number, second: number] {
  const hour = Math.floor(secondOfDay / 3600);
  return [hour, Math.floor(secondOfDay / 60) - hour * 60, secondOfDay % 60];
}

// Tables end where their field ends, so a value beyond them has nothing above or below it.
const up = ({ up }: Steps, value: number): number => up[value] ?? -1;
const down = ({ down }: Steps, value: number): number => down[value] ?? -1;

function upYear(years: Steps, year: number): number {
  const found = up(years, Math.max(year, FIRST_YEAR) - FIRST_YEAR);
  return found === -1 ? -1 : found + FIRST_YEAR;
}

function downYear(years: Steps, year: number): number {
  const found = down(years, Math.min(year, LAST_YEAR) - FIRST_YEAR);
  return found === -1 ? -1 : found + FIRST_YEAR;
}

function searchOf(expression: CronExpression): Search {
  const known = searches.get(expression);
  if (known !== undefined) return known;
  const steps = (field: CronFieldName, parts: CronExpression['seconds'], base = 0): Steps =>
    stepsOf(
      valuesOf(field, parts).map((value) => value - base),
      FIELD_LIMITS[field].max - base,
    );
  const search: Search = {
    seconds: steps('second', expression.seconds),
    minutes: steps('minute', expression.minutes),
    hours: steps('hour', expression.hours),
    months: steps('month', expression.months),
    years: steps('year', expression.years, FIRST_YEAR),
    days: dayRulesOf(expression),
  };
  searches.set(expression, search);
  return search;
}

function stepsOf(allowed: readonly number[], max: number): Steps {
  const upTable = new Int16Array(max + 1).fill(-1);
  const downTable = new Int16Array(max + 1).fill(-1);
  for (let value = 0; value <= max; value++) {
    upTable[value] = allowed.find((each) => each >= value) ?? -1;
    downTable[value] = allowed.findLast((each) => each <= value) ?? -1;
  }
  return { up: upTable, down: downTable, first: allowed[0] as number, last: allowed.at(-1) as number };
}
