import { expect, test } from 'vitest';
import { fireDueJobs } from '../../../../scheduler/firing/fire-due-jobs.ts';
import { planFires } from '../../../../scheduler/firing/plan-fires.ts';
import type { SqlStore } from '../../../../shared/sql/sql.ts';
import { givenFiring, timedJob } from '../../../support/given-firing.ts';

const AT = Date.parse('2026-03-02T08:00:03.000Z');

test('definitions of many that are due within a second are read before, and an edit up to then still counts', async () => {
  const given = await givenFiring('2026-03-02T08:00:00.000Z');
  await given.executor();
  const jobs = (param: string) =>
    Array.from({ length: 501 }, (_, n) =>
      timedJob(n + 1, `ahead-${n + 1}`, { schedule: { kind: 'one_off', atMs: AT }, param }),
    );
  await given.define(jobs('before'));
  const reads: string[] = [];
  const store: SqlStore = {
    ...given.store,
    read: (name, body) => {
      reads.push(name);
      return given.store.read(name, body);
    },
  };
  const pass = () => fireDueJobs({ ...given.ctx, store });
  await pass();
  expect(reads).not.toContain('read-ahead');
  given.setClock('2026-03-02T08:00:02.500Z');
  await planFires(given.ctx);
  await pass();
  expect(reads).toContain('read-ahead');
  await given.define(jobs('after'));
  given.setClock('2026-03-02T08:00:03.000Z');
  await pass();
  const params = await given.rows('select param, count(*) as n from s_run group by param');
  expect(params).toEqual([{ param: 'after', n: 501 }]);
});

test('what cannot be read ahead keeps no pass from saying when the next fire is due', async () => {
  const given = await givenFiring('2026-03-02T08:00:00.000Z');
  const schedule = { kind: 'one_off', atMs: AT } as const;
  await given.define(Array.from({ length: 501 }, (_, n) => timedJob(n + 1, `ahead-${n + 1}`, { schedule })));
  given.setClock('2026-03-02T08:00:02.500Z');
  await planFires(given.ctx);
  const store: SqlStore = {
    ...given.store,
    read: (name, body) =>
      name === 'read-ahead' ? Promise.reject(new Error('a version is broken')) : given.store.read(name, body),
  };
  expect(await fireDueJobs({ ...given.ctx, store })).toEqual({ wakeInMs: 500 });
});

test('few that are due are not read ahead', async () => {
  const given = await givenFiring('2026-03-02T08:00:00.000Z');
  await given.define([timedJob(1, 'lone', { schedule: { kind: 'one_off', atMs: AT } })]);
  const reads: string[] = [];
  const store: SqlStore = {
    ...given.store,
    read: (name, body) => {
      reads.push(name);
      return given.store.read(name, body);
    },
  };
  given.setClock('2026-03-02T08:00:02.500Z');
  await planFires(given.ctx);
  await fireDueJobs({ ...given.ctx, store });
  expect(reads).toEqual(['list-planned-fires']);
});
