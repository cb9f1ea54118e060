import { expect, test } from 'vitest';
import { isFollowed } from '../../../../scheduler/firing/fire-children.ts';
import { triggerJob } from '../../../../scheduler/firing/trigger-job.ts';
import { givenFiring, timedJob } from '../../../support/given-firing.ts';

test.each([
  ['succeeded', ['success', 'always']],
  ['failed', ['failure', 'always']],
  ['timed_out', ['failure', 'always']],
  ['cancelled', ['always']],
  ['discarded', ['always']],
  ['running', []],
  ['dispatched', []],
] as const)('after a run that is %s fire those that wait for %j', (state, followed) => {
  expect((['success', 'failure', 'always'] as const).filter((on) => isFollowed(state, on))).toEqual(followed);
});

const family = [
  timedJob(1, 'parent'),
  timedJob(2, 'after-success', { schedule: { kind: 'parent', jobs: ['parent'], on: 'success' } }),
  timedJob(3, 'after-failure', { schedule: { kind: 'parent', jobs: ['parent'], on: 'failure' } }),
  timedJob(4, 'after-all', { schedule: { kind: 'parent', jobs: ['parent', 'after-success'], on: 'always' } }),
];

test('each child fires once per run of its parent, with its business date, and says whose child it is', async () => {
  const given = await givenFiring('2026-11-20T00:00:00Z');
  await given.executor();
  await given.define(family);
  await triggerJob(given.ctx, { job: 'parent', businessDate: '2026-11-19', requestId: 'one' });
  await given.work();
  await given.pass();
  await given.pass();
  expect((await given.fires()).map(({ state, date, origin }) => [origin, state, date])).toEqual([
    ['manual', 'fired', '2026-11-19'],
    ['parent', 'fired', '2026-11-19'],
    ['parent', 'fired', '2026-11-19'],
  ]);
  expect(await given.rows('select parent_run_id as parent, edge, because from s_child_link order by edge')).toEqual([
    { parent: 1, edge: 'parent>after-all', because: 'parent succeeded' },
    { parent: 1, edge: 'parent>after-success', because: 'parent succeeded' },
  ]);
  // The grandchild comes of a run of its own.
  await given.work();
  await given.pass();
  expect(await given.fires(4)).toHaveLength(2);
});

test('a failed parent fires its failure children and those that always fire, with the parent in one commit', async () => {
  const given = await givenFiring('2026-11-20T00:00:00Z');
  await given.executor();
  await given.define(family);
  await triggerJob(given.ctx, { job: 'parent', businessDate: '2026-11-20', requestId: 'one' });
  await given.work(500);
  // Written where the parent ended: no pass has been.
  expect(await given.rows("select job_id as job from s_fire where origin = 'parent' order by job_id")).toEqual([
    { job: 3 },
    { job: 4 },
  ]);
});

test('a job that names another parent, or is stopped, fires after the old one no more', async () => {
  const given = await givenFiring('2026-11-20T00:00:00Z');
  await given.executor();
  await given.define(family);
  await given.define([
    family[0] ?? timedJob(1, 'parent'),
    timedJob(2, 'after-success', { schedule: { kind: 'none' } }),
    timedJob(3, 'after-failure'),
    timedJob(4, 'after-all', { schedule: { kind: 'parent', jobs: ['parent'], on: 'always' }, enabled: false }),
  ]);
  await triggerJob(given.ctx, { job: 'parent', businessDate: '2026-11-20', requestId: 'one' });
  await given.work();
  await given.pass();
  expect(await given.fires()).toHaveLength(1);
});
