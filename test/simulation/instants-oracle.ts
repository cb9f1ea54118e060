import type { CalendarDefinition } from '../../scheduler/calendar/calendar.ts';
import type { Schedule, ScheduleLimits } from '../../scheduler/definition/schedule-definition.ts';

/**
 * When a schedule has to fire, by brute force: each second of the window is looked at with the clock of the zone on the
 * wall, and docs/cron.md's one sentence is taken to the letter. It shares no line with the scheduler's own arithmetic,
 * and knows only the plain forms: numbers, lists, ranges, stars and steps.
 * @param fromMs exclusive @param toMs inclusive
 */
export function cronInstants(
  { text, zone }: Extract<Schedule, { kind: 'cron' }>,
  limits: ScheduleLimits,
  calendar: CalendarDefinition | null,
  fromMs: number,
  toMs: number,
): number[] {
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = text.split(' ');
  const fits = {
    second: setOf(second, 0, 59),
    minute: setOf(minute, 0, 59),
    hour: setOf(hour, 0, 23),
    day: setOf(dayOfMonth, 1, 31),
    month: setOf(month, 1, 12),
    weekday: setOf(dayOfWeek, 1, 7),
  };
  const isInterval = [hour, minute].some((field) => field.startsWith('*') || /^\d+\/\d+$/.test(field));
  const matches = (wall: Wall) =>
    fits.second.has(wall.second) &&
    fits.minute.has(wall.minute) &&
    fits.hour.has(wall.hour) &&
    fits.day.has(wall.day) &&
    fits.month.has(wall.month) &&
    fits.weekday.has(wall.weekday);
  const instants: number[] = [];
  // What the clocks have shown in the day before counts: in the second pass of a fold they have passed it already.
  let shownMs = isInterval ? -Infinity : Math.max(...shown(zone, fromMs - 86_400_000, fromMs));
  const firstMs = Math.floor(fromMs / 1_000) * 1_000;
  for (let atMs = firstMs; atMs <= toMs; atMs += 1_000) {
    const wallMs = wallAt(zone, atMs);
    const passed = isInterval ? [wallMs] : secondsBetween(shownMs, wallMs, firstMs === atMs);
    shownMs = Math.max(shownMs, wallMs);
    if (atMs > fromMs && passed.some((ms) => matches(readWall(ms)))) instants.push(atMs);
  }
  return instants.filter((atMs) => isWithin(limits, calendar, zone, atMs));
}

/** So that what stands first is not taken for something that the clocks have jumped over. */
const secondsBetween = (shownMs: number, wallMs: number, isFirst: boolean): number[] => {
  if (isFirst) return wallMs > shownMs ? [wallMs] : [];
  const seconds: number[] = [];
  for (let ms = shownMs + 1_000; ms <= wallMs; ms += 1_000) seconds.push(ms);
  return seconds;
};

function* shown(zone: string, fromMs: number, toMs: number): Generator<number> {
  for (let atMs = fromMs; atMs < toMs; atMs += 60_000) yield wallAt(zone, atMs);
  yield wallAt(zone, Math.floor((toMs - 1) / 1_000) * 1_000);
}

function isWithin(
  { startAtMs = null, endAtMs = null }: ScheduleLimits,
  calendar: CalendarDefinition | null,
  zone: string,
  atMs: number,
): boolean {
  if (startAtMs !== null && atMs < startAtMs) return false;
  if (endAtMs !== null && atMs >= endAtMs) return false;
  if (calendar === null) return true;
  const weekday = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'][readWall(wallAt(zone, atMs)).weekday - 1];
  return (calendar.weekly ?? []).some((day) => day === weekday);
}

interface Wall {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  /** 1 is Sunday. */
  readonly weekday: number;
}

/** What hangs on the wall, written as if it were UTC. */
function wallAt(zone: string, atMs: number): number {
  return atMs + offsetAt(zone, atMs);
}

const clocks = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

function offsetAt(zone: string, atMs: number): number {
  // No zone of our century changes its clocks within a minute.
  const minuteMs = Math.floor(atMs / 60_000) * 60_000;
  const key = `${zone} ${minuteMs}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const clock =
    clocks.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(zone, clock);
  const offset = Date.parse(`${clock.format(minuteMs).replace(' ', 'T')}Z`) - minuteMs;
  offsets.set(key, offset);
  return offset;
}

function readWall(wallMs: number): Wall {
  const date = new Date(wallMs);
  return {
    second: date.getUTCSeconds(),
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay() + 1,
  };
}

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function setOf(field: string, min: number, max: number): ReadonlySet<number> {
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step = ''] = part.split('/');
    const [low = '', high = ''] = range.split('-');
    const isAll = range === '*' || range === '?';
    const from = isAll ? min : numberOf(low);
    const to = isAll || (high === '' && step !== '') ? max : high === '' ? from : numberOf(high);
    for (let value = from; value <= to; value += step === '' ? 1 : Number(step)) found.add(value);
  }
  return found;
}

const numberOf = (text: string): number => (WEEKDAYS.includes(text) ? WEEKDAYS.indexOf(text) + 1 : Number(text));
