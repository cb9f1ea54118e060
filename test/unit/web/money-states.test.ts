import { expect, test } from 'vitest';
import {
  countOpen,
  moneyBars,
  standingNode,
  sumsByCurrency,
  waitingByLeg,
} from '../../../scheduler/web/src/pure/money-states.ts';

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
    notSent: 9,
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

test('what a run waits for is counted by leg, over all currencies, and what is final is not waited for', () => {
  const principal = { ...total('PENDING', 7), leg: 'PRINCIPAL' };
  const told = [total('SUCCESS', 47), total('MANUAL', 10), principal, { ...principal, currency: 'JPY', count: 3 }];
  expect(waitingByLeg([...told, total('BLOCKED', 4), total('FAILED', 4), total('RETRY_WAIT', 0)])).toEqual([
    { leg: 'PREMIUM', state: 'MANUAL', count: 10 },
    { leg: 'PRINCIPAL', state: 'PENDING', count: 10 },
  ]);
});

test('a chain run stands still once all shards of its open runs are back, not while one is at work', () => {
  const node = (state: string, endedAtMs: number | null = null) => ({
    runId: 1,
    endedAtMs,
    picture: { kind: 'run', state },
  });
  const back = node('dispatched');
  const next = { runId: null, endedAtMs: null, picture: { kind: 'waits' } };
  expect(standingNode([node('succeeded', 9), back, next])).toBe(back);
  expect(standingNode([back, node('running')])).toBe(null);
  expect(standingNode([node('succeeded', 9), next])).toBe(null);
});
