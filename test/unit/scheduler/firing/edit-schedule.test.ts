import { describe, expect, test } from 'vitest';
import { storeCalendar } from '../../../../scheduler/calendar/store-calendar.ts';
import { watchCalendarYears } from '../../../../scheduler/calendar/watch-calendar-years.ts';
import type { JobDefinition } from '../../../../scheduler/definition/job-definition.ts';
import { cron, type GivenFiring, givenFiring, timedJob } from '../../../support/given-firing.ts';

const seen = async (given: GivenFiring) => (await given.fires()).map(({ at, state }) => `${at.slice(11, 19)} ${state}`);
const job = (text: string, more: Partial<JobDefinition> = {}) => [
  timedJob(1, 'import', { schedule: cron(text), ...more }),
];

describe('an edit', () => {
  test('takes back what was planned for later, and decides by the old version what is past', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define(job('0 * * * * ?'));
    given.setClock('2026-11-20T00:00:58Z');
    await given.pass();
    expect(await seen(given)).toEqual(['00:01:00 planned']);
    await given.define(job('30 * * * * ?'));
    await given.passUntil('2026-11-20T00:01:31Z');
    expect(await seen(given)).toEqual(['00:01:30 fired']);
    // Three instants of it are missed, then it is edited: they have their verdicts by the policy of before.
    given.setClock('2026-11-20T00:04:40Z');
    await given.define(job('0/15 * * * * ?', { misfire: { policy: 'SKIP' } }));
    await given.passUntil('2026-11-20T00:05:01Z');
    expect(await seen(given)).toEqual([
      '00:01:30 fired',
      '00:02:30 merged',
      '00:03:30 merged',
      '00:04:30 fired',
      '00:04:45 fired',
      '00:05:00 fired',
    ]);
  });

  test('of anything else moves no cursor: a rate keeps its beat, and its next run has the new version', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    const rate = (param: string) => [
      timedJob(1, 'sweep', { schedule: { kind: 'fixed_rate', everyMs: 10_000 }, param }),
    ];
    await given.define(rate('old'));
    await given.passUntil('2026-11-20T00:00:19Z');
    await given.define(rate('new'));
    await given.passUntil('2026-11-20T00:00:21Z');
    expect(await seen(given)).toEqual(['00:00:10 fired', '00:00:20 fired']);
    expect(await given.rows('select param from s_run order by id')).toEqual([{ param: 'old' }, { param: 'new' }]);
  });

  test('that changes no instant, and a restart, leave the last instant before the end of a rate where it is', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    const limits = { endAtMs: Date.parse('2026-11-20T00:00:25Z') };
    const rate = [timedJob(1, 'sweep', { schedule: { kind: 'fixed_rate', everyMs: 10_000 }, limits })];
    await given.define(rate);
    await given.passUntil('2026-11-20T00:00:18Z');
    // With its last instant planned the schedule has come to its end; the instant is still to come.
    expect(await given.rows('select * from s_schedule')).toEqual([]);
    await given.define(rate);
    await given.define(rate.map((each) => ({ ...each, param: 'new' })));
    await given.passUntil('2026-11-20T00:00:40Z');
    expect(await seen(given)).toEqual(['00:00:10 fired', '00:00:20 fired']);
  });

  test('that stops a job skips its last instant too', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    const once = (enabled: boolean) => [
      timedJob(1, 'once', { schedule: { kind: 'one_off', atMs: Date.parse('2026-11-20T00:00:01Z') }, enabled }),
    ];
    await given.define(once(true));
    await given.pass();
    await given.define(once(false));
    await given.passUntil('2026-11-20T00:00:03Z');
    expect(await seen(given)).toEqual(['00:00:01 skipped']);
  });

  test('that stops a job skips what was planned; started again, it begins then and catches nothing up', async () => {
    const given = await givenFiring('2026-11-20T00:00:58Z');
    await given.define(job('0 * * * * ?'));
    await given.pass();
    await given.define(job('0 * * * * ?', { enabled: false }));
    expect(await given.fires()).toMatchObject([
      { state: 'skipped', reason: 'it was stopped before this instant was due' },
    ]);
    expect(await given.rows('select * from s_schedule')).toEqual([]);
    await given.passUntil('2026-11-20T00:01:05Z');
    given.setClock('2026-11-20T00:30:30Z');
    await given.define(job('0 * * * * ?'));
    await given.passUntil('2026-11-20T00:31:05Z');
    expect(await seen(given)).toEqual(['00:01:00 skipped', '00:31:00 fired']);
  });

  test('after the clock has gone back begins later than every instant that was decided', async () => {
    const given = await givenFiring('2026-11-20T00:00:30Z');
    await given.define(job('0 * * * * ?'));
    await given.passUntil('2026-11-20T00:02:05Z');
    given.setClock('2026-11-20T00:00:30Z');
    await given.define(job('0 0/1 * * * ?'));
    expect(await given.rows('select next_at as next from s_schedule')).toEqual([
      { next: Date.parse('2026-11-20T00:03:00Z') },
    ]);
    await given.passUntil('2026-11-20T00:03:05Z');
    expect(await seen(given)).toEqual(['00:01:00 fired', '00:02:00 fired', '00:03:00 fired']);
  });
});

describe('a calendar', () => {
  const week = { name: 'cn', datesOut: ['2026-11-23'] };
  const daily = job('0 0 9 * * ?', { limits: { calendar: 'cn' }, businessDate: { offsetDays: -1 } });

  test('that a job names has to be there', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await expect(given.define(daily)).rejects.toThrow('limits.calendar names "cn", but there is no such calendar');
  });

  test('decides when it fires, and counts its business date; each fire keeps its version', async () => {
    const given = await givenFiring('2026-11-20T10:00:00Z');
    await given.calendar(week);
    await given.define(daily);
    expect(await given.api.nextFires({ job: 'import' }, 2)).toEqual([
      { plannedAtMs: Date.parse('2026-11-24T09:00:00Z'), businessDate: '2026-11-20' },
      { plannedAtMs: Date.parse('2026-11-25T09:00:00Z'), businessDate: '2026-11-24' },
    ]);
    // It is Monday after all: what is not due follows the new version.
    expect(await storeCalendar(given.ctx, { name: 'cn' })).toEqual({ version: 2, changed: true });
    expect(await storeCalendar(given.ctx, { name: 'cn' })).toEqual({ version: 2, changed: false });
    given.setClock('2026-11-23T08:59:58Z');
    await given.passUntil('2026-11-23T09:00:01Z');
    expect(await given.rows('select calendar_version as version, business_date as date from s_fire')).toEqual([
      { version: 2, date: '2026-11-20' },
    ]);
  });

  test('that loses a day takes back what was planned for it', async () => {
    const given = await givenFiring('2026-11-24T08:59:58Z');
    await given.calendar(week);
    await given.define(daily);
    await given.pass();
    expect(await seen(given)).toEqual(['09:00:00 planned']);
    await given.calendar({ ...week, datesOut: ['2026-11-24'] });
    await given.passUntil('2026-11-24T09:00:05Z');
    expect(await seen(given)).toEqual([]);
  });

  test('keeps the beat of a rate when it changes', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.calendar(week);
    await given.define([
      timedJob(1, 'sweep', { schedule: { kind: 'fixed_rate', everyMs: 10_000 }, limits: { calendar: 'cn' } }),
    ]);
    await given.passUntil('2026-11-20T00:00:13Z');
    await given.calendar({ name: 'cn' });
    await given.passUntil('2026-11-20T00:00:21Z');
    expect(await seen(given)).toEqual(['00:00:10 fired', '00:00:20 fired']);
  });

  test('without the dates of a year that is 60 days away is told once, and closed when they are there', async () => {
    const given = await givenFiring('2026-10-31T00:00:00Z');
    await given.calendar(week);
    await given.define(daily);
    await watchCalendarYears(given.ctx);
    expect(await given.rows('select kind from s_alarm')).toEqual([]);
    given.setClock('2026-11-03T00:00:00Z');
    await watchCalendarYears(given.ctx);
    await watchCalendarYears(given.ctx);
    const open = `select kind, subject_id as id, times, closed_at is null as open from s_alarm`;
    expect(await given.rows(open)).toEqual([{ kind: 'CALENDAR_YEAR_MISSING', id: 'cn:2027', times: 1, open: 1 }]);
    await given.calendar({ ...week, years: [2026, 2027] });
    expect(await given.rows(open)).toEqual([{ kind: 'CALENDAR_YEAR_MISSING', id: 'cn:2027', times: 1, open: 0 }]);
  });

  test("that no schedule goes by is nobody's matter", async () => {
    const given = await givenFiring('2028-01-01T00:00:00Z');
    await given.calendar(week);
    await watchCalendarYears(given.ctx);
    expect(await given.rows('select kind from s_alarm')).toEqual([]);
  });
});

describe('a chain with a schedule', () => {
  const chain = (cutOff: object) => [
    { name: 'night', nodes: ['import'], edges: [], schedule: cron('0 0 22 * * ?', 'Europe/Berlin'), cutOff } as never,
  ];

  test('makes a chain run with its cut-off, on the day of the clock change too', async () => {
    const given = await givenFiring('2026-10-24T19:59:50Z');
    await given.define([timedJob(1, 'import')], chain({ kind: 'time', time: '06:00', zone: 'Europe/Berlin' }));
    await given.passUntil('2026-10-24T20:00:05Z');
    expect(
      await given.rows('select business_date as date, cut_off_at as cutOff, fire_id as fire from s_chain_run'),
    ).toEqual([{ date: '2026-10-24', cutOff: Date.parse('2026-10-25T05:00:00Z'), fire: 1 }]);
    expect(await given.rows('select job_id as job from s_run')).toEqual([{ job: 1 }]);
  });

  test('is not started past its cut-off: a person decides', async () => {
    const given = await givenFiring('2026-11-20T20:00:00Z');
    await given.define([timedJob(1, 'import')], chain({ kind: 'after', afterMs: 3_600_000 }));
    given.setClock('2026-11-20T22:30:00Z');
    await given.pass();
    expect(await given.fires()).toMatchObject([{ state: 'held' }]);
    expect((await given.fires())[0]?.reason).toContain('its cut-off 2026-11-20T22:00:00.000Z has passed');
    expect(await given.rows('select kind, subject_kind as what from s_alarm')).toEqual([
      { kind: 'FIRE_HELD', what: 'chain' },
    ]);
    await given.api.decideHeldFire({ fireId: 1, decision: 'fire', by: 'ana', reason: 'better late' });
    expect(await given.rows('select state from s_chain_run')).toEqual([{ state: 'running' }]);
  });
});

describe('nextFires', () => {
  test('of a rate are on its beat, also those that are planned already', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define([timedJob(1, 'sweep', { schedule: { kind: 'fixed_rate', everyMs: 1_000 } })]);
    given.setClock('2026-11-20T00:00:00.500Z');
    await given.pass();
    const next = await given.api.nextFires({ job: 'sweep' }, 3);
    expect(next.map(({ plannedAtMs }) => new Date(plannedAtMs).toISOString().slice(17, 23))).toEqual([
      '01.000',
      '02.000',
      '03.000',
    ]);
  });

  test('of what does not fire by itself are none, and of nothing is refused', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define([timedJob(1, 'import')]);
    expect(await given.api.nextFires({ job: 'import' }, 3)).toEqual([]);
    await expect(given.api.nextFires({ job: 'x' }, 3)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(given.api.nextFires({ chain: 'x' }, 3)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(given.api.nextFires({ job: 'import' }, 0)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});
