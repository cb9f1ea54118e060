import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isoInstant, localDate, localTime } from '../../../../shared/business-date.ts';
import {
  instantsBetween,
  matches,
  nextAfter,
  nextInstants,
  parseCron,
  previousBefore,
  transitionsBetween,
} from '../../../../shared/cron/cron.ts';
import type { CronDialect, CronExpression } from '../../../../shared/cron/cron-expression.ts';
import { anyExpression, CRON_SEED, dailyText, quartzDays, ZONES } from '../../../support/cron-arbitraries.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const quartz = (text: string): CronExpression => parseCron(text, { dialect: 'quartz' });

describe('the days on which it fires', () => {
  test.each<[what: string, dialect: CronDialect, text: string, from: string, days: string[]]>([
    [
      '1 March after a list with a day that February lacks',
      'quartz',
      '0 0 2 1,31 * ?',
      '2027-02-20',
      ['2027-03-01', '2027-03-31', '2027-04-01'],
    ],
    [
      'no month without the day',
      'quartz',
      '0 0 2 31 * ?',
      '2027-01-31T12:00Z',
      ['2027-03-31', '2027-05-31', '2027-07-31'],
    ],
    [
      '29 February in leap years only',
      'quartz',
      '0 0 2 29 2 ?',
      '2027-01-01',
      ['2028-02-29', '2032-02-29', '2036-02-29'],
    ],
    ['29 February over a century without one', 'quartz', '0 0 2 29 2 ?', '2096-03-01', ['2104-02-29']],
    ['29 February on a Sunday', 'quartz', '0 0 2 ? 2 SUN#5', '2026-01-01', ['2032-02-29', '2060-02-29']],
    [
      'the last day of each month',
      'quartz',
      '0 0 2 L * ?',
      '2028-01-15',
      ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30'],
    ],
    ['days before the last', 'quartz', '0 0 2 L-3 * ?', '2027-02-01', ['2027-02-25', '2027-03-28', '2027-04-27']],
    [
      'the first, counted from the end, in months of 31 days',
      'quartz',
      '0 0 2 L-30 * ?',
      '2027-02-02',
      ['2027-03-01', '2027-05-01', '2027-07-01'],
    ],
    [
      'L-29 in a leap February not, in April yes',
      'quartz',
      '0 0 2 L-29 2-4 ?',
      '2028-02-01',
      ['2028-03-02', '2028-04-01'],
    ],
    ['the last workday', 'quartz', '0 0 2 LW * ?', '2027-01-01', ['2027-01-29', '2027-02-26', '2027-03-31']],
    [
      'the last workday of a leap February that ends on Saturday',
      'quartz',
      '0 0 2 LW 2 ?',
      '2048-01-01',
      ['2048-02-28'],
    ],
    [
      'a Saturday 15th goes back, a Sunday 15th on',
      'quartz',
      '0 0 2 15W 5-8 ?',
      '2027-05-01',
      ['2027-05-14', '2027-06-15', '2027-07-15', '2027-08-16'],
    ],
    ['a Saturday 1st goes on, for before it is another month', 'quartz', '0 0 2 1W 5 ?', '2027-04-01', ['2027-05-03']],
    ['a Sunday last goes back two days', 'quartz', '0 0 2 31W 1 ?', '2027-01-01', ['2027-01-29']],
    [
      '29W of February in leap years only',
      'quartz',
      '0 0 2 29W 2 ?',
      '2027-01-01',
      ['2028-02-29', '2032-02-27', '2036-02-29'],
    ],
    [
      '31W skips months without a 31st',
      'quartz',
      '0 0 2 31W * ?',
      '2027-02-01',
      ['2027-03-31', '2027-05-31', '2027-07-30'],
    ],
    [
      'the workday nearest to a day before the last',
      'quartz',
      '0 0 2 L-1W 1-3 ?',
      '2027-01-01',
      ['2027-01-29', '2027-02-26', '2027-03-30'],
    ],
    [
      'W and L beside plain days',
      'quartz',
      '0 0 2 15W,L,3 2 ?',
      '2027-01-01',
      ['2027-02-03', '2027-02-15', '2027-02-28'],
    ],
    ['the last Friday', 'quartz', '0 0 2 ? * 6L', '2027-01-01', ['2027-01-29', '2027-02-26', '2027-03-26']],
    ['the third Friday', 'quartz', '0 0 2 ? * 6#3', '2027-01-01', ['2027-01-15', '2027-02-19', '2027-03-19']],
    [
      'a fifth Monday in months that have one',
      'quartz',
      '0 0 2 ? * MON#5',
      '2027-01-01',
      ['2027-03-29', '2027-05-31', '2027-08-30'],
    ],
    ['L among weekdays is Saturday', 'quartz', '0 0 2 ? * L', '2027-01-01', ['2027-01-02', '2027-01-09']],
    [
      'weekdays over the end of the week',
      'quartz',
      '0 0 2 ? * SAT-SUN',
      '2027-01-01',
      ['2027-01-02', '2027-01-03', '2027-01-09'],
    ],
    [
      'the month after one that ended on the day asked from',
      'quartz',
      '0 0 2 L 1,9 ?',
      '2084-08-31',
      ['2084-09-30', '2085-01-31'],
    ],
    ['years', 'quartz', '0 0 2 1 1 ? 2027/2', '2027-06-01', ['2029-01-01', '2031-01-01']],
    [
      'the last instant of a year and the first of the next',
      'quartz',
      '0 0 2 31,1 12,1 ?',
      '2027-12-30',
      ['2027-12-31', '2028-01-01', '2028-01-31'],
    ],
    ['either day field in unix', 'unix', '0 2 13 * 5', '2027-08-01', ['2027-08-06', '2027-08-13', '2027-08-20']],
    [
      'both day fields in unix when one is a star',
      'unix',
      '0 2 */2 * 1',
      '2027-08-01',
      ['2027-08-09', '2027-08-23', '2027-09-13'],
    ],
  ])('%s: %s %s', (_, dialect, text, from, days) => {
    const expression = parseCron(text, { dialect });
    const found = nextInstants(expression, Date.parse(from), 'UTC', days.length);
    expect(found.map((ms) => isoInstant(ms))).toEqual(days.map((day) => `${day}T02:00:00.000Z`));
  });

  test('hours over midnight belong to the date on which they are', () => {
    const found = nextInstants(quartz('0 0 22-2 ? * FRI'), Date.parse('2027-01-01T01:30Z'), 'UTC', 5);
    const times = ['2027-01-01T02', '2027-01-01T22', '2027-01-01T23', '2027-01-08T00', '2027-01-08T01'];
    expect(found.map((ms) => isoInstant(ms).slice(0, 13))).toEqual(times);
  });
});

describe('an expression that never fires, or no more', () => {
  test.each([
    '0 0 0 30 2 ?',
    '0 0/5 * 31 4 ?',
    '* * * 30W 2 ?',
    '0 0 0 29 2 ? 2100',
    '0 0 2 L-29 2 ?',
    '0 0 2 ? 2 MON#5 2027',
  ])('%s gives null both ways', (text) => {
    for (const zone of ['UTC', 'Europe/Berlin', 'Africa/Casablanca']) {
      expect(nextAfter(quartz(text), Date.parse('2027-01-01'), zone)).toBeNull();
      expect(previousBefore(quartz(text), Date.parse('2027-01-01'), zone)).toBeNull();
      expect(nextInstants(quartz(text), 0, zone, 3)).toEqual([]);
    }
  });

  test.each(['0 0 2 * * ?', '0 0/5 * * * ?'])('%s ends with the year 2199 and begins with 1970', (text) => {
    for (const zone of ['UTC', 'America/New_York', 'Pacific/Kiritimati']) {
      const last = previousBefore(quartz(text), Number.MAX_SAFE_INTEGER, zone) as number;
      expect(Math.abs(last - Date.UTC(2200, 0, 1))).toBeLessThan(2 * DAY_MS);
      expect(nextAfter(quartz(text), last, zone)).toBeNull();
      const first = nextAfter(quartz(text), -Number.MAX_SAFE_INTEGER, zone) as number;
      expect(Math.abs(first)).toBeLessThan(2 * DAY_MS);
      expect(previousBefore(quartz(text), first, zone)).toBeNull();
      expect(nextAfter(quartz(text), -Number.MAX_VALUE, zone)).toBe(first);
      expect(previousBefore(quartz(text), Number.MAX_VALUE, zone)).toBe(last);
      expect(nextAfter(quartz(text), Number.MAX_VALUE, zone)).toBeNull();
      expect(previousBefore(quartz(text), -Number.MAX_VALUE, zone)).toBeNull();
    }
  });

  test('a year far ahead is found and is the only one', () => {
    for (const text of ['0 0 2 1 6 ? 2198', '0 0/30 2 1 6 ? 2198']) {
      const found = nextAfter(quartz(text), 0, 'Europe/Berlin');
      expect(found).toBe(Date.parse('2198-06-01T00:00Z'));
      expect(previousBefore(quartz(text), Number.MAX_SAFE_INTEGER, 'Europe/Berlin')).toBe(
        text.includes('/') ? Date.parse('2198-06-01T00:30Z') : found,
      );
    }
  });
});

describe('the borders of asking', () => {
  const daily = quartz('0 0 2 * * ?');
  const fire = Date.parse('2027-01-01T02:00Z');

  test('next is strictly after and previous strictly before, to the millisecond', () => {
    expect(nextAfter(daily, fire - 1, 'UTC')).toBe(fire);
    expect(nextAfter(daily, fire, 'UTC')).toBe(fire + DAY_MS);
    expect(previousBefore(daily, fire + 1, 'UTC')).toBe(fire);
    expect(previousBefore(daily, fire, 'UTC')).toBe(fire - DAY_MS);
    expect(nextAfter(daily, fire - 0.5, 'UTC')).toBe(fire);
  });

  test('between: after the start, up to and with the end, at most so many', () => {
    expect(instantsBetween(daily, fire, fire + 2 * DAY_MS, 'UTC', 10)).toEqual([fire + DAY_MS, fire + 2 * DAY_MS]);
    expect(instantsBetween(daily, fire, fire + 9 * DAY_MS, 'UTC', 1)).toEqual([fire + DAY_MS]);
    expect(instantsBetween(daily, fire, fire - 1, 'UTC', 10)).toEqual([]);
    expect(instantsBetween(daily, fire, fire + DAY_MS, 'UTC', 0)).toEqual([]);
  });

  test('matches looks at the whole second', () => {
    expect(matches(daily, fire + 999, 'UTC')).toBe(true);
    expect(matches(daily, fire - 1, 'UTC')).toBe(false);
    expect(matches(daily, fire - 8 * HOUR_MS, 'Asia/Shanghai')).toBe(true);
  });

  test('what is no instant is refused', () => {
    for (const at of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => nextAfter(daily, at, 'UTC')).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
      expect(() => previousBefore(daily, at, 'UTC')).toThrow('no instant');
      expect(() => matches(daily, at, 'UTC')).toThrow('no instant');
    }
  });
});

const anyZone = fc.constantFrom(...ZONES);
const anyInstant = fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2100, 0, 1) });

/** Fires by definition, second by second: an interval when it matches, a time of day when clocks first reach it. */
function fireByCounting(expression: CronExpression, fromMs: number, toMs: number, zone: string): number[] {
  if (!expression.hasFixedTime) {
    return seconds(fromMs, toMs).filter((ms) => matches(expression, ms, zone));
  }
  const changes = transitionsBetween(zone, fromMs, toMs);
  let offset = Date.parse(`${localDate(fromMs, zone)}T${localTime(fromMs, zone)}Z`) - fromMs;
  let reached = fromMs - 1000 + offset;
  return seconds(fromMs, toMs).filter((ms) => {
    offset = changes.find(({ atMs }) => atMs === ms)?.offsetAfterMs ?? offset;
    const shown = ms + offset;
    const from = reached + 1000;
    reached = Math.max(reached, shown);
    return seconds(from, shown + 1000).some((wall) => matches(expression, wall, 'UTC'));
  });
}

/** The fires before `beforeMs` and not before `untilMs`, found from the last to the first, in ascending order. */
function goingBack(expression: CronExpression, beforeMs: number, untilMs: number, zone: string): number[] {
  const back: number[] = [];
  let at = previousBefore(expression, beforeMs, zone);
  for (; at !== null && at >= untilMs; at = previousBefore(expression, at, zone)) back.push(at);
  return back.reverse();
}

const seconds = (fromMs: number, toMs: number): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((toMs - fromMs) / 1000)) }, (_, index) => fromMs + index * 1000);

describe('by counting', () => {
  test('second by second around clock changes, forwards and backwards', () => {
    const changing = ZONES.map((zone) => ({
      zone,
      changes: transitionsBetween(zone, Date.UTC(1970, 1, 1), Date.UTC(2040, 0, 1)),
    })).filter(({ changes }) => changes.length > 0);
    fc.assert(
      fc.property(fc.constantFrom(...changing), fc.nat(), dailyText, ({ zone, changes }, pick, text) => {
        const { atMs } = changes[pick % changes.length] as { atMs: number };
        const expression = quartz(text);
        const [from, to] = [atMs - 1.25 * HOUR_MS, atMs + 1.25 * HOUR_MS];
        const counted = fireByCounting(expression, from, to, zone);
        expect(instantsBetween(expression, from - 1, to - 1, zone, 20_000)).toEqual(counted);
        expect(goingBack(expression, to, from, zone)).toEqual(counted);
      }),
      { seed: CRON_SEED, numRuns: 150 },
    );
  });

  test('second by second anywhere', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, dailyText, (zone, at, text) => {
        const from = Math.floor(at / 1000) * 1000;
        const expression = quartz(text);
        expect(instantsBetween(expression, from - 1, from + HOUR_MS - 1, zone, 4000)).toEqual(
          fireByCounting(expression, from, from + HOUR_MS, zone),
        );
      }),
      { seed: CRON_SEED, numRuns: 40 },
    );
  });

  test('day by day over thirty years, forwards and backwards', () => {
    const from = Date.UTC(2000, 0, 1);
    const days = Array.from({ length: 10_957 }, (_, index) => from + index * DAY_MS);
    fc.assert(
      fc.property(quartzDays, fc.constantFrom('*', '2', '2,4', 'JAN-MAR', '1/3'), ([dates, weekdays], months) => {
        const expression = quartz(`0 0 0 ${dates} ${months} ${weekdays}`);
        const counted = days.filter((ms) => matches(expression, ms, 'UTC'));
        const end = days.at(-1) as number;
        expect(instantsBetween(expression, from - 1, end, 'UTC', 20_000)).toEqual(counted);
        expect(goingBack(expression, end + 1, from, 'UTC')).toEqual(counted);
      }),
      { seed: CRON_SEED, numRuns: 100 },
    );
  });
});

describe('next and previous', () => {
  const assertFrom = (property: (expression: CronExpression, at: number, zone: string) => void): void => {
    fc.assert(fc.property(anyExpression, anyInstant, anyZone, property), { seed: CRON_SEED, numRuns: 1000 });
  };

  test('are inverse', () => {
    assertFrom((expression, at, zone) => {
      const next = nextAfter(expression, at, zone);
      const previous = previousBefore(expression, at, zone);
      if (next !== null) {
        const before = previousBefore(expression, next, zone);
        expect(before === null || before <= at).toBe(true);
        if (before !== null) expect(nextAfter(expression, before, zone)).toBe(next);
      }
      if (previous !== null) {
        const after = nextAfter(expression, previous, zone);
        expect(after === null || after >= at).toBe(true);
        if (after !== null) expect(previousBefore(expression, after, zone)).toBe(previous);
      }
    });
  });

  test('go on strictly, in whole seconds, and stay where they are for every instant between', () => {
    assertFrom((expression, at, zone) => {
      const [first, second] = nextInstants(expression, at, zone, 2);
      if (first === undefined) return;
      expect(first).toBeGreaterThan(at);
      expect(first % 1000).toBe(0);
      expect(nextAfter(expression, first - 1, zone)).toBe(first);
      if (second === undefined) return;
      expect(second).toBeGreaterThan(first);
      expect(nextAfter(expression, Math.floor((first + second) / 2), zone)).toBe(second);
      expect(previousBefore(expression, Math.ceil((first + second) / 2), zone)).toBe(first);
    });
  });

  test('never give an instant that does not match, except a fixed time at the end of a gap', () => {
    assertFrom((expression, at, zone) => {
      for (const found of [nextAfter(expression, at, zone), previousBefore(expression, at, zone)]) {
        if (found === null || matches(expression, found, zone)) continue;
        const [change] = transitionsBetween(zone, found - 1, found);
        expect(expression.hasFixedTime).toBe(true);
        expect(change?.offsetAfterMs).toBeGreaterThan(change?.offsetBeforeMs ?? Number.POSITIVE_INFINITY);
      }
    });
  });
});
