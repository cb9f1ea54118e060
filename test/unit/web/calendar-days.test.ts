import { expect, test } from 'vitest';
import { isDayIn, readDays, turnDay, writeDays } from '../../../scheduler/web/src/pure/calendar-days.ts';

test('a day in each line, with its name behind it', () => {
  const calendar = readDays({}, 'datesOut', '2026-10-01 National Day\n2026-10-02, 国庆节\n');
  expect(calendar).toEqual({
    datesOut: ['2026-10-01', '2026-10-02'],
    names: { '2026-10-01': 'National Day', '2026-10-02': '国庆节' },
  });
  expect(writeDays(calendar, 'datesOut')).toBe('2026-10-01 National Day\n2026-10-02 国庆节');
});

test('dates are pasted with any separators, and what is none is left for the API to refuse', () => {
  expect(readDays({}, 'datesIn', '2026-10-10, 2026-10-11;2026-10-12\t2026-10-13')).toEqual({
    datesIn: ['2026-10-10', '2026-10-11', '2026-10-12', '2026-10-13'],
  });
  expect(readDays({}, 'datesIn', '2026-13-45\nnever')).toEqual({ datesIn: ['2026-13-45', 'never'] });
});

test('names of the other list, and of days in no list, stay', () => {
  const before = {
    datesOut: ['2026-10-01'],
    datesIn: ['2026-10-10'],
    names: { '2026-10-10': 'instead', '2026-11-11': 'sale' },
  };
  expect(readDays(before, 'datesOut', '2026-10-03 Saturday').names).toEqual({
    '2026-10-03': 'Saturday',
    '2026-10-10': 'instead',
    '2026-11-11': 'sale',
  });
  expect(readDays({ ...before, names: { '2026-10-01': 'gone' } }, 'datesOut', '').names).toBeUndefined();
});

test('a click turns a day round, and the next one turns it back, name and all', () => {
  const out = turnDay({}, '2026-10-01', true);
  expect(out).toEqual({ datesOut: ['2026-10-01'] });
  expect(turnDay({ ...out, names: { '2026-10-01': 'National Day' } }, '2026-10-01', false)).toEqual({ datesOut: [] });
  expect(turnDay(out, '2026-10-10', false)).toEqual({ datesOut: ['2026-10-01'], datesIn: ['2026-10-10'] });
});

test('a day is in by its week, unless a list says otherwise', () => {
  const calendar = { weekly: ['SAT'], datesOut: ['2026-11-21'], datesIn: ['2026-11-20'] };
  const inOnes = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-28'].filter((date) => isDayIn(calendar, date));
  expect(inOnes).toEqual(['2026-11-20', '2026-11-28']);
  expect([isDayIn({}, '2026-11-20'), isDayIn({}, '2026-11-21')]).toEqual([true, false]);
});
