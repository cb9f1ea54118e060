import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../../../../shared/runtime/backoff.ts';
import { seededRandom } from '../../../../shared/runtime/seeded-random.ts';

const middle = { next: () => 0.5 };

test('waits double from the first to the longest', () => {
  const waits = [1, 2, 3, 4, 5, 6].map((n) => backoffMs(n, middle, { firstMs: 100, maxMs: 1000 }));
  expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test('the jitter is the part of the wait that was asked for', () => {
  const rules = { firstMs: 1000, maxMs: 60_000, jitter: 0.2 };
  expect(backoffMs(1, { next: () => 0 }, rules)).toBe(800);
  expect(backoffMs(1, { next: () => 1 }, rules)).toBe(1200);
});

test('no wait is negative, infinite or over the longest, however often it failed', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer(), (failures, seed) => {
      const waitMs = backoffMs(failures, seededRandom(seed), { firstMs: 1, maxMs: 5000, jitter: 1 });
      expect(waitMs >= 0 && waitMs <= 5000).toBe(true);
    }),
  );
});
