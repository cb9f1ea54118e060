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
