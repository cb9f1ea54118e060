import { expect, test } from 'vitest';
import { editDistance } from '../../../shared/edit-distance.ts';

test.each([
  ['', '', 0],
  ['abc', '', 3],
  ['kitten', 'sitting', 3],
  ['port', 'prot', 2],
])('from %j to %j it is %i letters', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});
