import { civilDateOf, DAY_MS, dayNumberOf } from './cron/civil.ts';
import { offsetAt, stretchAt, type Zone, zoneOf } from './cron/zone.ts';
import { DaybreakError } from './errors.ts';

/**
 * The hours in which a job may take up new work, by the clocks of a place. `from` after `to` spans midnight. Work that has
 * been begun goes on after the end; nothing new is begun.
 * @example
 * const window: JobWindow = { from: '22:00', to: '06:00', timeZone: 'Asia/Shanghai' };
 */
export type JobWindow = {
  /** `HH:MM`, the first minute in it. */
  readonly from: string;
  /** `HH:MM`, the first minute after it. */
  readonly to: string;
  /** A name of the IANA database. */
  readonly timeZone: string;
};

export type WindowState =
  | { readonly isOpen: true; readonly closesAtMs: number }
  | { readonly isOpen: false; readonly opensAtMs: number };

/** Throws BAD_INPUT, naming the field, when it is no window. */
export function assertJobWindow(window: JobWindow): void {
  const [from, to] = [minutesOf(window.from, 'from'), minutesOf(window.to, 'to')];
  if (from === to) {
    throw new DaybreakError(
      'BAD_INPUT',
      `window.from and window.to are both ${window.from}, which leaves no time in it or all of it: leave the window out for all of the day`,
    );
  }
  zoneOf(window.timeZone);
}

/**
 * Where an instant lies. A window opens and closes at the first instant at which the clocks show its time or have passed
 * it: at the end of the gap that swallows it, and in the first of the two hours of a fold, as fixed times of a cron do.
 */
export function windowAt(window: JobWindow, atMs: number): WindowState {
  const [from, to] = [minutesOf(window.from, 'from'), minutesOf(window.to, 'to')];
  const zone = zoneOf(window.timeZone);
  const { year, month, day } = civilDateOf(Math.floor((atMs + offsetAt(zone, atMs)) / DAY_MS));
  const today = dayNumberOf(year, month, day);
  // Yesterday's may still be open; tomorrow's is next when today's is over. A gap may swallow a window whole.
  for (let date = today - 1; ; date++) {
    const opensAtMs = firstShown(zone, date * DAY_MS + from * MINUTE_MS);
    const closesAtMs = firstShown(zone, (from < to ? date : date + 1) * DAY_MS + to * MINUTE_MS);
    if (closesAtMs <= atMs || closesAtMs === opensAtMs) continue;
    return atMs < opensAtMs ? { isOpen: false, opensAtMs } : { isOpen: true, closesAtMs };
  }
}

const MINUTE_MS = 60_000;

/** The first instant at which the clocks show this time (as its milliseconds in UTC) or a later one. */
function firstShown(zone: Zone, wallMs: number): number {
  // No offset is as much as a day, so clocks are before the time there.
  let stretch = stretchAt(zone, wallMs - DAY_MS);
  while (wallMs - stretch.offsetMs >= stretch.endMs) stretch = stretchAt(zone, stretch.endMs);
  return Math.max(wallMs - stretch.offsetMs, stretch.startMs);
}

function minutesOf(text: string, field: 'from' | 'to'): number {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours === undefined) {
    throw new DaybreakError('BAD_INPUT', `window.${field} is "${text}": write the time of day as HH:MM, such as 22:00`);
  }
  return Number(hours) * 60 + Number(minutes);
}
