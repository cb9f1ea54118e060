import { expect, test } from 'vitest';
import {
  changeDialect,
  joinCron,
  setField,
  splitCron,
  toggleValue,
} from '../../../scheduler/web/src/pure/cron-fields.ts';
import { tryParseCron } from '../../../shared/cron/cron.ts';

test.each([
  ['0 30 2 ? * MON-FRI', 'quartz'],
  ['0 0/15 8-18 L * ? 2027', 'quartz'],
  ['*/5 * * * 1-5', 'unix'],
] as const)('%s is taken apart and put together again', (text, dialect) => {
  const fields = splitCron(text, dialect);
  expect(fields).not.toBeNull();
  expect(joinCron(fields ?? {}, dialect)).toBe(text);
});

test('what has other parts than fields is edited as text', () => {
  expect(splitCron('@daily', 'unix')).toBeNull();
  expect(splitCron('0 0 *', 'quartz')).toBeNull();
});

test('one of the two day fields of Quartz is always free', () => {
  const daily = splitCron('0 0 2 * * ?', 'quartz') ?? {};
  expect(joinCron(setField(daily, 'quartz', 'weekday', 'MON'), 'quartz')).toBe('0 0 2 ? * MON');
  const monday = splitCron('0 0 2 ? * MON', 'quartz') ?? {};
  expect(joinCron(setField(monday, 'quartz', 'day', 'L'), 'quartz')).toBe('0 0 2 L * ?');
  expect(joinCron(setField(monday, 'quartz', 'weekday', '?'), 'quartz')).toBe('0 0 2 * * ?');
});

test.each([
  ['0 30 2 ? * MON-FRI', '30 2 * * MON-FRI'],
  ['0 30 2 ? * 2-6', '30 2 * * 1-5'],
  ['0 0/10 * * * ?', '*/10 * * * *'],
])('the days of the week keep their meaning from Quartz %s to unix %s', (quartz, unix) => {
  expect(changeDialect(quartz, 'quartz', 'unix')).toBe(unix);
  expect(tryParseCron(unix, { dialect: 'unix' }).kind).toBe('parsed');
});

test.each([
  ['30 2 * * 1-5', '0 30 2 ? * 2-6'],
  ['30 2 * * 0,7', '0 30 2 ? * 1,1'],
  ['*/5 * * * *', '0 */5 * * * ?'],
  ['15 3 1 * *', '0 15 3 1 * ?'],
])('and from unix %s to Quartz %s, which is one', (unix, quartz) => {
  expect(changeDialect(unix, 'unix', 'quartz')).toBe(quartz);
  expect(tryParseCron(quartz, { dialect: 'quartz' }).kind).toBe('parsed');
});

test('values are added and taken out of a list in order', () => {
  expect(toggleValue('*', 5)).toBe('5');
  expect(toggleValue('1,9', 5)).toBe('1,5,9');
  expect(toggleValue('5', 5)).toBe('*');
});
