import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Calendar, readCalendar } from '../../../../scheduler/calendar/calendar.ts';
import {
  DEFAULT_LIMITS,
  type Schedule,
  type ScheduleLimits,
} from '../../../../scheduler/definition/schedule-definition.ts';
import type { Instants } from '../../../../scheduler/firing/instants-by-day.ts';
import { instantsOf } from '../../../../scheduler/firing/schedule-instants.ts';
import { addDays, isoInstant, localDate, localTime } from '../../../../shared/business-date.ts';
import { matches, parseCron } from '../../../../shared/cron/cron.ts';

const at = (text: string) => Date.parse(text);
const quartz = (text: string, zone = 'UTC'): Schedule => ({ kind: 'cron', dialect: 'quartz', text, zone });
const CN = readCalendar({
  name: 'cn',
  datesOut: ['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07'],
  datesIn: ['2026-10-10'],
});

function given(schedule: Schedule, more: { limits?: ScheduleLimits; calendar?: Calendar; anchorMs?: number } = {}) {
  return instantsOf({
    schedule,
    limits: { ...DEFAULT_LIMITS, ...more.limits },
    zone: schedule.kind === 'cron' ? schedule.zone : 'UTC',
    calendar: more.calendar ?? null,
    anchorMs: more.anchorMs ?? 0,
  });
}

function some(instants: Instants, from: string, n: number, zone = 'UTC'): string[] {
  const found: string[] = [];
  for (
    let next = instants.firstFrom(at(from));
    next !== null && found.length < n;
    next = instants.firstFrom(next + 1)
  ) {
    found.push(`${localDate(next, zone)} ${localTime(next, zone)}`);
  }
  return found;
}

describe('a cron', () => {
  test('on days out is dropped, or rolls onto the next or the previous day in at the same local time', () => {
    const daily = quartz('0 30 9 * * ?', 'Asia/Shanghai');
    const from = '2026-09-30T00:00:00Z';
    const rolling = (roll: 'skip' | 'next' | 'previous', schedule = daily) =>
      some(given(schedule, { calendar: CN, limits: { roll } }), from, 3, 'Asia/Shanghai');
    // Instants that roll onto a day that fires anyway are one with its own.
    for (const roll of ['skip', 'next', 'previous'] as const) {
      expect(rolling(roll)).toEqual(['2026-09-30 09:30:00', '2026-10-08 09:30:00', '2026-10-09 09:30:00']);
    }
    const third = quartz('0 30 9 3 * ?', 'Asia/Shanghai');
    expect(rolling('skip', third)).toEqual(['2026-11-03 09:30:00', '2026-12-03 09:30:00', '2027-02-03 09:30:00']);
    expect(rolling('next', third)).toEqual(['2026-10-08 09:30:00', '2026-11-03 09:30:00', '2026-12-03 09:30:00']);
    expect(rolling('previous', third)).toEqual(['2026-09-30 09:30:00', '2026-11-03 09:30:00', '2026-12-03 09:30:00']);
  });

  test('keeps its local time over a clock change, in both hemispheres', () => {
    const week = readCalendar({ name: 'week' });
    // 28 March 2026 is a Saturday, clocks go forward on the 29th; what rolls onto Monday stands at 09:00 there.
    const berlin = given(quartz('0 0 9 28 * ?', 'Europe/Berlin'), { calendar: week, limits: { roll: 'next' } });
    expect(isoInstant(berlin.firstFrom(at('2026-03-28T00:00:00Z')) ?? 0)).toBe('2026-03-30T07:00:00.000Z');
    // 4 October 2026, a Sunday: clocks go forward in Sydney; Friday before it has the old offset.
    const sydney = given(quartz('0 0 9 4 * ?', 'Australia/Sydney'), { calendar: week, limits: { roll: 'previous' } });
    expect(isoInstant(sydney.firstFrom(at('2026-10-01T00:00:00Z')) ?? 0)).toBe('2026-10-01T23:00:00.000Z');
  });

  test('of unix rolls too, and so do its nicknames', () => {
    const calendar = readCalendar({ name: 'week' });
    const unix = (text: string) =>
      given({ kind: 'cron', dialect: 'unix', text, zone: 'UTC' }, { calendar, limits: { roll: 'next' } });
    expect(some(unix('30 9 * * SAT'), '2026-11-20T00:00:00Z', 2)).toEqual([
      '2026-11-23 09:30:00',
      '2026-11-30 09:30:00',
    ]);
    expect(some(unix('@weekly'), '2026-11-20T00:00:00Z', 1)).toEqual(['2026-11-23 00:00:00']);
    expect(some(unix('@monthly'), '2026-11-20T00:00:00Z', 2)).toEqual(['2026-12-01 00:00:00', '2027-01-01 00:00:00']);
    expect(some(unix('@hourly'), '2026-11-21T00:00:00Z', 2)).toEqual(['2026-11-23 00:00:00', '2026-11-23 01:00:00']);
  });

  test('on 29 February and at the end of the month', () => {
    expect(some(given(quartz('0 0 0 29 2 ?')), '2026-01-01T00:00:00Z', 2)).toEqual([
      '2028-02-29 00:00:00',
      '2032-02-29 00:00:00',
    ]);
    const week = readCalendar({ name: 'week' });
    const lastDay = given(quartz('0 0 18 L * ?'), { calendar: week, limits: { roll: 'previous' } });
    expect(some(lastDay, '2026-01-01T00:00:00Z', 3)).toEqual([
      '2026-01-30 18:00:00',
      '2026-02-27 18:00:00',
      '2026-03-31 18:00:00',
    ]);
  });

  test('that has no day in within ten years has no instant', () => {
    const holiday = readCalendar({ name: 'all', weekly: ['MON', 'TUE', 'WED', 'THU', 'FRI'] });
    expect(given(quartz('0 0 9 ? * SUN'), { calendar: holiday }).firstFrom(at('2026-01-01T00:00:00Z'))).toBeNull();
    const never = readCalendar({ name: 'never', weekly: [] });
    for (const roll of ['skip', 'next', 'previous'] as const) {
      expect(given(quartz('0 0 9 * * ?'), { calendar: never, limits: { roll } }).firstFrom(0)).toBeNull();
    }
    const lastOnes = readCalendar({ name: 'last', weekly: [], datesIn: ['2026-11-20'] });
    const rolling = given(quartz('0 0 9 ? * SUN'), { calendar: lastOnes, limits: { roll: 'previous' } });
    expect(some(rolling, '2026-11-01T00:00:00Z', 3)).toEqual(['2026-11-20 09:00:00']);
  });

  test('stays within its window: the start is in it, the end is not', () => {
    const limits = { startAtMs: at('2026-11-20T10:00:00Z'), endAtMs: at('2026-11-20T12:00:00Z') };
    const hourly = given(quartz('0 0 * * * ?'), { limits });
    expect(some(hourly, '2026-01-01T00:00:00Z', 5)).toEqual(['2026-11-20 10:00:00', '2026-11-20 11:00:00']);
    expect(hourly.between(0, at('2027-01-01T00:00:00Z'), 1)).toEqual({
      kept: [at('2026-11-20T11:00:00Z')],
      older: { fromMs: limits.startAtMs, toMs: limits.startAtMs, count: 1 },
    });
  });

  // The reference looks at every quarter of an hour and moves its date by hand.
  test('fires as a walk through every quarter of an hour says', () => {
    const dates = fc.subarray(Array.from({ length: 40 }, (_, day) => addDays('2026-01-20', day)));
    fc.assert(
      fc.property(
        fc.constantFrom('0 0 9 * * ?', '0 15 8,20 ? * SAT', '0 0/45 7 1/3 * ?', '0 30 23 L * ?', '0 0 0 ? * SUN,WED'),
        fc.constantFrom<'skip' | 'next' | 'previous'>('skip', 'next', 'previous'),
        dates,
        dates,
        fc.integer({ min: 0, max: 6 }),
        (text, roll, out, inward, max) => {
          const calendar = readCalendar({ name: 'x', datesOut: out, datesIn: inward.filter((d) => !out.includes(d)) });
          const fromMs = at('2026-02-01T00:00:00Z') + 3_600_000 * 7;
          const toMs = at('2026-02-20T00:00:00Z') + 3_600_000 * 10;
          const expected = walk(text, calendar, roll).filter((ms) => ms >= fromMs && ms <= toMs);
          const { kept, older } = given(quartz(text), { calendar, limits: { roll } }).between(fromMs, toMs, max);
          const cut = expected.length > max ? expected.length - max : 0;
          expect(kept).toEqual(expected.slice(cut));
          expect(older).toEqual(cut === 0 ? null : { fromMs: expected[0], toMs: expected[cut - 1], count: cut });
        },
      ),
      { numRuns: 80 },
    );
  });

  test('of every second for a year is counted by the day, not by the second', () => {
    const { kept, older } = given(quartz('* * * * * ?', 'Europe/Berlin')).between(
      at('2026-01-01T00:00:30Z'),
      at('2026-12-31T23:59:59Z'),
      10_000,
    );
    expect(kept).toHaveLength(10_000);
    expect(kept.at(-1)).toBe(at('2026-12-31T23:59:59Z'));
    expect(older?.count).toBe(365 * 86_400 - 30 - 10_000);
    expect(older?.toMs).toBe((kept[0] ?? 0) - 1_000);
  });
});

function walk(text: string, calendar: Calendar, roll: 'skip' | 'next' | 'previous'): number[] {
  const expression = parseCron(text, { dialect: 'quartz' });
  const found = new Set<number>();
  const end = at('2026-03-20T00:00:00Z');
  for (let ms = at('2026-01-05T00:00:00Z'); ms < end; ms += 900_000) {
    if (!matches(expression, ms, 'UTC')) continue;
    let moved = ms;
    while (!calendar.isIn(localDate(moved, 'UTC'))) moved += roll === 'previous' ? -86_400_000 : 86_400_000;
    if (moved === ms || roll !== 'skip') found.add(moved);
  }
  return [...found].sort((a, b) => a - b);
}

describe('a fixed rate', () => {
  test('goes on from its cursor, and on days out not at all', () => {
    const rate: Schedule = { kind: 'fixed_rate', everyMs: 8 * 3_600_000 };
    const anchorMs = at('2026-11-20T09:00:00Z');
    expect(some(given(rate, { anchorMs }), '2026-01-01T00:00:00Z', 2)).toEqual([
      '2026-11-20 09:00:00',
      '2026-11-20 17:00:00',
    ]);
    const week = readCalendar({ name: 'week' });
    expect(some(given(rate, { anchorMs, calendar: week }), '2026-11-20T17:00:01Z', 2)).toEqual([
      '2026-11-23 01:00:00',
      '2026-11-23 09:00:00',
    ]);
    const limits = { startAtMs: at('2026-12-01T00:00:00Z') };
    expect(some(given(rate, { anchorMs, limits }), '2026-11-20T17:00:01Z', 1)).toEqual(['2026-12-01 00:00:00']);
  });

  test('counts what it does not list', () => {
    const { kept, older } = given({ kind: 'fixed_rate', everyMs: 50 }).between(1_000, 86_400_000 * 3, 2);
    expect(kept).toEqual([86_400_000 * 3 - 50, 86_400_000 * 3]);
    expect(older).toEqual({ fromMs: 1_000, toMs: 86_400_000 * 3 - 100, count: (86_400_000 * 3 - 1_000) / 50 - 1 });
  });
});

describe('one instant', () => {
  test('of a one-off: itself, dropped, or rolled to the millisecond', () => {
    const atMs = at('2026-10-01T08:15:30.250Z');
    const once: Schedule = { kind: 'one_off', atMs };
    expect(given(once).firstFrom(0)).toBe(atMs);
    expect(given(once).firstFrom(atMs + 1)).toBeNull();
    expect(given(once).between(0, atMs, 5)).toEqual({ kept: [atMs], older: null });
    expect(given(once, { calendar: CN }).firstFrom(0)).toBeNull();
    expect(given(once, { calendar: CN, limits: { roll: 'next' } }).firstFrom(0)).toBe(at('2026-10-08T08:15:30.250Z'));
    expect(given(once, { calendar: CN, limits: { roll: 'previous' } }).firstFrom(0)).toBe(
      at('2026-09-30T08:15:30.250Z'),
    );
  });

  test('of a delay: when it ends, or when the next day in begins', () => {
    const delay: Schedule = { kind: 'fixed_delay', delayMs: 1_000 };
    const anchorMs = at('2026-10-01T08:15:30Z');
    expect(given(delay, { anchorMs }).firstFrom(0)).toBe(anchorMs);
    expect(given(delay, { anchorMs, calendar: CN }).firstFrom(0)).toBe(at('2026-10-08T00:00:00Z'));
    expect(given(delay, { anchorMs, limits: { startAtMs: anchorMs + 5 } }).firstFrom(0)).toBe(anchorMs + 5);
  });

  test('of schedules that events drive: none', () => {
    expect(given({ kind: 'none' }).firstFrom(0)).toBeNull();
    expect(given({ kind: 'parent', jobs: ['a'], on: 'always' }).firstFrom(0)).toBeNull();
  });
});
