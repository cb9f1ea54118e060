import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  instantOf,
  isBusinessDate,
  isoInstant,
  isTimeOfDay,
  isTimeZone,
  localDate,
  localTime,
  nextLocalTime,
} from '../../../shared/business-date.ts';

describe('isBusinessDate', () => {
  test.each(['2026-11-20', '2028-02-29', '2000-02-29', '0001-01-01', '9999-12-31'])('takes %s', (text) => {
    expect(isBusinessDate(text)).toBe(true);
  });
  test.each([
    '',
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-1-1',
    '20261120',
    '2026-11-20 ',
    '2026-11-20\n',
    '2026-11-20T00:00:00Z',
    '+002026-11-20',
    '２０２６-11-20',
  ])('refuses %j', (text) => {
    expect(isBusinessDate(text)).toBe(false);
  });
});

test('days are added over months, years and leap days', () => {
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
  expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
  expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
  expect(() => addDays('2026-02-30', 1)).toThrow(/YYYY-MM-DD/);
});

test('adding days and taking them off again gives the date', () => {
  const date = fc.integer({ min: 0, max: 20_000 }).map((n) => addDays('1990-01-01', n));
  fc.assert(
    fc.property(date, fc.integer({ min: -4000, max: 4000 }), (from, days) => {
      expect(addDays(addDays(from, days), -days)).toBe(from);
    }),
  );
});

describe('instantOf', () => {
  const instant = (...args: Parameters<typeof instantOf>): string => isoInstant(instantOf(...args));

  test.each([
    ['an ordinary day', '2026-11-20', '06:00', 'Asia/Shanghai', '2026-11-19T22:00:00.000Z'],
    ['a zone of half hours', '2026-11-20', '06:00', 'Asia/Kolkata', '2026-11-20T00:30:00.000Z'],
    ['UTC', '2026-11-20', '23:59', 'UTC', '2026-11-20T23:59:00.000Z'],
    ['just before the spring gap', '2026-03-08', '01:59', 'America/New_York', '2026-03-08T06:59:00.000Z'],
    ['in the spring gap: the jump', '2026-03-08', '02:30', 'America/New_York', '2026-03-08T07:00:00.000Z'],
    ['at the start of the gap: the jump', '2026-03-08', '02:00', 'America/New_York', '2026-03-08T07:00:00.000Z'],
    ['right after the gap', '2026-03-08', '03:00', 'America/New_York', '2026-03-08T07:00:00.000Z'],
    ['twice in autumn: the first', '2026-11-01', '01:30', 'America/New_York', '2026-11-01T05:30:00.000Z'],
    ['after the fold', '2026-11-01', '02:00', 'America/New_York', '2026-11-01T07:00:00.000Z'],
    ['a gap of half an hour', '2026-10-04', '02:15', 'Australia/Lord_Howe', '2026-10-03T15:30:00.000Z'],
    ['a gap at midnight', '2026-03-29', '00:30', 'Africa/Cairo', '2026-03-28T22:30:00.000Z'],
    ['a day that a zone left out: the jump', '2011-12-30', '12:00', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  ])('of %s', (_, date, time, zone, expected) => {
    expect(instant(date, time, zone)).toBe(expected);
  });

  test('shows the time that was asked for, or lies at a jump of the clocks over it', () => {
    const zones = [
      'America/New_York',
      'Europe/London',
      'Australia/Lord_Howe',
      'Asia/Shanghai',
      'America/St_Johns',
      'Africa/Casablanca',
    ];
    const date = fc.integer({ min: 0, max: 4000 }).map((n) => addDays('2020-01-01', n));
    const time = fc
      .tuple(fc.nat(23), fc.nat(59))
      .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
    fc.assert(
      fc.property(date, time, fc.constantFrom(...zones), (day, at, zone) => {
        const ms = instantOf(day, at, zone);
        const shown = `${localDate(ms, zone)} ${localTime(ms, zone).slice(0, 5)}`;
        const wanted = `${day} ${at}`;
        if (shown === wanted) return;
        const before = `${localDate(ms - 1, zone)} ${localTime(ms - 1, zone).slice(0, 5)}`;
        expect(before < wanted && wanted < shown).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('refuses what is no time of day', () => {
    expect(() => instantOf('2026-11-20', '24:00', 'UTC')).toThrow(/HH:MM/);
    expect(['00:00', '23:59'].every(isTimeOfDay)).toBe(true);
    expect(['24:00', '6:00', '06:60', '06:00:00', ''].some(isTimeOfDay)).toBe(false);
  });
});

describe('nextLocalTime', () => {
  const next = (after: string, time: string, zone: string): string =>
    isoInstant(nextLocalTime(Date.parse(after), time, zone));

  test('is today when the time is still to come, else tomorrow', () => {
    expect(next('2026-11-20T12:00:00Z', '06:00', 'Asia/Shanghai')).toBe('2026-11-20T22:00:00.000Z');
    expect(next('2026-11-20T21:59:59.999Z', '06:00', 'Asia/Shanghai')).toBe('2026-11-20T22:00:00.000Z');
    expect(next('2026-11-20T22:00:00.000Z', '06:00', 'Asia/Shanghai')).toBe('2026-11-21T22:00:00.000Z');
  });

  test('comes once on the day of a fold, and is not lost in a gap', () => {
    expect(next('2026-11-01T05:30:00Z', '01:30', 'America/New_York')).toBe('2026-11-02T06:30:00.000Z');
    expect(next('2026-03-08T05:00:00Z', '02:30', 'America/New_York')).toBe('2026-03-08T07:00:00.000Z');
  });
});

test('a zone is one that Intl knows', () => {
  expect(isTimeZone('Asia/Shanghai')).toBe(true);
  expect(isTimeZone('Mars/Olympus')).toBe(false);
});
