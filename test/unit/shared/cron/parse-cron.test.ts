import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextAfter, parseCron, tryParseCron } from '../../../../shared/cron/cron.ts';
import type { CronDialect } from '../../../../shared/cron/cron-expression.ts';
import { DaybreakError } from '../../../../shared/errors.ts';
import { anyExpression, CRON_SEED, meaningOf } from '../../../support/cron-arbitraries.ts';

const meaning = (text: string, dialect: CronDialect): string => meaningOf(parseCron(text, { dialect }));

function problemOf(text: string, dialect: CronDialect) {
  const reading = tryParseCron(text, { dialect });
  if (reading.kind === 'parsed') throw new Error(`"${text}" was taken as ${dialect}`);
  return reading.problem;
}

describe('two texts that mean the same', () => {
  test.each<[CronDialect, string, string]>([
    ['quartz', '0 0 2 ? * MON-FRI', '0 0 2 ? * 2-6'],
    ['quartz', '0 0 2 ? * sun', '0 0 2 ? * 1'],
    ['quartz', '0 0 2 ? * L', '0 0 2 ? * SAT'],
    ['quartz', '0 0 2 ? * FRI#3', '0 0 2 ? * 6#3'],
    ['quartz', '0 0 2 ? * FRIL', '0 0 2 ? * 6L'],
    ['quartz', '0 0 2 ? * FRI-MON', '0 0 2 ? * 6,7,1,2'],
    ['quartz', '0 0 22-2 * * ?', '0 0 22,23,0,1,2 * * ?'],
    ['quartz', '0 0 22-2/2 * * ?', '0 0 22,0,2 * * ?'],
    ['quartz', '0 0 2 25-5 * ?', '0 0 2 25,26,27,28,29,30,31,1,2,3,4,5 * ?'],
    ['quartz', '0 0 2 1 NOV-FEB ?', '0 0 2 1 11,12,1,2 ?'],
    ['quartz', '0 0/5 2 * * ?', '0 */5 2 * * ?'],
    ['quartz', '0 3/20 2 * * ?', '0 3,23,43 2 * * ?'],
    ['quartz', '0 0 2 */10 * ?', '0 0 2 1,11,21,31 * ?'],
    ['quartz', '0 0 2 ? * */2', '0 0 2 ? * 1,3,5,7'],
    ['quartz', '0 0 2 1 7/6 ?', '0 0 2 1 7 ?'],
    ['quartz', '0 0 2 L-0 * ?', '0 0 2 L * ?'],
    ['quartz', '  0\t05   02 * jan ? ', '0 5 2 ? 1 *'],
    ['quartz', '0 0 2 1 1 ? 2027/2', '0 0 2 1 1 ? 2027-2199/2'],
    ['unix', '0 2 * * 0', '0 2 * * 7'],
    ['unix', '0 2 * * 5-7', '0 2 * * FRI,SAT,SUN'],
    ['unix', '0 2 * * MON-SUN', '0 2 * * *'],
    ['unix', '0 2 * * 0-7', '0 2 * * *'],
    ['unix', '0 2 * * 0-7/2', '0 2 * * 0,2,4,6'],
    ['unix', '0 2 * * 1-7/2', '0 2 * * 1,3,5,0'],
    ['unix', '*/20 9-17 * jan,Jul *', '0,20,40 9-17 * 1,7 *'],
    ['unix', '@daily', '0 0 * * *'],
    ['unix', '@midnight', '0 0 * * *'],
    ['unix', '@Hourly', '0 * * * *'],
    ['unix', '@weekly', '0 0 * * 0'],
    ['unix', '@monthly', '0 0 1 * *'],
    ['unix', '@yearly', '0 0 1 1 *'],
    ['unix', '@annually', '0 0 1 1 *'],
  ])('%s: "%s" is "%s"', (dialect, one, other) => {
    expect(meaning(one, dialect)).toBe(meaning(other, dialect));
  });

  test('weekday numbers differ between the dialects: 1 is Sunday in Quartz and Monday in unix', () => {
    expect(meaning('0 0 2 ? * 1', 'quartz')).toBe(meaning('0 2 * * SUN', 'unix'));
    expect(meaning('0 2 * * 1', 'unix')).toBe(meaning('0 0 2 ? * MON', 'quartz'));
  });
});

describe('a day in unix', () => {
  test('satisfies either day field when neither begins with a star', () => {
    expect(parseCron('0 0 13 * 5', { dialect: 'unix' }).dayFields).toBe('either');
    expect(parseCron('0 0 1-31 * 5', { dialect: 'unix' }).dayFields).toBe('either');
  });

  test('satisfies both when one begins with a star, with or without a step', () => {
    expect(parseCron('0 0 * * 5', { dialect: 'unix' }).dayFields).toBe('both');
    expect(parseCron('0 0 */2 * 5', { dialect: 'unix' }).dayFields).toBe('both');
    expect(parseCron('0 0 13 * */2', { dialect: 'unix' }).dayFields).toBe('both');
  });
});

describe('hour and minute', () => {
  test.each([
    '0 30 2 * * ?',
    '* 30 2 * * ?',
    '0 0 8-18 * * ?',
    '0 0,30 1,2 * * ?',
    '0 10-50/10 2 * * ?',
    '0 45/30 2 * * ?',
  ])('%s are times of day', (text) => expect(parseCron(text, { dialect: 'quartz' }).hasFixedTime).toBe(true));
  test.each([
    '0 0/30 2 * * ?',
    '0 */30 2 * * ?',
    '0 30 * * * ?',
    '0 30 0/6 * * ?',
    '0 30 0-23 * * ?',
    '0 5,20/10 2 * * ?',
    '0 0-59/15 2 * * ?',
  ])('%s are an interval', (text) => expect(parseCron(text, { dialect: 'quartz' }).hasFixedTime).toBe(false));
});

describe('what is refused is refused with field, column and the way out', () => {
  test.each<[CronDialect, string, string, number, string]>([
    ['quartz', '', 'expression', 1, 'write 0 30 2 * * ? for'],
    [
      'quartz',
      '*/5 * * * *',
      'expression',
      12,
      `choose dialect 'unix', or put the second in front, as in "0 */5 * * * ?"`,
    ],
    ['quartz', '0 2 * * 1-5', 'expression', 12, `"0 0 2 ? * 1-5", and count weekdays from 1 = SUN`],
    ['quartz', '0 2 13 * *', 'expression', 11, '"0 0 2 13 * ?"'],
    ['quartz', '0 30 2', 'expression', 7, '3 of 6 fields'],
    ['quartz', '0 0 0 1 1 ? 2030 7', 'expression', 18, 'one field too many'],
    ['quartz', '@daily', 'expression', 1, "choose dialect 'unix'"],
    ['quartz', '0 0 0 * * *', 'day-of-week', 11, 'write "?" as day-of-week'],
    ['quartz', '0 0 0 * * MON', 'day-of-week', 11, 'write "?" as day-of-month'],
    ['quartz', '0 0 0 15 * MON', 'day-of-week', 12, 'make two schedules when either day is meant'],
    ['quartz', '0 0 0 ? * ?', 'day-of-month', 7, 'write "*" in one of them'],
    ['quartz', '0 0 0 ? * 0', 'day-of-week', 11, 'for Sunday write 1 or SUN'],
    ['quartz', '0 0 0 ? * MON-0', 'day-of-week', 15, 'for Sunday write 1 or SUN'],
    ['quartz', '0 0 0 ? * 8', 'day-of-week', 11, 'not between 1 and 7 (1 = SUN)'],
    ['quartz', '0 0 0 ? * MONDAY', 'day-of-week', 11, 'write MON'],
    ['quartz', '0 0 0 ? * MON,FRIL', 'day-of-week', 15, 'make a schedule of its own'],
    ['quartz', '0 0 0 ? * 2#1,4#1', 'day-of-week', 11, 'stands alone'],
    ['quartz', '0 0 0 ? * 6#6', 'day-of-week', 13, 'write #1 to #5, or 6L'],
    ['quartz', '0 0 0 ? * 6#0', 'day-of-week', 13, 'write #1 to #5'],
    ['quartz', '0 0 0 ? * L-2', 'day-of-week', 11, 'write 6L or FRIL'],
    ['quartz', '0 0 0 ? * 9L', 'day-of-week', 11, 'not between 1 and 7'],
    ['quartz', '0 0 0 1-5W * ?', 'day-of-month', 7, 'as in 15W, LW or L-3W'],
    ['quartz', '0 0 0 32W * ?', 'day-of-month', 7, 'not between 1 and 31'],
    ['quartz', '0 0 0 L-31 * ?', 'day-of-month', 7, 'write L-0 to L-30'],
    ['quartz', '0 0 0 1,L5 * ?', 'day-of-month', 9, 'write L, L-3, LW or L-3W'],
    ['quartz', '0 0 0 6#3 * ?', 'day-of-month', 7, 'belongs to day-of-week'],
    ['quartz', '0 0 0 ?,1 * MON', 'day-of-month', 7, 'stands alone'],
    ['quartz', '0 0 ? * * ?', 'hour', 5, 'write "*"'],
    ['quartz', '0 0 2,L * * ?', 'hour', 7, 'belong to the day fields'],
    ['quartz', '0 0 24 * * ?', 'hour', 5, 'midnight is hour 0'],
    ['quartz', '0 60 1 * * ?', 'minute', 3, 'the minute after 59 is 0'],
    ['quartz', '0 */90 * * * ?', 'minute', 5, 'use the field hour'],
    ['quartz', '0 */0 * * * ?', 'minute', 5, 'between 1 and 59'],
    ['quartz', '0 0 */24 * * ?', 'hour', 7, 'between 1 and 23'],
    ['quartz', '0 /5 * * * ?', 'minute', 3, 'write "*/5"'],
    ['quartz', '0 0/5/2 * * * ?', 'minute', 7, 'one step only'],
    ['quartz', '0 0/x * * * ?', 'minute', 5, 'whole number'],
    ['quartz', '0 1,,2 0 * * ?', 'minute', 5, 'a comma stands alone'],
    ['quartz', '0 1-2-3 0 * * ?', 'minute', 7, 'one start and one end'],
    ['quartz', '0 5- 0 * * ?', 'minute', 5, 'a value is missing'],
    ['quartz', '0 -5 0 * * ?', 'minute', 3, 'a value is missing'],
    ['quartz', '0 0 0 1 13 ?', 'month', 9, 'not between 1 and 12'],
    ['quartz', '0 0 0 1 JANUARY ?', 'month', 9, 'write JAN'],
    ['quartz', '0 0 0 1 FOO ?', 'month', 9, 'one of JAN, FEB'],
    ['quartz', '0 0 0 1 1 ? 1969', 'year', 13, 'not between 1970 and 2199'],
    ['quartz', '0 0 0 1 1 ? 2030-2027', 'year', 13, 'the earlier year first'],
    ['quartz', '0 0 0 ？ * MON', 'expression', 7, 'write "?" instead'],
    ['quartz', '0 0，30 0 ? * MON', 'expression', 4, 'write "," instead'],
    ['quartz', '0 0 2 $ * ?', 'expression', 7, 'remove it'],
    ['quartz', '0 0 2 C * ?', 'day-of-month', 7, 'is no value'],
    ['quartz', `0 ${'1,'.repeat(300)}1 2 * * ?`, 'expression', 501, 'make several schedules'],
    ['unix', '', 'expression', 1, 'write 30 2 * * *'],
    ['unix', '0 0 12 * * ?', 'expression', 12, "choose dialect 'quartz', or leave the second out"],
    ['unix', '0 0 12 1 1 ? 2027', 'expression', 12, 'leave the second and the year out'],
    ['unix', '* * * * * * * *', 'expression', 11, 'unix has 5'],
    ['unix', '0 2 * *', 'expression', 8, '4 of 5 fields'],
    ['unix', '0 0 ? * 1', 'day-of-month', 5, 'write "*"'],
    ['unix', '0 0 L * *', 'day-of-month', 5, "choose dialect 'quartz'"],
    ['unix', '0 0 15W * *', 'day-of-month', 5, "choose dialect 'quartz'"],
    ['unix', '0 0 * * 5#2', 'day-of-week', 9, "choose dialect 'quartz'"],
    ['unix', '0 0 * * 5L', 'day-of-week', 9, "choose dialect 'quartz'"],
    ['unix', '5/10 * * * *', 'minute', 1, 'write "5-59/10"'],
    ['unix', '0 22-2 * * *', 'hour', 3, 'write "22-23,0-2"'],
    ['unix', '0 0 * * 5-1', 'day-of-week', 9, 'write "5-6,0-1"'],
    ['unix', '0 0 * * 6-0', 'day-of-week', 9, 'write "6-7"'],
    ['unix', '0 0 * * 8', 'day-of-week', 9, '0 and 7 = SUN'],
    ['unix', '*/60 * * * *', 'minute', 3, 'use the field hour'],
    ['unix', '@reboot', 'expression', 1, 'there are @yearly'],
    ['unix', '@toString', 'expression', 1, 'there are @yearly'],
    ['unix', '@daily 5', 'expression', 8, 'leave out "5"'],
  ])('%s "%s": %s, column %i: %s', (dialect, text, field, column, wayOut) => {
    const problem = problemOf(text, dialect);
    expect(problem).toMatchObject({ field, column });
    expect(problem.message).toContain(wayOut);
    expect(problem.message).toContain(`column ${column}: `);
  });

  test('as an error with a code and details, the text cut to 200 characters', () => {
    const parse = () => parseCron(`0 0 0 ? * ${'8'.repeat(300)}`, { dialect: 'quartz' });
    expect(parse).toThrow(DaybreakError);
    expect(parse).toThrow(
      expect.objectContaining({
        code: 'CRON_INVALID',
        details: { field: 'day-of-week', column: 11, text: `0 0 0 ? * ${'8'.repeat(190)}` },
      }),
    );
  });
});

test('the way out of an unwrapped range is itself an expression of the same meaning', () => {
  expect(meaning('0 22-23,0-2 * * *', 'unix')).toBe(meaning('0 0 22-2 * * ?', 'quartz'));
});

test('an expression is frozen, and as plain data it means the same', () => {
  const expression = parseCron('0 0 2 1,L-3W * ?', { dialect: 'quartz' });
  expect(Object.isFrozen(expression) && Object.isFrozen(expression.daysOfMonth)).toBe(true);
  expect(Object.isFrozen(expression.daysOfMonth?.[1])).toBe(true);
  const copy = JSON.parse(JSON.stringify(expression)) as typeof expression;
  expect(nextAfter(copy, 0, 'UTC')).toBe(nextAfter(expression, 0, 'UTC'));
});

test('the text is upper case with single spaces, and parses to the same again', () => {
  fc.assert(
    fc.property(anyExpression, (expression) => {
      expect(parseCron(expression.text, { dialect: expression.dialect })).toEqual(expression);
    }),
    { seed: CRON_SEED, numRuns: 150 },
  );
  expect(parseCron(' 0 0 2 ?  * mon ', { dialect: 'quartz' }).text).toBe('0 0 2 ? * MON');
});

test('whatever is typed is parsed or refused, at a column inside the text or just behind it', () => {
  const typed = fc
    .array(
      fc.constantFrom(
        '*',
        '?',
        ',',
        '-',
        '/',
        '#',
        'L',
        'W',
        ' ',
        '0',
        '1',
        '5',
        '31',
        'MON',
        'jan',
        '@',
        '？',
        '\u{1f600}',
      ),
      {
        maxLength: 24,
      },
    )
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(
      fc.oneof(typed, fc.string({ unit: 'binary' })),
      fc.constantFrom<CronDialect>('quartz', 'unix'),
      (text, dialect) => {
        const reading = tryParseCron(text, { dialect });
        if (reading.kind === 'parsed') return;
        expect(reading.problem.column).toBeGreaterThanOrEqual(1);
        expect(reading.problem.column).toBeLessThanOrEqual(text.length + 1);
        expect(reading.problem.message).toMatch(/[;:,] /);
      },
    ),
    { seed: CRON_SEED, numRuns: 1000 },
  );
});

test('every expression that docs/cron.md shows is one', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/cron.md'), 'utf8');
  const shown = [...page.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);
  const expressions = shown.filter((text) => /^[*\d]/.test(text) && text.split(' ').length >= 5);
  expect(expressions.length).toBeGreaterThan(20);
  for (const text of expressions) {
    const dialect = text.split(' ').length === 5 ? 'unix' : 'quartz';
    expect(() => parseCron(text, { dialect }), text).not.toThrow();
  }
});

describe('what never fires is refused where somebody is about to use it, at the field of its days', () => {
  test.each<[CronDialect, string, string, number, string]>([
    [
      'quartz',
      '0 0 22 31 2 ?',
      'day-of-month',
      8,
      'it never fires: in month "2" of any year that it allows there is no day "31"',
    ],
    ['quartz', '0 0 22 30,31 FEB ?', 'day-of-month', 8, 'no day "30,31"'],
    ['quartz', '0 0 22 31W 4,6,9,11 ?', 'day-of-month', 8, 'in month "4,6,9,11"'],
    ['quartz', '0 0 22 29 2 ? 2027', 'day-of-month', 8, 'choose another day or month'],
    ['quartz', '0 0 22 ? 2 MON#5 2027', 'day-of-week', 12, 'no day "MON#5"'],
    ['unix', '0 22 31 2 *', 'day-of-month', 6, 'no day "31"'],
  ])('%s "%s": %s, column %i', (dialect, text, field, column, words) => {
    const problem = problemOf(text, dialect);
    expect(problem).toMatchObject({ field, column, message: expect.stringContaining(words) });
    // One that a store has already is read as it is, and has no next instant.
    expect(nextAfter(parseCron(text, { dialect }), 0, 'UTC')).toBeNull();
  });

  test.each<[CronDialect, string]>([
    ['quartz', '0 0 22 29 2 ?'],
    ['quartz', '0 0 22 31 2,3 ?'],
    ['quartz', '0 0 22 ? 2 SUN#5'],
    ['quartz', '0 0 22 1 1 ? 1999'],
    ['unix', '0 22 31 2 MON'],
  ])('%s "%s" fires sometime', (dialect, text) => {
    expect(tryParseCron(text, { dialect }).kind).toBe('parsed');
  });
});
