import { describe, expect, test } from 'vitest';
import { createThrottle, type ThrottleGiven } from '../../../../executor/slice/create-throttle.ts';
import { NO_THROTTLE } from '../../../../executor/slice/throttle.ts';
import { type ThrottleReason, throttledSeconds } from '../../../../executor/slice/throttle-metrics.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import type { StoreFigures } from '../../../../shared/sql/store-figures.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const NEVER = new AbortController().signal;

/** A store that answers as slowly as the test says; `asked` counts what the throttle asked of it by itself. */
function given(more: Partial<ThrottleGiven>) {
  const runtime = createFakeRuntime();
  const world = { p95Ms: 1, asked: 0 };
  const spread = () => ({ count: 100, p50Ms: 1, p95Ms: world.p95Ms, p99Ms: world.p95Ms, maxMs: world.p95Ms });
  const store: ThrottleGiven['store'] = {
    figures: () => ({ roundTrip: spread(), connectionWait: spread() }) as StoreFigures,
    read: async (_name, body) => {
      world.asked += 1;
      return body({} as SqlReader);
    },
  };
  const throttle = createThrottle({ runtime, store, ...more });
  return { runtime, throttle, world, seconds: (reason: ThrottleReason) => throttledSeconds(store, reason) };
}

test('without window and guard there is nothing to hold back', () => {
  expect(given({ window: null }).throttle).toBe(NO_THROTTLE);
});

describe('a window', () => {
  const window = { from: '22:00', to: '06:00', timeZone: 'Asia/Shanghai' };

  test('holds back new slices outside, by the clock that it is given, and says when it opens', async () => {
    const { throttle, seconds, runtime } = given({ window });
    const noon = Date.parse('2026-11-20T04:00:00Z');
    const why = 'THROTTLED: outside its window 22:00 to 06:00 Asia/Shanghai, which opens at 2026-11-20T14:00:00.000Z';
    expect(throttle.holdsBack(noon)).toBe(why);
    expect(throttle.why).toBe(why);
    await runtime.advance(3_000);
    expect(throttle.holdsBack(Date.parse('2026-11-20T14:00:00Z'))).toBeNull();
    expect(throttle.why).toBeNull();
    expect(seconds('window')).toBe(3);
  });

  test('leaves chunks that have begun, and the slots, alone', async () => {
    const { throttle } = given({ window });
    throttle.holdsBack(Date.parse('2026-11-20T04:00:00Z'));
    expect(throttle.slots(8)).toBe(8);
    await throttle.beforeChunk(NEVER);
  });
});

describe('a guard', () => {
  const loadGuard = { roundTripP95Ms: 20 };

  test('takes slots away while the store is slow, and counts for how long', async () => {
    const { throttle, world, runtime, seconds } = given({ loadGuard });
    expect(throttle.slots(8)).toBe(8);
    world.p95Ms = 50;
    await runtime.advance(2_000);
    expect(throttle.slots(8)).toBe(4);
    await runtime.advance(2_000);
    expect(throttle.slots(8)).toBe(2);
    expect(throttle.why).toMatch(/^THROTTLED: the database takes 50 ms .* 2 of 8 slots$/);
    expect(seconds('round_trip')).toBe(2);
  });

  test('pauses chunks with one slot left, and looks at the store meanwhile, since nothing else may', async () => {
    const { throttle, world, runtime } = given({ loadGuard });
    throttle.slots(1);
    world.p95Ms = 50;
    for (let i = 0; i < 6; i++) {
      await runtime.advance(2_000);
      throttle.slots(1);
    }
    let began = false;
    const chunk = throttle.beforeChunk(NEVER).then(() => {
      began = true;
    });
    await runtime.advance(1_000);
    expect([began, world.asked > 2]).toEqual([false, true]);
    world.p95Ms = 1;
    await runtime.advance(8_000);
    await chunk;
    expect(began).toBe(true);
  });

  test('a chunk that pauses is let go by its signal', async () => {
    const { throttle, world, runtime } = given({ loadGuard });
    throttle.slots(1);
    world.p95Ms = 50;
    await runtime.advance(2_000);
    throttle.slots(1);
    const stop = new AbortController();
    const refused = expect(throttle.beforeChunk(stop.signal)).rejects.toThrow('stopping');
    stop.abort(new Error('stopping'));
    await refused;
  });

  test('never goes below one slot', async () => {
    const { throttle, world, runtime } = given({ loadGuard });
    world.p95Ms = 50;
    for (let i = 0; i < 20; i++) {
      await runtime.advance(2_000);
      expect(throttle.slots(3)).toBeGreaterThanOrEqual(1);
    }
    expect(throttle.slots(0)).toBe(1);
  });
});

test('what is no window or guard is refused where it is made', () => {
  expect(() => given({ window: { from: '9', to: '10:00', timeZone: 'UTC' } })).toThrow(/window\.from/);
  expect(() => given({ loadGuard: { roundTripP95Ms: 0 } })).toThrow(/loadGuard\.roundTripP95Ms/);
});
