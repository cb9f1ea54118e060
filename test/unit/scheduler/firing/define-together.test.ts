import { expect, test } from 'vitest';
import type { JobDefinition } from '../../../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../../../scheduler/definition/read-definitions.ts';
import { newEffects } from '../../../../scheduler/effects.ts';
import { defineJob } from '../../../../scheduler/firing/define.ts';
import { defineJobs } from '../../../../scheduler/firing/define-together.ts';
import type { SqlTx } from '../../../../shared/sql/sql.ts';
import { cron, givenFiring, timedJob } from '../../../support/given-firing.ts';

const START = '2026-03-02T08:00:00.000Z';
const RATE = { kind: 'fixed_rate', everyMs: 60_000 } as const;

const FIRST: readonly JobDefinition[] = [
  timedJob(1, 'rate', { schedule: RATE }),
  timedJob(2, 'delay', { schedule: { kind: 'fixed_delay', delayMs: 5_000 } }),
  timedJob(3, 'cron', { schedule: cron('0 30 * * * ?') }),
  timedJob(4, 'once', { schedule: { kind: 'one_off', atMs: Date.parse('2026-03-02T09:00:00Z') } }),
  timedJob(5, 'too-late', { schedule: { kind: 'one_off', atMs: Date.parse('2026-03-02T07:00:00Z') } }),
  timedJob(6, 'by-hand'),
  timedJob(7, 'child', { schedule: { kind: 'parent', jobs: ['by-hand'], on: 'success' } }),
  timedJob(8, 'stopped', { schedule: RATE, enabled: false }),
  timedJob(9, 'on-business-days', { schedule: cron('0 0 9 * * ?'), limits: { calendar: 'bank' } }),
];
const TWO_HOURS = { kind: 'fixed_rate', everyMs: 7_200_000 } as const;
const SECOND: readonly JobDefinition[] = [
  timedJob(1, 'rate', { schedule: RATE, param: 'another' }),
  timedJob(2, 'delay', { schedule: { kind: 'fixed_delay', delayMs: 5_000 } }),
  timedJob(3, 'cron', { schedule: TWO_HOURS }),
  timedJob(4, 'once'),
  timedJob(5, 'too-late', {
    schedule: { kind: 'one_off', atMs: Date.parse('2026-03-02T07:00:00Z') },
    param: 'another',
  }),
  timedJob(6, 'by-hand', { schedule: RATE }),
  timedJob(7, 'the-child', { schedule: { kind: 'parent', jobs: ['rate', 'delay'], on: 'always' } }),
  timedJob(8, 'stopped', { schedule: RATE }),
  timedJob(9, 'on-business-days', { schedule: cron('0 0 9 * * ?'), limits: { calendar: 'bank' }, param: 'another' }),
  timedJob(10, 'child', { schedule: RATE }),
];

/** What stands in the tables after one list and then the other, an hour and a half later, were defined like this. */
async function storedBy(define: (tx: SqlTx, jobs: ReturnType<typeof readDefinitions>['jobs']) => Promise<unknown>) {
  const given = await givenFiring(START);
  await given.calendar({ name: 'bank' });
  for (const [at, jobs] of [
    [START, FIRST],
    ['2026-03-02T09:30:00.000Z', SECOND],
    ['2026-03-02T09:30:10.000Z', SECOND],
  ] as const) {
    given.setClock(at);
    await given.pass();
    await given.store.transaction('define', (tx) => define(tx, readDefinitions(jobs, []).jobs));
  }
  return {
    jobs: await given.rows('select id, name, version, config_hash, enabled, updated_at from s_job order by id'),
    versions: await given.rows('select * from s_job_version order by job_id, version'),
    schedules: await given.rows('select * from s_schedule order by job_id'),
    children: await given.rows('select * from s_child_job order by parent_name, child_job_id'),
    fires: await given.rows('select job_id, planned_at, state, reason from s_fire order by job_id, planned_at'),
  };
}

test('what is defined together stands in the tables as if it had been defined one by one', async () => {
  const together = await storedBy((tx, jobs) => defineJobs(tx, jobs, newEffects()));
  const oneByOne = await storedBy(async (tx, jobs) => {
    for (const job of jobs) await defineJob(tx, job, newEffects());
  });
  expect(together).toEqual(oneByOne);
  expect(together.jobs).toHaveLength(10);
  expect(together.fires.length).toBeGreaterThan(0);
});

test('a name that belongs to another job is refused, and nothing is stored', async () => {
  const given = await givenFiring(START);
  await given.define([timedJob(1, 'first', { schedule: RATE })]);
  await expect(given.define([timedJob(2, 'second'), timedJob(3, 'first')])).rejects.toThrow(
    /job "first" has id 3, but in this store the name belongs to id 1/,
  );
  expect(await given.rows('select id from s_job')).toEqual([{ id: 1 }]);
});

test('a job of which only fires are left is not planned over what was decided', async () => {
  const given = await givenFiring(START);
  await given.define([timedJob(1, 'minutely', { schedule: cron('0 * * * * ?') })]);
  await given.passUntil('2026-03-02T08:00:58.000Z');
  const planned = await given.fires();
  expect(planned).not.toHaveLength(0);
  for (const table of ['s_job', 's_schedule']) {
    await given.store.transaction('take away', (tx) => tx.run(`delete from ${table}`));
  }
  await given.define([timedJob(1, 'minutely', { schedule: cron('0 * * * * ?') })]);
  const [row] = await given.rows<{ nextAt: number }>('select next_at as nextAt from s_schedule');
  const last = Math.max(0, ...(await given.fires()).map(({ at }) => Date.parse(at)));
  expect(row === undefined || row.nextAt > last).toBe(true);
});

test('a schedule whose row is gone begins again', async () => {
  const given = await givenFiring(START);
  await given.define([timedJob(1, 'minutely', { schedule: cron('0 * * * * ?') })]);
  await given.store.transaction('take away', (tx) => tx.run('delete from s_schedule'));
  await given.define([timedJob(1, 'minutely', { schedule: cron('0 * * * * ?') })]);
  expect(await given.rows('select job_id from s_schedule')).toEqual([{ job_id: 1 }]);
});

test('a calendar that is not stored is refused, also for a job that is stopped', async () => {
  const given = await givenFiring(START);
  const stopped = timedJob(1, 'stopped', { schedule: RATE, limits: { calendar: 'nowhere' }, enabled: false });
  await expect(given.define([stopped])).rejects.toThrow(/there is no such calendar/);
});

test('a thousand jobs, new or as they were, take no more statements than a dozen each for five hundred', async () => {
  const given = await givenFiring(START);
  const { jobs } = readDefinitions(
    Array.from({ length: 1_000 }, (_, i) => timedJob(i + 1, `job-${i + 1}`, { schedule: RATE })),
    [],
  );
  const counted: number[] = [];
  for (let round = 0; round < 2; round++) {
    let statements = 0;
    await given.store.transaction('define', (tx) => {
      const counting = new Proxy(tx, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            statements += 1;
            return Reflect.apply(value, target, args);
          };
        },
      });
      return defineJobs(counting, jobs, newEffects());
    });
    counted.push(statements);
  }
  expect(Math.max(...counted)).toBeLessThanOrEqual(2 * 14);
  expect(await given.rows('select count(*) as n from s_schedule')).toEqual([{ n: 1_000 }]);
});
