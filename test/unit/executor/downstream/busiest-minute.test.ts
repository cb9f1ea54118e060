import { expect, test } from 'vitest';
import { busiestMinute } from '../../../../executor/downstream/busiest-minute.ts';

test.each([
  ['nothing', [], 0],
  ['one', [[0, 7]], 7],
  [
    'a minute that is no calendar minute',
    [
      [30_000, 5],
      [70_000, 6],
      [89_999, 1],
      [90_000, 2],
    ],
    12,
  ],
  [
    'sends 60 s apart are in two minutes',
    [
      [0, 5],
      [60_000, 4],
    ],
    5,
  ],
] as const)('the busiest minute of %s', (_, sends, expected) => {
  expect(busiestMinute(sends.map(([atMs, count]) => ({ atMs, count })))).toBe(expected);
});
