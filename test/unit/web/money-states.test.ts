import { expect, test } from 'vitest';
import { moneyBars, sumMinor, toneOfItem } from '../../../scheduler/web/src/pure/money-states.ts';

const total = (state: string | null, count: number, amountMinor = '0') => ({
  leg: 'PREMIUM',
  currency: 'CNY',
  state,
  count,
  amountMinor,
});

test('what nobody has told of is shown as such', () => {
  const [bar] = moneyBars([total(null, 100, '5000')], [total('FAILED', 10), total('SUCCESS', 60)]);
  expect(bar?.parts.map(({ state }) => state)).toEqual(['SUCCESS', 'FAILED']);
  expect([bar?.untold, bar?.frozen]).toEqual([30, { count: 100, amountMinor: '5000' }]);
});

test('an outcome that is not known is neither good nor bad', () => {
  expect(['PROCESSING', 'MANUAL', 'UNRESOLVED'].map(toneOfItem)).toEqual(['unsure', 'unsure', 'unsure']);
});

test('each leg and currency has a bar of its own, states that are not known come last', () => {
  const bars = moneyBars([], [total('NEW_ONE', 1), total('SUCCESS', 2), { ...total('SUCCESS', 3), currency: 'JPY' }]);
  expect(bars.map(({ currency, parts }) => [currency, parts.map(({ state }) => state)])).toEqual([
    ['CNY', ['SUCCESS', 'NEW_ONE']],
    ['JPY', ['SUCCESS']],
  ]);
});

test('sums keep all digits', () => {
  expect(sumMinor([total('a', 1, '9007199254740993'), total('b', 1, '9007199254740993')])).toBe('18014398509481986');
});
