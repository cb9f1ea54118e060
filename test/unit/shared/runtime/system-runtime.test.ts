import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemRuntime } from '../../../../shared/runtime/system-runtime.ts';

const TIMER_MAX_MS = 2 ** 31 - 1;
const DAY_MS = 86_400_000;

describe('with time in the hand of the test', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([
    5,
    DAY_MS,
    TIMER_MAX_MS,
    TIMER_MAX_MS + 1,
    30 * DAY_MS,
    100 * DAY_MS,
  ])('a sleep of %i ms ends after that and not before', async (ms) => {
    let isOver = false;
    const sleeping = systemRuntime()
      .sleep(ms)
      .then(() => {
        isOver = true;
      });
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
  });

  test('a deadline over the longest timer aborts after its time and not before', async () => {
    const ms = 60 * DAY_MS;
    const signal = systemRuntime().deadline(ms);
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });
});

describe('a sleep', () => {
  test('rejects with the reason of its signal, before it begins and while it lasts', async () => {
    const reason = new Error('stop');
    await expect(systemRuntime().sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const abort = new AbortController();
    const sleeping = systemRuntime().sleep(60_000, abort.signal);
    abort.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });
});

describe('a deadline', () => {
  test('aborts with a TimeoutError', async () => {
    const signal = systemRuntime().deadline(5);
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    await systemRuntime().sleep(10);
    await aborted;
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('aborts with the reason of its parent when that is first', () => {
    const parent = new AbortController();
    const signal = systemRuntime().deadline(60_000, parent.signal);
    parent.abort(new Error('killed'));
    expect(signal.reason).toMatchObject({ message: 'killed' });
  });
});

test('ids are 26 characters, all different, and grow', () => {
  const { random } = systemRuntime();
  const ids = Array.from({ length: 5000 }, () => random.ulid());
  expect(new Set(ids).size).toBe(5000);
  expect([...ids].sort()).toEqual(ids);
  expect(ids.every((id) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id))).toBe(true);
});

test('draws stay within their limits', () => {
  const { random } = systemRuntime();
  const draws = Array.from({ length: 1000 }, () => random.integer(3));
  expect(new Set(draws)).toEqual(new Set([0, 1, 2]));
  expect(random.integer(1)).toBe(0);
  expect(random.secretHex(16)).toMatch(/^[0-9a-f]{32}$/);
});
