import { describe, expect, test } from 'vitest';
import { addBusinessDays, readCalendar } from '../../../../scheduler/calendar/calendar.ts';
import { readHolidayData, readHolidayList } from '../../../../scheduler/calendar/read-holiday-data.ts';

/** The National Day week of 2026 (1 to 7 October out), and the Saturday after it a make-up work day. */
const CN = {
  name: 'cn',
  datesOut: ['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04', '2026-10-05', '2026-10-06', '2026-10-07'],
  datesIn: ['2026-10-10'],
};

describe('a calendar', () => {
  const cn = readCalendar(CN);

  test('goes by the week, but for its dates', () => {
    expect(['2026-09-30', '2026-10-01', '2026-10-10', '2026-10-11'].map(cn.isIn)).toEqual([true, false, true, false]);
    expect(cn.firstIn('2026-10-01')).toBe('2026-10-08');
    expect(cn.firstIn('2026-10-08')).toBe('2026-10-08');
    expect(cn.lastIn('2026-10-07')).toBe('2026-09-30');
  });

  test('with all days in, or with none but those named', () => {
    const all = readCalendar({ name: 'all', weekly: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] });
    expect(all.firstIn('2026-11-22')).toBe('2026-11-22');
    const quarters = readCalendar({ name: 'quarters', weekly: [], datesIn: ['2026-12-31', '2027-03-31'] });
    expect(quarters.firstIn('2027-01-01')).toBe('2027-03-31');
    expect(quarters.firstIn('2027-04-01')).toBeNull();
  });

  test('lacks the years of which it has no date, and a weekly pattern alone lacks none', () => {
    expect([2026, 2027].map(cn.lacksYear)).toEqual([false, true]);
    expect(readCalendar({ ...CN, years: [2026, 2027] }).lacksYear(2027)).toBe(false);
    expect(readCalendar({ ...CN, years: null }).lacksYear(2030)).toBe(false);
    expect(readCalendar({ name: 'week' }).lacksYear(2030)).toBe(false);
  });

  test('counts days in, over holidays, month ends and 29 February', () => {
    expect(addBusinessDays(cn, '2026-09-30', 1)).toBe('2026-10-08');
    expect(addBusinessDays(cn, '2026-10-08', -1)).toBe('2026-09-30');
    expect(addBusinessDays(cn, '2026-10-03', 0)).toBe('2026-10-03');
    expect(addBusinessDays(cn, '2026-10-09', 1)).toBe('2026-10-10');
    const week = readCalendar({ name: 'week' });
    expect(addBusinessDays(week, '2028-02-28', 1)).toBe('2028-02-29');
    expect(addBusinessDays(week, '2028-03-01', -1)).toBe('2028-02-29');
    expect(addBusinessDays(week, '2026-11-20', 10)).toBe('2026-12-04');
    expect(() => addBusinessDays(readCalendar({ name: 'none', weekly: [] }), '2026-11-20', 1)).toThrow('no day in');
  });

  test.each([
    [{ name: 'a b' }, 'name'],
    [{ name: 'a', weekly: ['mon' as 'MON'] }, 'weekly names "mon"'],
    [{ name: 'a', datesOut: ['2027-02-29'] }, 'datesOut name "2027-02-29"'],
    [{ name: 'a', datesOut: ['2026-10-01'], datesIn: ['2026-10-01'] }, 'datesIn name 2026-10-01'],
    [{ name: 'a', years: [26] }, 'years name 26'],
  ])('%j is refused by field', (definition, words) => {
    expect(() => readCalendar(definition)).toThrow(words);
  });
});

describe('published data', () => {
  test('becomes a calendar: holidays out, work days in, names kept', () => {
    const calendar = readCalendar(
      readHolidayData('cn', {
        holidays: { '2026-10-01': 'National Day,7' },
        workdays: { '2026-10-10': 'National Day' },
      }),
    );
    expect(['2026-10-01', '2026-10-10', '2026-10-17'].map(calendar.isIn)).toEqual([false, true, false]);
    expect(calendar.nameOf('2026-10-01')).toBe('National Day,7');
    expect([2026, 2027].map(calendar.lacksYear)).toEqual([false, true]);
  });

  test('as a plain list: a date a line, with a name or a plus', () => {
    const list = '# 2026\n2026-10-01 National Day\n\n  2026-10-02\r\n+2026-10-10 make-up\n';
    expect(readHolidayList('cn', list)).toEqual({
      name: 'cn',
      datesOut: ['2026-10-01', '2026-10-02'],
      datesIn: ['2026-10-10'],
      names: { '2026-10-01': 'National Day', '2026-10-10': 'make-up' },
    });
    expect(() => readHolidayList('cn', '2026-10-01\nOctober 2')).toThrow('line 2');
  });

  test.each([
    [{ holidays: { 'Oct 1': 'x' } }, 'holidays name "Oct 1"'],
    [{ holidays: [] }, 'holidays must be an object'],
    [{ holidays: {}, workdays: { '2026-10-10': 1 } }, 'workdays call 2026-10-10'],
  ])('that is no such data is refused: %j', (data, words) => {
    expect(() => readHolidayData('cn', data as never)).toThrow(words);
  });
});
