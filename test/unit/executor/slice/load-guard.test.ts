import { describe, expect, test } from 'vitest';
import {
  assertLoadGuard,
  type GuardState,
  judgeLoad,
  STEP_MS,
  unguarded,
  whyThrottled,
} from '../../../../executor/slice/load-guard.ts';
import { NO_SPREAD } from '../../../../shared/sql/sliding-window.ts';

const guard = { roundTripP95Ms: 20, connectionWaitP95Ms: 100 };
const spread = (p95Ms: number, count = 100) => ({ count, p50Ms: 1, p95Ms, p99Ms: p95Ms, maxMs: p95Ms });
const figures = (roundTrip: number, wait = 1) => ({ roundTrip: spread(roundTrip), connectionWait: spread(wait) });

/** The states that follow each other when a step is taken each time with the same figures. */
function steps(from: GuardState, most: number, seen: ReturnType<typeof figures>, count: number): GuardState[] {
  const states: GuardState[] = [];
  let state = from;
  for (let i = 0; i < count; i++) {
    state = judgeLoad(state, { guard, figures: seen, most, nowMs: state.steppedAtMs + STEP_MS });
    states.push(state);
  }
  return states;
}
const shape = (states: readonly GuardState[]) => states.map(({ slots, pauseMs }) => [slots, pauseMs]);

describe('under pressure', () => {
  test('slots halve down to one, then the pauses between chunks double up to five seconds', () => {
    expect(shape(steps(unguarded(0), 12, figures(50), 12))).toEqual([
      [6, 0],
      [3, 0],
      [1, 0],
      [1, 100],
      [1, 200],
      [1, 400],
      [1, 800],
      [1, 1_600],
      [1, 3_200],
      [1, 5_000],
      [1, 5_000],
      [1, 5_000],
    ]);
  });

  test('a job with one slot pauses at once', () => {
    expect(shape(steps(unguarded(0), 1, figures(50), 2))).toEqual([
      [1, 100],
      [1, 200],
    ]);
  });

  test('the wait for a connection presses as the round trip does, and the worse of the two is named', () => {
    expect(steps(unguarded(0), 8, figures(1, 101), 1)[0]).toMatchObject({
      slots: 4,
      pressure: { kind: 'connection_wait', p95Ms: 101, limitMs: 100 },
    });
    expect(steps(unguarded(0), 8, figures(21, 500), 1)[0]?.pressure?.kind).toBe('connection_wait');
  });

  test('a step is given time to be felt', () => {
    const [first] = steps(unguarded(0), 8, figures(50), 1) as [GuardState];
    const at = { guard, figures: figures(50), most: 8 };
    expect(judgeLoad(first, { ...at, nowMs: first.steppedAtMs + STEP_MS - 1 })).toBe(first);
  });
});

describe('relieved', () => {
  const [pressed] = steps(unguarded(0), 8, figures(50), 7).slice(-1) as [GuardState];

  test('the pauses halve, then the slots come back one by one, and then it is free', () => {
    expect(shape([pressed])).toEqual([[1, 800]]);
    expect(shape(steps(pressed, 5, figures(5), 9))).toEqual([
      [1, 400],
      [1, 200],
      [1, 100],
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 0],
      [Number.POSITIVE_INFINITY, 0],
      [Number.POSITIVE_INFINITY, 0],
    ]);
  });

  test.each([
    ['between 70 and 100 percent of the figure', figures(15)],
    ['while one of the two is not below its margin', figures(1, 90)],
    ['when hardly anything was measured', { roundTrip: spread(1, 4), connectionWait: NO_SPREAD }],
  ])('it stays as it is %s', (_, seen) => {
    const at = { guard, figures: seen, most: 8, nowMs: pressed.steppedAtMs + 60_000 };
    expect(judgeLoad(pressed, at)).toBe(pressed);
  });
});

test('a figure that the job does not set is not looked at', () => {
  const at = { guard: { roundTripP95Ms: 20 }, figures: figures(1, 9_999), most: 8, nowMs: 10_000 };
  expect(judgeLoad(unguarded(0), at)).toEqual(unguarded(0));
});

test('says in words what it does and why', () => {
  const [state] = steps(unguarded(0), 8, figures(52.4), 1) as [GuardState];
  expect(whyThrottled(state, 8)).toBe(
    'THROTTLED: the database takes 52 ms (95th percentile; this job wants at most 20): 4 of 8 slots',
  );
  const paused = steps(unguarded(0), 2, figures(1, 400), 3).at(-1) as GuardState;
  expect(whyThrottled(paused, 2)).toBe(
    'THROTTLED: the wait for a connection takes 400 ms (95th percentile; this job wants at most 100): 1 of 2 slots, 200 ms between chunks',
  );
  expect(whyThrottled(unguarded(0), 8)).toBeNull();
});

test.each([0, -1, Number.NaN, '20' as unknown as number])('a figure of %s is refused by name', (value) => {
  expect(() => assertLoadGuard({ connectionWaitP95Ms: value })).toThrow(/loadGuard\.connectionWaitP95Ms is/);
});
