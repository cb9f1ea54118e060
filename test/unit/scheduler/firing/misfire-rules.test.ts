import { describe, expect, test } from 'vitest';
import type { Misfire } from '../../../../scheduler/definition/schedule-definition.ts';
import { cron, givenFiring, timedJob } from '../../../support/given-firing.ts';

const SKIP = { policy: 'SKIP' } as const;
const ONCE = { policy: 'FIRE_ONCE' } as const;
const CATCH_UP = { policy: 'CATCH_UP', max: 3, windowMs: 600_000 } as const;
const MANY = { policy: 'CATCH_UP', max: 100, windowMs: 600_000 } as const;
const NONE = { policy: 'CATCH_UP', max: 0 } as const;

interface Rule {
  readonly misfire: Partial<Misfire>;
  /** When the scheduler is back; its last look was at 00:02:30. */
  readonly back: string;
  /** In the order in which they are run. */
  readonly runs: readonly string[];
  readonly merged?: number;
  readonly skipped?: number;
}

// A job of every minute; at 00:02:30 the scheduler goes away.
const RULES: readonly Rule[] = [
  ...[SKIP, ONCE, CATCH_UP].map((misfire) => ({ misfire, back: '20T00:03:05', runs: ['20T00:03'] })),
  { misfire: SKIP, back: '20T00:03:05.001', runs: [], skipped: 1 },
  { misfire: ONCE, back: '20T00:03:05.001', runs: ['20T00:03'] },
  { misfire: CATCH_UP, back: '20T00:03:05.001', runs: ['20T00:03'] },
  { misfire: { ...SKIP, afterMs: 0 }, back: '20T00:03:00', runs: ['20T00:03'] },
  { misfire: { ...SKIP, afterMs: 0 }, back: '20T00:03:00.001', runs: [], skipped: 1 },
  { misfire: SKIP, back: '20T00:12:30', runs: [], skipped: 10 },
  { misfire: SKIP, back: '20T00:12:03', runs: ['20T00:12'], skipped: 9 },
  { misfire: ONCE, back: '20T00:12:30', runs: ['20T00:12'], merged: 9 },
  { misfire: CATCH_UP, back: '20T00:12:30', runs: ['20T00:10', '20T00:11', '20T00:12'], skipped: 7 },
  { misfire: NONE, back: '20T00:12:30', runs: [], skipped: 10 },
  { misfire: SKIP, back: '21T00:12:30', runs: [], skipped: 1_450 },
  { misfire: ONCE, back: '21T00:12:30', runs: ['21T00:12'], merged: 1_449 },
  { misfire: CATCH_UP, back: '21T00:12:30', runs: ['21T00:10', '21T00:11', '21T00:12'], skipped: 1_447 },
  {
    misfire: MANY,
    back: '21T00:12:30',
    runs: ['03', '04', '05', '06', '07', '08', '09', '10', '11', '12'].map((minute) => `21T00:${minute}`),
    skipped: 1_440,
  },
];

describe('a job of every minute whose scheduler was away from 00:02:30 on', () => {
  test.for(RULES)('$misfire, back at $back', async ({ misfire, back, runs, merged = 0, skipped = 0 }) => {
    const given = await givenFiring('2026-11-20T00:01:30Z');
    await given.define([timedJob(1, 'import', { schedule: cron('0 * * * * ?'), misfire })]);
    await given.passUntil('2026-11-20T00:02:30Z');
    given.setClock(`2026-11-${back}Z`);
    await given.pass();
    const made = await given.rows<{ at: number }>('select planned_at as at from s_run order by id');
    expect(made.map(({ at }) => new Date(at).toISOString().slice(8, 16))).toEqual(['20T00:02', ...runs]);
    const states = (await given.fires()).filter(({ state }) => state !== 'planned').map(({ state }) => state);
    const count = (state: string) => states.filter((each) => each === state).length;
    expect([count('merged'), count('skipped'), states.length]).toEqual([
      merged,
      skipped,
      1 + runs.length + merged + skipped,
    ]);
  });

  test('merged ones name the fire that stands for them', async () => {
    const given = await givenFiring('2026-11-20T00:01:30Z');
    await given.define([timedJob(1, 'import', { schedule: cron('0 * * * * ?') })]);
    await given.passUntil('2026-11-20T00:02:30Z');
    given.setClock('2026-11-20T00:12:30Z');
    await given.pass();
    expect(
      await given.rows(`select distinct f.state, w.state as winner, w.planned_at as at from s_fire f
        join s_fire w on w.id = f.merged_into`),
    ).toEqual([{ state: 'merged', winner: 'fired', at: Date.parse('2026-11-20T00:12:00Z') }]);
  });
});

test('a one-off in sixty days, which is more than a timer can wait, fires then and not at once', async () => {
  const given = await givenFiring('2026-11-20T00:00:00Z');
  const atMs = Date.parse('2027-01-19T00:00:00Z');
  await given.define([timedJob(1, 'once', { schedule: { kind: 'one_off', atMs } })]);
  await given.passUntil('2026-11-20T00:00:05Z');
  expect(await given.fires()).toEqual([]);
  await given.passUntil('2026-11-20T00:00:06Z');
  given.setClock('2027-01-18T23:59:59Z');
  await given.pass();
  expect(await given.fires()).toMatchObject([{ state: 'planned' }]);
  given.setClock('2027-01-19T00:00:00Z');
  await given.pass();
  expect(await given.fires()).toMatchObject([{ at: '2027-01-19T00:00:00.000Z', state: 'fired' }]);
});

test('dates that not every month or year has fire in those that have them, and business dates follow the zone', async () => {
  const given = await givenFiring('2027-12-31T00:00:00Z');
  await given.define([
    timedJob(1, 'leap-day', { schedule: cron('0 0 12 29 2 ?') }),
    timedJob(2, 'month-end', { schedule: cron('0 0 23 L * ?', 'America/New_York') }),
    timedJob(3, 'the-31st', { schedule: cron('0 0 12 31 * ?') }),
  ]);
  for (let day = Date.parse('2027-12-31T00:00:00Z'); day <= Date.parse('2028-05-01T12:00:00Z'); day += 3_600_000) {
    given.setClock(new Date(day).toISOString());
    await given.pass();
  }
  const dates = async (job: number) => (await given.fires(job)).map(({ at, date }) => `${at.slice(0, 13)} ${date}`);
  expect(await dates(1)).toEqual(['2028-02-29T12 2028-02-29']);
  expect(await dates(2)).toEqual([
    '2028-01-01T04 2027-12-31',
    '2028-02-01T04 2028-01-31',
    '2028-03-01T04 2028-02-29',
    '2028-04-01T03 2028-03-31',
    '2028-05-01T03 2028-04-30',
  ]);
  expect(await dates(3)).toEqual(['2027-12-31T12 2027-12-31', '2028-01-31T12 2028-01-31', '2028-03-31T12 2028-03-31']);
});
