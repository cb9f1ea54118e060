import { expect, test } from 'vitest';
import { readPairs, writePairs } from '../../../scheduler/web/src/pure/pairs.ts';

test('pairs are read as they are written, a value may hold a sign of its own and be empty', () => {
  const pairs = { zone: 'east', '0': 'a = b', none: '' };
  expect(readPairs(writePairs(pairs))).toEqual(pairs);
  expect(readPairs('\n zone=east \n\n')).toEqual({ zone: 'east' });
  expect(readPairs('')).toEqual({});
});

test('a line that is none makes the text unreadable: it is not passed over', () => {
  expect(readPairs('zone = east\nwest')).toBeNull();
  expect(readPairs(' = east')).toBeNull();
});
