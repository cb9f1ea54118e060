import { expect, test } from 'vitest';
import { countOpen, moneyBars, sumsByCurrency } from '../../../scheduler/web/src/pure/money-states.ts';

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

test('what is in the air, what is tried again and what waits for people are three things', () => {
  const told = [total('PROCESSING', 5), total('RETRY_WAIT', 3), total('MANUAL', 2), total('PENDING', 9)];
  expect(countOpen([...told, { ...total('PROCESSING', 1), currency: 'JPY' }])).toEqual({
    inTheAir: 6,
    nextTry: 3,
    withPeople: 2,
  });
  expect(moneyBars([], told)[0]?.parts.map(({ state }) => state)).toEqual([
    'PROCESSING',
    'RETRY_WAIT',
    'MANUAL',
    'PENDING',
  ]);
});

test('each leg and currency has a bar of its own, states that are not known come last', () => {
  const bars = moneyBars([], [total('NEW_ONE', 1), total('SUCCESS', 2), { ...total('SUCCESS', 3), currency: 'JPY' }]);
  expect(bars.map(({ currency, parts }) => [currency, parts.map(({ state }) => state)])).toEqual([
    ['CNY', ['SUCCESS', 'NEW_ONE']],
    ['JPY', ['SUCCESS']],
  ]);
});

test('sums are of one state, keep all digits, and are not made over two currencies', () => {
  const big = total('UNRESOLVED', 1, '9007199254740993');
  const all = [big, big, { ...big, currency: 'JPY', amountMinor: '7' }, total('SUCCESS', 4, '100')];
  expect(sumsByCurrency(all, 'UNRESOLVED')).toEqual([
    { currency: 'CNY', count: 2, amountMinor: '18014398509481986' },
    { currency: 'JPY', count: 1, amountMinor: '7' },
  ]);
});
