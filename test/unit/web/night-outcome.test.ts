import { expect, test } from 'vitest';
import { conservationRows, holdsConservation } from '../../../scheduler/web/src/pure/night-outcome.ts';

const total = (state: string | null, count: number, amountMinor: string, currency = 'CNY') => ({
  ...{ leg: 'PREMIUM', currency, state, count, amountMinor },
});

test('conservation holds without a difference, and is not said to while nobody knows', () => {
  expect(holdsConservation({ state: 'settled', differences: 0 })).toBe(true);
  expect(holdsConservation({ state: 'unresolved', differences: 0 })).toBe(true);
  expect(holdsConservation({ state: 'differs', differences: 2 })).toBe(false);
  expect(holdsConservation({ state: 'running', differences: null })).toBeNull();
  expect(holdsConservation({ state: 'refused', differences: 0 })).toBeNull();
});

test('a night that was not compared with any file does not hold, although no difference was found', () => {
  expect(holdsConservation({ state: 'differs', differences: 0 })).toBe(false);
});

test('what was due is the sum of what it came to, in number and to the last digit', () => {
  const due = [total(null, 3, '9007199254740993'), total('SUCCESS', 2, '9007199254740000')];
  const [row] = conservationRows([...due, total('UNRESOLVED', 1, '993')]);
  expect(row).toMatchObject({ addsUp: true, outcomes: { UNRESOLVED: { count: 1 }, FAILED: { count: 0 } } });
  expect(conservationRows([...due, total('UNRESOLVED', 1, '992')])[0]?.addsUp).toBe(false);
  expect(conservationRows([...due, total('FAILED', 0, '993')])[0]?.addsUp).toBe(false);
});

test('each currency has a line of its own', () => {
  const rows = conservationRows([total(null, 1, '1'), total(null, 2, '2', 'JPY'), total('SUCCESS', 1, '1')]);
  expect(rows.map(({ currency, due, addsUp }) => [currency, due.count, addsUp])).toEqual([
    ['CNY', 1, true],
    ['JPY', 2, false],
  ]);
});
