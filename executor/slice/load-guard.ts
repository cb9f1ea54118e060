import { DaybreakError } from '../../shared/errors.ts';
import type { StoreFigures } from '../../shared/sql/store-figures.ts';

/**
 * What a job may ask of the database that it shares with others: above these figures fewer of its slices are worked at
 * once, and its chunks pause. Each is a 95th percentile of the last seconds, in milliseconds, as this process sees it.
 * @example
 * const loadGuard: LoadGuard = { roundTripP95Ms: 20, connectionWaitP95Ms: 500 };
 */
export type LoadGuard = {
  /** The round trip of a transaction's first statement and of its COMMIT. Default: not looked at. */
  readonly roundTripP95Ms?: number;
  /** The wait for a connection of the pool. Default: not looked at. */
  readonly connectionWaitP95Ms?: number;
};

/** Throws BAD_INPUT, naming the field, when a figure is none. */
export function assertLoadGuard(guard: LoadGuard): void {
  for (const name of ['roundTripP95Ms', 'connectionWaitP95Ms'] as const) {
    const value = guard[name];
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue;
    throw new DaybreakError(
      'BAD_INPUT',
      `loadGuard.${name} is ${String(value)}: write milliseconds over 0, or leave it out`,
    );
  }
}

export type Pressure = 'round_trip' | 'connection_wait';

/** How far the guard has stepped back. */
export interface GuardState {
  /** At most so many slices at once; Infinity: as many as the job may. */
  readonly slots: number;
  /** So long a chunk waits before it begins; only with one slot left. */
  readonly pauseMs: number;
  /** What made it step back, and what was measured then. */
  readonly pressure: { readonly kind: Pressure; readonly p95Ms: number; readonly limitMs: number } | null;
  /** When it last stepped, or began: it judges what was measured since. */
  readonly steppedAtMs: number;
}

export const unguarded = (nowMs: number): GuardState => ({
  slots: Number.POSITIVE_INFINITY,
  pauseMs: 0,
  pressure: null,
  steppedAtMs: nowMs,
});

/** A step is judged by what came after it, so it must be given time; figures are kept by the second. */
export const STEP_MS = 2_000;
/** Below this part of the limit the guard lets go; between the two it stays, so that it does not swing. */
const RELIEF = 0.7;
/** Fewer measurements say nothing of a 95th percentile. */
const COUNT_MIN = 5;
const PAUSE_FIRST_MS = 100;
const PAUSE_MAX_MS = 5_000;

/**
 * The next state (pure). Under pressure the slots halve down to one, then the pauses between chunks double; relieved, the
 * pauses halve, then the slots come back one by one. `most` is how many slots the job has without a guard.
 * @param figures of the time since the last step
 */
export function judgeLoad(
  state: GuardState,
  at: { guard: LoadGuard; figures: Pick<StoreFigures, 'roundTrip' | 'connectionWait'>; most: number; nowMs: number },
): GuardState {
  if (at.nowMs - state.steppedAtMs < STEP_MS) return state;
  const readings = readingsOf(at.guard, at.figures);
  const pressed = readings.filter(({ p95Ms, limitMs }) => p95Ms > limitMs).sort(byExcess)[0];
  if (pressed !== undefined) return stepBack(state, pressed, at);
  const isRelieved = readings.length > 0 && readings.every(({ p95Ms, limitMs }) => p95Ms < limitMs * RELIEF);
  return isRelieved && state.pressure !== null ? letGo(state, at) : state;
}

type Reading = NonNullable<GuardState['pressure']>;

function readingsOf(guard: LoadGuard, figures: Pick<StoreFigures, 'roundTrip' | 'connectionWait'>): Reading[] {
  const of = (kind: Pressure, spread: StoreFigures['roundTrip'], limitMs: number | undefined): Reading[] =>
    limitMs === undefined || spread.count < COUNT_MIN ? [] : [{ kind, p95Ms: spread.p95Ms, limitMs }];
  return [
    ...of('round_trip', figures.roundTrip, guard.roundTripP95Ms),
    ...of('connection_wait', figures.connectionWait, guard.connectionWaitP95Ms),
  ];
}

const byExcess = (a: Reading, b: Reading): number => b.p95Ms / b.limitMs - a.p95Ms / a.limitMs;

function stepBack(state: GuardState, pressure: Reading, at: { most: number; nowMs: number }): GuardState {
  const slots = Math.min(state.slots, at.most);
  if (slots > 1) return { slots: Math.floor(slots / 2), pauseMs: 0, pressure, steppedAtMs: at.nowMs };
  const pauseMs = Math.min(Math.max(state.pauseMs * 2, PAUSE_FIRST_MS), PAUSE_MAX_MS);
  return { slots: 1, pauseMs, pressure, steppedAtMs: at.nowMs };
}

function letGo(state: GuardState, at: { most: number; nowMs: number }): GuardState {
  if (state.pauseMs > 0) {
    const half = state.pauseMs / 2;
    return { ...state, pauseMs: half < PAUSE_FIRST_MS ? 0 : half, steppedAtMs: at.nowMs };
  }
  const slots = state.slots + 1;
  return slots >= at.most ? unguarded(at.nowMs) : { ...state, slots, steppedAtMs: at.nowMs };
}

/** In words for people; null while nothing is held back. */
export function whyThrottled(state: GuardState, most: number): string | null {
  if (state.pressure === null) return null;
  const { kind, p95Ms, limitMs } = state.pressure;
  const what = kind === 'round_trip' ? 'the database takes' : 'the wait for a connection takes';
  const share = `${Math.min(state.slots, most)} of ${most} slots`;
  const pause = state.pauseMs > 0 ? `, ${Math.round(state.pauseMs)} ms between chunks` : '';
  return `THROTTLED: ${what} ${Math.round(p95Ms)} ms (95th percentile; this job wants at most ${limitMs}): ${share}${pause}`;
}
