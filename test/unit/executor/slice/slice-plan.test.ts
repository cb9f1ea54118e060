import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { homeShardOf, SLICES_MAX, sliceRowsOf } from '../../../../executor/slice/slice-plan.ts';

describe('how a selection is cut', () => {
  const plan = fc.record({
    itemCount: fc.integer({ min: 0, max: 50_000_000 }),
    shardTotal: fc.integer({ min: 1, max: 200 }),
    chunkSize: fc.integer({ min: 1, max: 10_000 }),
  });

  test('never into more slices than there may be, and never into empty ones', () => {
    fc.assert(
      fc.property(plan, (given) => {
        const rows = sliceRowsOf(given);
        expect(Number.isSafeInteger(rows)).toBe(true);
        expect(rows).toBeGreaterThanOrEqual(1);
        expect(Math.ceil(given.itemCount / rows)).toBeLessThanOrEqual(SLICES_MAX);
      }),
    );
  });

  test('every shard has slices when there are rows enough', () => {
    for (const shardTotal of [1, 3, 16]) {
      const rows = sliceRowsOf({ itemCount: 100_000, shardTotal, chunkSize: 1_000 });
      expect(Math.ceil(100_000 / rows)).toBeGreaterThanOrEqual(4 * shardTotal);
    }
  });

  test('shards partition the slices by number modulo total', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((no) => homeShardOf(no, 3))).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });
});
