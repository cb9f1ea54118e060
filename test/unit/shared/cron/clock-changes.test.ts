import { describe, expect, test } from 'vitest';
import { isoInstant } from '../../../../shared/business-date.ts';
import { nextInstants, parseCron, previousBefore, transitionsBetween } from '../../../../shared/cron/cron.ts';

interface Case {
  readonly zone: string;
  readonly cron: string;
  readonly from: string;
  readonly fires: readonly string[];
}

/** The next instants as UTC, and that going back from each gives the one before. */
function expectFires({ zone, cron, from, fires }: Case): void {
  const expression = parseCron(cron, { dialect: 'quartz' });
  const found = nextInstants(expression, Date.parse(from), zone, fires.length);
  expect(found.map((ms) => isoInstant(ms).slice(0, 16))).toEqual(fires);
  for (const [index, ms] of found.entries()) {
    if (index > 0) expect(previousBefore(expression, ms, zone)).toBe(found[index - 1]);
  }
}

describe('a fixed time that the clocks skip fires once, where the gap ends', () => {
  test.each<Case>([
    {
      zone: 'America/New_York',
      cron: '0 30 2 * * ?',
      from: '2026-03-07T12:00Z',
      fires: ['2026-03-08T07:00', '2026-03-09T06:30'],
    },
    {
      zone: 'Europe/Berlin',
      cron: '0 0,20,40 2 * * ?',
      from: '2027-03-27T12:00Z',
      fires: ['2027-03-28T01:00', '2027-03-29T00:00', '2027-03-29T00:20'],
    },
    {
      // 03:00 exists and is the end of the gap as well: one instant, one fire.
      zone: 'Europe/Berlin',
      cron: '0 0 2,3 * * ?',
      from: '2027-03-27T12:00Z',
      fires: ['2027-03-28T01:00', '2027-03-29T00:00', '2027-03-29T01:00'],
    },
    {
      // Half an hour only: 02:00 becomes 02:30.
      zone: 'Australia/Lord_Howe',
      cron: '0 15 2 * * ?',
      from: '2026-10-03T00:00Z',
      fires: ['2026-10-03T15:30', '2026-10-04T15:15'],
    },
    {
      zone: 'Australia/Sydney',
      cron: '0 30 2 * * ?',
      from: '2026-10-03T00:00Z',
      fires: ['2026-10-03T16:00', '2026-10-04T15:30'],
    },
    {
      zone: 'America/Sao_Paulo',
      cron: '0 0 0 * * ?',
      from: '2018-11-03T12:00Z',
      fires: ['2018-11-04T03:00', '2018-11-05T02:00'],
    },
    {
      zone: 'Africa/Cairo',
      cron: '0 15 0 * * ?',
      from: '2026-04-23T12:00Z',
      fires: ['2026-04-23T22:00', '2026-04-24T21:15'],
    },
    {
      zone: 'Asia/Beirut',
      cron: '59 59 0 * * ?',
      from: '2026-03-28T12:00Z',
      fires: ['2026-03-28T22:00', '2026-03-29T21:59'],
    },
    {
      // The last day of the month and the year was there, the 30th was not.
      zone: 'Pacific/Apia',
      cron: '0 0 12 * * ?',
      from: '2011-12-29T12:00Z',
      fires: ['2011-12-29T22:00', '2011-12-30T10:00', '2011-12-30T22:00'],
    },
    {
      // 44 minutes and 30 seconds were left out at once.
      zone: 'Africa/Monrovia',
      cron: '0 10 0 7 1 ?',
      from: '1971-12-01T00:00Z',
      fires: ['1972-01-07T00:44', '1973-01-07T00:10'],
    },
  ])('$cron in $zone', expectFires);
});

describe('a fixed time that comes twice fires the first time only', () => {
  test.each<Case>([
    {
      zone: 'America/New_York',
      cron: '0 30 1 * * ?',
      from: '2026-10-31T12:00Z',
      fires: ['2026-11-01T05:30', '2026-11-02T06:30'],
    },
    {
      zone: 'Australia/Lord_Howe',
      cron: '0 45 1 * * ?',
      from: '2026-04-04T00:00Z',
      fires: ['2026-04-04T14:45', '2026-04-05T15:15'],
    },
    {
      zone: 'Africa/Cairo',
      cron: '0 30 23 * * ?',
      from: '2026-10-29T00:00Z',
      fires: ['2026-10-29T20:30', '2026-10-30T21:30'],
    },
    {
      // Asked in the second of the two hours.
      zone: 'America/New_York',
      cron: '0 30 1 * * ?',
      from: '2026-11-01T06:10Z',
      fires: ['2026-11-02T06:30'],
    },
  ])('$cron in $zone', expectFires);
});

describe('an interval follows real time', () => {
  test.each<Case>([
    {
      zone: 'America/New_York',
      cron: '0 */30 * * * ?',
      from: '2026-03-08T06:00Z',
      fires: ['2026-03-08T06:30', '2026-03-08T07:00', '2026-03-08T07:30'],
    },
    {
      zone: 'America/New_York',
      cron: '0 0/30 * * * ?',
      from: '2026-11-01T04:30Z',
      fires: ['2026-11-01T05:00', '2026-11-01T05:30', '2026-11-01T06:00', '2026-11-01T06:30', '2026-11-01T07:00'],
    },
    {
      // A star in the minute makes an interval of it, as in Vixie cron: the hour that is left out is left out.
      zone: 'America/New_York',
      cron: '0 */30 2 * * ?',
      from: '2026-03-07T12:00Z',
      fires: ['2026-03-09T06:00', '2026-03-09T06:30'],
    },
    {
      zone: 'America/New_York',
      cron: '0 0/30 1 * * ?',
      from: '2026-10-31T12:00Z',
      fires: ['2026-11-01T05:00', '2026-11-01T05:30', '2026-11-01T06:00', '2026-11-01T06:30', '2026-11-02T06:00'],
    },
    {
      // The next one by the calendar is a year away; the hour that comes again lies before it.
      zone: 'America/New_York',
      cron: '0 0/30 1 1 11 ?',
      from: '2026-10-31T12:00Z',
      fires: ['2026-11-01T05:00', '2026-11-01T05:30', '2026-11-01T06:00', '2026-11-01T06:30', '2027-11-01T05:00'],
    },
    {
      zone: 'America/New_York',
      cron: '0 30 0-23 * * ?',
      from: '2026-11-01T05:00Z',
      fires: ['2026-11-01T05:30', '2026-11-01T06:30', '2026-11-01T07:30'],
    },
    {
      zone: 'Australia/Lord_Howe',
      cron: '0 0/20 * * * ?',
      from: '2026-04-04T14:30Z',
      fires: ['2026-04-04T14:40', '2026-04-04T15:10', '2026-04-04T15:30'],
    },
  ])('$cron in $zone', expectFires);
});

test('going back from the second of two hours finds what was in the first, though by the calendar it is a year ago', () => {
  const expression = parseCron('0 30/29 1 1 11 ?', { dialect: 'quartz' });
  const inSecondHour = Date.parse('2026-11-01T06:10Z');
  expect(previousBefore(expression, inSecondHour, 'America/New_York')).toBe(Date.parse('2026-11-01T05:59Z'));
});

test('going back over a gap finds nothing in it', () => {
  const expression = parseCron('0 0/30 2 * * ?', { dialect: 'quartz' });
  const afterGap = Date.parse('2026-03-08T12:00Z');
  expect(previousBefore(expression, afterGap, 'America/New_York')).toBe(Date.parse('2026-03-07T07:30Z'));
});

describe('the clock changes of a zone', () => {
  test('are listed with the offsets before and after', () => {
    const changes = transitionsBetween('America/New_York', Date.parse('2026-01-01'), Date.parse('2027-01-01'));
    expect(changes).toEqual([
      { atMs: Date.parse('2026-03-08T07:00Z'), offsetBeforeMs: -18_000_000, offsetAfterMs: -14_400_000 },
      { atMs: Date.parse('2026-11-01T06:00Z'), offsetBeforeMs: -14_400_000, offsetAfterMs: -18_000_000 },
    ]);
  });

  test('are those after the start up to and with the end', () => {
    const at = Date.parse('2026-03-08T07:00Z');
    expect(transitionsBetween('America/New_York', at - 1, at)).toHaveLength(1);
    expect(transitionsBetween('America/New_York', at, at + 1)).toHaveLength(0);
  });

  test('know of a zone that left out a day, of seconds, and of none', () => {
    const day = transitionsBetween('Pacific/Apia', Date.parse('2011-12-01'), Date.parse('2012-01-01'));
    expect(day.map(({ offsetBeforeMs, offsetAfterMs }) => offsetAfterMs - offsetBeforeMs)).toEqual([86_400_000]);
    const [monrovia] = transitionsBetween('Africa/Monrovia', 0, Date.parse('2026-01-01'));
    expect(monrovia?.offsetBeforeMs).toBe(-(44 * 60 + 30) * 1000);
    expect(transitionsBetween('UTC', 0, Date.parse('2199-01-01'))).toEqual([]);
  });
});
