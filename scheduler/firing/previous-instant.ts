import type { Instants } from './instants-by-day.ts';
import { HORIZON_MS } from './instants-by-day.ts';
import type { Timed, Timetable } from './timetable.ts';

// A schedule of seconds is found in the first stretch, one of years in the last; each is looked through once.
const LOOK_BACK_MS = [60_000, 3_600_000, 86_400_000, 8 * 86_400_000, 64 * 86_400_000, 400 * 86_400_000, HORIZON_MS];

/**
 * The last instant of a schedule before this one, calendar and limits counted in, as if it had always been what it is now:
 * null for what has no instants of its own, and for a delay, whose instants follow from when its runs ended.
 */
export function previousInstant({ schedule }: Timed, table: Timetable, atMs: number): number | null {
  if (schedule.kind !== 'cron' && schedule.kind !== 'fixed_rate') return null;
  for (const backMs of LOOK_BACK_MS) {
    const instants = instantsBack(schedule.kind === 'fixed_rate' ? schedule.everyMs : null, table, atMs, backMs);
    const { kept } = instants.between(atMs - backMs, atMs - 1, 1);
    if (kept[0] !== undefined) return kept[0];
  }
  return null;
}

/** A rate is known by any of its instants: by one that lies before all that is looked through. */
function instantsBack(everyMs: number | null, table: Timetable, atMs: number, backMs: number): Instants {
  return table.instants(everyMs === null ? atMs : atMs - Math.ceil(backMs / everyMs) * everyMs);
}
