import { expect, test } from 'vitest';
import { openingGroup } from '../../../scheduler/web/src/pure/opening-group.ts';

const front = { name: 'front-desk', tellsSettled: false };
const settlement = { name: 'settlement', tellsSettled: true };
const later = { name: 'till', tellsSettled: true };

test('a page opens on the group that was last used, as long as it is there', () => {
  expect(openingGroup([front, settlement, later], 'till')).toBe('till');
  expect(openingGroup([front, settlement, later], 'front-desk')).toBe('front-desk');
  expect(openingGroup([front, settlement], 'till')).toBe('settlement');
});

test('else on the first that has items, and only else on the first of the alphabet', () => {
  expect(openingGroup([front, settlement, later], null)).toBe('settlement');
  expect(openingGroup([front], null)).toBe('front-desk');
  expect(openingGroup([], 'till')).toBe('');
});
