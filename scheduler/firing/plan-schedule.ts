import type { Misfire } from '../definition/schedule-definition.ts';
import type { Instants } from './instants-by-day.ts';
import { type InstantVerdict, judgeMissed, missedBeforeMs } from './judge-missed.ts';

// Rows that one pass writes for one schedule: about 100 ms of a SQLite store.
const ROWS_MAX = 10_000;

export interface PlanRequest {
  readonly instants: Instants;
  readonly misfire: Misfire;
  /** The first instant that nobody has decided on yet, epoch ms of the store's clock. */
  readonly cursorMs: number;
  /** Older instants whose fires are written and were not decided, ascending: an outage came between. */
  readonly undecidedMs: readonly number[];
  readonly nowMs: number;
  readonly aheadMs: number;
  /** At most so many verdicts for missed instants; the older ones are one range. Default 10,000. */
  readonly missedMax?: number;
}

export interface SchedulePlan {
  /** One for each instant up to the look-ahead, but for those in the range. */
  readonly verdicts: readonly InstantVerdict[];
  /** Missed instants before all the others that are too many for a row each, both ends included. */
  readonly truncated: { readonly fromMs: number; readonly toMs: number; readonly count: number } | null;
  /** Null: none is to come. */
  readonly nextAtMs: number | null;
}

/**
 * Decides on every instant from the cursor to `nowMs + aheadMs`: in none and in two never. Instants that are late by no
 * more than the misfire allows are planned like those to come; the missed ones are judged together by its policy.
 */
export function planSchedule(request: PlanRequest): SchedulePlan {
  const { instants, misfire, cursorMs, nowMs, missedMax = ROWS_MAX } = request;
  const missedEndMs = missedBeforeMs(misfire, nowMs);
  const missed =
    cursorMs < missedEndMs ? instants.between(cursorMs, missedEndMs - 1, missedMax) : { kept: [], older: null };
  const undecidedMs = request.undecidedMs.filter((atMs) => atMs < missedEndMs);
  const judged =
    missed.kept.length === 0 && missed.older === null
      ? []
      : judgeMissed([...undecidedMs, ...missed.kept], misfire, nowMs);
  const aheadEndMs = nowMs + request.aheadMs;
  const planned: number[] = [];
  let next = instants.firstFrom(Math.max(cursorMs, missedEndMs));
  for (; next !== null && next <= aheadEndMs && planned.length < ROWS_MAX; next = instants.firstFrom(next + 1)) {
    planned.push(next);
  }
  return {
    verdicts: [...judged, ...planned.map((atMs): InstantVerdict => ({ kind: 'planned', atMs, reason: null }))],
    truncated: missed.older,
    nextAtMs: next,
  };
}
