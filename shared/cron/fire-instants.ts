/**
 * From what clocks show to instants, and the rule for clock changes (docs/cron.md). An interval fires whenever the clocks
 * show a time that matches. A fixed time fires at the first instant at which the clocks show it or have passed it: at
 * the end of the gap that swallows it, and in the first of the two hours of a fold.
 */

import { DAY_MS, SECOND_MS } from './civil.ts';
import type { CronExpression } from './cron-expression.ts';
import { nextWall, previousWall, type WallMs } from './wall-search.ts';
import { FIRST_INSTANT_MS, LAST_INSTANT_MS, stretchAt, type Zone } from './zone.ts';

// More than any two offsets of a zone are apart (26 hours).
const APART_MS = 2 * DAY_MS;

/** The first fire strictly after the instant. */
export function fireAfter(expression: CronExpression, atMs: number, zone: Zone): number | null {
  const second = Math.floor(bounded(atMs) / SECOND_MS) * SECOND_MS;
  if (!expression.hasFixedTime) return intervalFrom(expression, second + SECOND_MS, zone);
  const wall = nextWall(expression, latestShown(second, zone) + SECOND_MS);
  return wall === null ? null : firstReaching(wall, zone);
}

/** The last fire strictly before the instant. */
export function fireBefore(expression: CronExpression, atMs: number, zone: Zone): number | null {
  const second = Math.ceil(bounded(atMs) / SECOND_MS) * SECOND_MS - SECOND_MS;
  if (!expression.hasFixedTime) return intervalUpTo(expression, second, zone);
  const wall = previousWall(expression, latestShown(second, zone));
  return wall === null ? null : firstReaching(wall, zone);
}

// Before and after there is nothing to find, and numbers that are no dates any more do no harm.
const bounded = (atMs: number): number => Math.min(Math.max(atMs, FIRST_INSTANT_MS), LAST_INSTANT_MS);

/** The latest wall time that clocks have shown up to this instant: in a fold it is ahead of what they show now. */
function latestShown(secondMs: number, zone: Zone): WallMs {
  let stretch = stretchAt(zone, secondMs);
  let latest = secondMs + stretch.offsetMs;
  while (stretch.startMs > secondMs - DAY_MS) {
    const lastBefore = stretch.startMs - SECOND_MS;
    stretch = stretchAt(zone, lastBefore);
    latest = Math.max(latest, lastBefore + stretch.offsetMs);
  }
  return latest;
}

/** The first instant at which clocks show this wall time or a later one. */
function firstReaching(wall: WallMs, zone: Zone): number {
  // No offset is as much as a day, so clocks are before the wall time there.
  let stretch = stretchAt(zone, wall - DAY_MS);
  while (wall - stretch.offsetMs >= stretch.endMs) stretch = stretchAt(zone, stretch.endMs);
  return Math.max(wall - stretch.offsetMs, stretch.startMs);
}

/** The first instant from this one on whose wall time matches. Stretch by stretch, because clocks may go back. */
function intervalFrom(expression: CronExpression, fromMs: number, zone: Zone): number | null {
  let stretch = stretchAt(zone, fromMs);
  let searchedMs = fromMs;
  let wall = fromMs + stretch.offsetMs;
  let found = nextWall(expression, wall);
  while (found === null || found - stretch.offsetMs >= stretch.endMs) {
    // Far from the start no fold can go back behind it, so the stretches up to the finding need not be walked.
    const mayLeap = found !== null && stretch.endMs - searchedMs >= APART_MS;
    const atMs = mayLeap ? Math.max(stretch.endMs, (found as number) - APART_MS) : stretch.endMs;
    stretch = stretchAt(zone, atMs);
    const shown = atMs + stretch.offsetMs;
    const isPast = found !== null && found < shown;
    if (shown < wall || isPast) [found, searchedMs, wall] = [nextWall(expression, shown), atMs, shown];
    else if (found === null) return null;
  }
  return found - stretch.offsetMs;
}

/** The last instant up to this one whose wall time matches. */
function intervalUpTo(expression: CronExpression, toMs: number, zone: Zone): number | null {
  let stretch = stretchAt(zone, toMs);
  let searchedMs = toMs;
  let wall = toMs + stretch.offsetMs;
  let found = previousWall(expression, wall);
  while (found === null || found - stretch.offsetMs < stretch.startMs) {
    const lastBefore = stretch.startMs - SECOND_MS;
    const mayLeap = found !== null && searchedMs - lastBefore >= APART_MS;
    const atMs = mayLeap ? Math.min(lastBefore, (found as number) + APART_MS) : lastBefore;
    stretch = stretchAt(zone, atMs);
    const shown = atMs + stretch.offsetMs;
    const isAhead = found !== null && found > shown;
    if (shown > wall || isAhead) [found, searchedMs, wall] = [previousWall(expression, shown), atMs, shown];
    else if (found === null) return null;
  }
  return found - stretch.offsetMs;
}
