import { expect, test } from 'vitest';
import { OVERDUE_AFTER_MS, overdueMs } from '../../../scheduler/web/src/pure/ask-overdue.ts';

test('an item is overdue when the instant of its next question has long passed, not when its sweep is about to ask', () => {
  expect(overdueMs(null, 1_000_000)).toBe(null);
  expect(overdueMs(1_030_000, 1_000_000)).toBe(null);
  expect(overdueMs(1_000_000 - OVERDUE_AFTER_MS + 1, 1_000_000)).toBe(null);
  expect(overdueMs(1_000_000 - 180_000, 1_000_000)).toBe(180_000);
});
