/** Civil dates and local times. Pure: instants come in as epoch milliseconds. */

const DAY_MS = 86_400_000;

/** `YYYY-MM-DD`, checked to be a real day. */
export type BusinessDate = string;

/** Whether the text is `YYYY-MM-DD` (ASCII, four-digit year) and a day of the Gregorian calendar. */
export function isBusinessDate(text: string): text is BusinessDate {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  const dayMs = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(text);
}

/** The date `days` later (earlier when negative). Throws RangeError on a text that is no date. */
export function addDays(date: BusinessDate, days: number): BusinessDate {
  return new Date(startOfUtcDay(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/** ISO 8601 in UTC with milliseconds. */
export function isoInstant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The date that a calendar on the wall of this zone shows. */
export function localDate(epochMs: number, timeZone: string): BusinessDate {
  return new Date(epochMs + offsetMs(epochMs, timeZone)).toISOString().slice(0, 10);
}

/** `HH:MM` or `HH:MM:SS` on the clock of this zone. */
export function localTime(epochMs: number, timeZone: string): string {
  return new Date(epochMs + offsetMs(epochMs, timeZone)).toISOString().slice(11, 19);
}

/** Whether Intl knows the IANA zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatterOf(timeZone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Whether the text is a time of day as `HH:MM`, 00:00 to 23:59. */
export function isTimeOfDay(text: string): boolean {
  return /^([01][0-9]|2[0-3]):[0-5][0-9]$/.test(text);
}

/**
 * The instant of a local time on a local date. A time that the clocks skip (spring) is the instant at which they
 * jump, so it is never early and never lost; a time that comes twice (autumn) is the first of the two.
 */
export function instantOf(date: BusinessDate, timeOfDay: string, timeZone: string): number {
  if (!isTimeOfDay(timeOfDay)) throw new RangeError(`"${timeOfDay}" is no time of day: write HH:MM, 00:00 to 23:59`);
  const wallMs = startOfUtcDay(date) + Number(timeOfDay.slice(0, 2)) * 3_600_000 + Number(timeOfDay.slice(3)) * 60_000;
  // Offsets of a day before and after hold the two offsets that a change between them could have.
  const before = offsetMs(wallMs - DAY_MS, timeZone);
  const after = offsetMs(wallMs + DAY_MS, timeZone);
  const candidates = [wallMs - before, wallMs - after].filter((ms) => ms + offsetMs(ms, timeZone) === wallMs);
  if (candidates.length > 0) return Math.min(...candidates);
  return jumpBetween(wallMs - Math.max(before, after), wallMs - Math.min(before, after), timeZone);
}

/**
 * The first instant after `afterMs` at which clocks in the zone show the time (by the rule of `instantOf`).
 * @example nextLocalTime(nowMs, '06:00', 'Asia/Shanghai') // daybreak
 */
export function nextLocalTime(afterMs: number, timeOfDay: string, timeZone: string): number {
  const today = localDate(afterMs, timeZone);
  // Yesterday's and two days on: a zone that moves over the date line leaves a date out.
  for (let days = -1; days <= 3; days++) {
    const instant = instantOf(addDays(today, days), timeOfDay, timeZone);
    if (instant > afterMs) return instant;
  }
  throw new RangeError(`no ${timeOfDay} in ${timeZone} within three days after ${isoInstant(afterMs)}`);
}

/** The first instant in (from, to] with the later offset: where the clocks jump. */
function jumpBetween(fromMs: number, toMs: number, timeZone: string): number {
  const target = offsetMs(toMs, timeZone);
  let low = fromMs;
  let high = toMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(middle, timeZone) === target) high = middle;
    else low = middle;
  }
  return high;
}

function startOfUtcDay(date: BusinessDate): number {
  if (!isBusinessDate(date)) throw new RangeError(`"${date}" is no date: write YYYY-MM-DD`);
  return Date.parse(`${date}T00:00:00Z`);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, made);
  return made;
}

/** Local time minus UTC at an instant. */
function offsetMs(epochMs: number, timeZone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(epochMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  return local - Math.floor(epochMs / 1000) * 1000;
}
