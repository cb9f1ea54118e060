import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSlidingWindow } from '../../../../shared/sql/sliding-window.ts';

describe('a sliding window', () => {
  test('says nothing of nothing', () => {
    expect(createSlidingWindow().spread(5_000, 10_000)).toEqual({ count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  test('gives percentiles at most a fifth above what was measured, and the exact maximum', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (all) => {
          const window = createSlidingWindow();
          for (const ms of all) window.add(ms, 1_000);
          const sorted = [...all].sort((a, b) => a - b);
          const { count, maxMs, ...parts } = window.spread(1_000, 1_000);
          expect([count, maxMs]).toEqual([all.length, sorted.at(-1)]);
          for (const [found, part] of [
            [parts.p50Ms, 0.5],
            [parts.p95Ms, 0.95],
            [parts.p99Ms, 0.99],
          ] as const) {
            const exact = sorted[Math.ceil(all.length * part) - 1] as number;
            expect(found).toBeGreaterThanOrEqual(exact * 0.999);
            expect(found).toBeLessThanOrEqual(exact * 1.2);
          }
        },
      ),
    );
  });

  test('forgets what is older than it is asked for, and than ten seconds', () => {
    const window = createSlidingWindow();
    window.add(1_000, 0);
    window.add(1, 8_500);
    expect(window.spread(9_000, 10_000)).toMatchObject({ count: 2, maxMs: 1_000 });
    expect(window.spread(9_000, 2_000)).toMatchObject({ count: 1, maxMs: 1 });
    expect(window.spread(10_000, 10_000)).toMatchObject({ count: 1, maxMs: 1 });
    expect(window.spread(30_000, 10_000).count).toBe(0);
  });

  test('uses the place of a second again for the one ten seconds later', () => {
    const window = createSlidingWindow();
    for (let i = 0; i < 100; i++) window.add(500, 3_100);
    window.add(2, 13_900);
    expect(window.spread(13_999, 10_000)).toMatchObject({ count: 1, p95Ms: 2, maxMs: 2 });
  });
});
