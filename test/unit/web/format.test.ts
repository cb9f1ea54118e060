import { expect, test } from 'vitest';
import {
  formatDuration,
  formatInstant,
  formatMoney,
  percentOf,
  readDuration,
  writeDuration,
} from '../../../scheduler/web/src/pure/format.ts';

test.each([
  [0, '0 s', '0秒'],
  [1, '1 ms', '1毫秒'],
  [999, '999 ms', '999毫秒'],
  [1_000, '1 s', '1秒'],
  [1_949, '1.9 s', '1.9秒'],
  [59_999, '59 s', '59秒'],
  [60_000, '1 min', '1分'],
  [3_599_000, '59 min 59 s', '59分59秒'],
  [8_340_000, '2 h 19 min', '2小时19分'],
  [90_000_000, '1 d 1 h', '1天1小时'],
  [-65_000, '-1 min 5 s', '-1分5秒'],
])('%d ms is %s and %s', (ms, english, chinese) => {
  expect([formatDuration(ms, 'en'), formatDuration(ms, 'zh')]).toEqual([english, chinese]);
});

test('money keeps all digits beyond 2^53 and the digits of its currency', () => {
  expect(formatMoney('9588112000000450', 'CNY', 'en')).toBe('95,881,120,000,004.50');
  expect(formatMoney('90071992547409931234', 'CNY', 'en')).toBe('900,719,925,474,099,312.34');
  expect(formatMoney('74400000', 'JPY', 'en')).toBe('74,400,000');
  expect(formatMoney('5', 'CNY', 'en')).toBe('0.05');
  expect(formatMoney('-105', 'USD', 'en')).toBe('-1.05');
  expect(formatMoney('1234', 'KWD', 'en')).toBe('1.234');
});

test('what is no amount, or of no currency, is not made into one', () => {
  expect(formatMoney('n/a', 'CNY', 'en')).toBe('n/a');
  expect(formatMoney('100', '?', 'en')).toBe('1.00');
});

test('a span that a person types is read, and written back in its largest exact unit', () => {
  expect(['90s', '15m', '2h', '1d', '250ms', '250', ' 1.5 h '].map(readDuration)).toEqual([
    90_000, 900_000, 7_200_000, 86_400_000, 250, 250, 5_400_000,
  ]);
  expect(['', 'soon', '-5s', '5 weeks'].map(readDuration)).toEqual([null, null, null, null]);
  for (const ms of [0, 1, 999, 1_000, 90_000, 3_600_000, 86_400_000]) expect(readDuration(writeDuration(ms))).toBe(ms);
});

test('nothing is no time of any unit, and is said and written in one', () => {
  expect([formatDuration(0, 'en'), writeDuration(0)]).toEqual(['0 s', '0s']);
});

test('an instant is told in the zone that is asked for', () => {
  const atMs = Date.UTC(2026, 10, 19, 22, 5, 9);
  expect(formatInstant(atMs, { language: 'en', zone: 'Asia/Shanghai' })).toBe('2026-11-20 06:05:09');
  expect(formatInstant(atMs, { language: 'zh', zone: 'UTC', style: 'minute' })).toBe('2026-11-19 22:05');
  expect(formatInstant(Date.UTC(2026, 0, 1), { language: 'en', zone: 'UTC', style: 'clock' })).toBe('00:00');
});

test('percent is 100 only when all is done, and 0 only when nothing is', () => {
  expect([percentOf(0, 10), percentOf(1, 1_000), percentOf(999, 1_000), percentOf(10, 10), percentOf(3, 0)]).toEqual([
    0, 1, 99, 100, 0,
  ]);
});
