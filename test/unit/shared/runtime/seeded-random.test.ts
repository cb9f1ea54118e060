import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../../shared/runtime/seeded-random.ts';
import { createUlidFactory } from '../../../../shared/runtime/ulid.ts';

const draws = (seed: number | string): unknown[] => {
  const random = seededRandom(seed, () => 1_000);
  return [random.next(), random.integer(1000), random.ulid(), random.secretHex(8), random.ulid(), random.next()];
};

test('the same seed gives the same draws, another seed gives others', () => {
  expect(draws('night 7')).toEqual(draws('night 7'));
  expect(draws(1)).toEqual(draws('1'));
  expect(draws(1)).not.toEqual(draws(2));
});

test('draws are spread over their whole range', () => {
  const random = seededRandom(42);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const n = random.integer(10);
    counts[n] = (counts[n] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1150);
});

test('draws lie in [0, 1) and below the limit, whatever the seed', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 31 }), (seed, below) => {
      const random = seededRandom(seed);
      const next = random.next();
      expect(next >= 0 && next < 1).toBe(true);
      const n = random.integer(below);
      expect(Number.isInteger(n) && n >= 0 && n < below).toBe(true);
    }),
  );
});

test('ids grow within one millisecond and when the clock steps back', () => {
  const clock = [5000, 5000, 4000, 6000];
  let i = 0;
  const ulid = createUlidFactory(
    () => clock[i++] ?? 0,
    (length) => new Uint8Array(length).fill(255),
  );
  const ids = [ulid(), ulid(), ulid(), ulid()];
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(4);
});
