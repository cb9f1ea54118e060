import { describe, expect, test } from 'vitest';
import { triggerJob } from '../../../../scheduler/firing/trigger-job.ts';
import { killRun } from '../../../../scheduler/run/kill-run.ts';
import { givenRuns, only } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

const parent = { route: 'ROUND', retry: { count: 1 } } as const;
const after = (on: 'success' | 'failure' | 'always') =>
  ({ schedule: { kind: 'parent', jobs: ['parent'], on } }) as const;
const FAMILY = [
  job(1, 'parent', parent),
  job(2, 'on-success', after('success')),
  job(3, 'on-failure', after('failure')),
  job(4, 'on-any', after('always')),
];

describe('the end of a run outside a chain is known to its children', () => {
  async function given() {
    const runs = await givenRuns(FAMILY);
    const runId = await runs.trigger('parent');
    const children = async () => {
      const rows = await runs.store.read('children', (db) =>
        db.all<{ jobId: number }>(`select job_id as jobId from s_fire where origin = 'parent' order by job_id`),
      );
      return rows.map((row) => row.jobId);
    };
    return { ...runs, runId, children };
  }

  test('when it has succeeded', async () => {
    const { dispatch, report, children } = await given();
    await report(only(await dispatch()));
    expect(await children()).toEqual([2, 4]);
  });

  test('when the last try has failed, and not before', async () => {
    const { dispatch, report, children, runtime } = await given();
    await report(only(await dispatch()), 500);
    expect(await children()).toEqual([]);
    await runtime.advance(1_000);
    await report(only(await dispatch()), 500);
    expect(await children()).toEqual([3, 4]);
  });

  test('when it was killed', async () => {
    const { ctx, runId, children } = await given();
    await killRun(ctx, runId, { by: 'ann', reason: 'wrong' });
    expect(await children()).toEqual([4]);
  });
});

describe('people hear of a job whose runs fail', () => {
  const alarms = async (given: Awaited<ReturnType<typeof givenRuns>>) =>
    given.store.read('alarms', (db) =>
      db.all<{ kind: string; times: number; closed: number }>(
        `select kind, times, case when closed_at is null then 0 else 1 end as closed from s_alarm order by id`,
      ),
    );

  test('once the last try has failed: one alarm, counted, until a run succeeds', async () => {
    const given = await givenRuns([job(1, 'once', { route: 'ROUND', retry: { count: 1 } })]);
    for (const requestId of ['a', 'b']) {
      await given.trigger('once', requestId);
      await given.report(only(await given.dispatch()), 500);
      expect(await alarms(given)).toHaveLength(requestId === 'a' ? 0 : 1);
      await given.runtime.advance(1_000);
      await given.report(only(await given.dispatch()), 500);
    }
    expect(await alarms(given)).toEqual([{ kind: 'RUN_FAILED', times: 2, closed: 0 }]);
    await given.trigger('once', 'c');
    await given.report(only(await given.dispatch()));
    expect(await alarms(given)).toEqual([{ kind: 'RUN_FAILED', times: 2, closed: 1 }]);
  });
});

describe('a run that was triggered by hand', () => {
  const JOB = job(1, 'work', { route: 'ROUND', param: 'own {businessDate}' });
  const asked = { job: 'work', businessDate: '2026-11-19', requestId: 'one' };

  test('knows who asked, has the parameter and date that were given, and is there once', async () => {
    const { ctx, view, dispatch } = await givenRuns([JOB]);
    const order = { ...asked, param: 'for {businessDate:dd.MM.}', by: 'ann', origin: 'api' as const };
    const { runId, created } = await triggerJob(ctx, order);
    expect([created, await triggerJob(ctx, order)]).toEqual([true, { runId, created: false }]);
    expect(await view(runId)).toMatchObject({
      param: 'for {businessDate:dd.MM.}',
      businessDate: '2026-11-19',
      origin: { kind: 'api', by: 'ann', rerunOf: null, rerunKind: null },
    });
    expect(only(await dispatch()).executorParams).toBe('for 19.11.');
  });

  test('has the job’s own parameter and nobody’s name, when nothing else is said', async () => {
    const { ctx, view } = await givenRuns([JOB]);
    const { runId } = await triggerJob(ctx, asked);
    expect(await view(runId)).toMatchObject({ param: 'own {businessDate}', origin: { kind: 'manual', by: null } });
  });

  test.each([
    ['a parameter with a name that is none', { param: '{tpyo}' }, 'param has {tpyo}'],
    ['no name', { by: ' ' }, 'by must be a name'],
    ['an origin that is none', { origin: 'magic' as 'api' }, 'origin must be'],
  ])('is refused with %s', async (_, more, words) => {
    const { ctx } = await givenRuns([JOB]);
    await expect(triggerJob(ctx, { ...asked, ...more })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining(words),
    });
  });
});

test('single shards have parameters of their own, until somebody gives one for the run', async () => {
  const given = await givenRuns([
    job(1, 'work', { param: 'all {shardIndex}/{shardTotal}', paramByShard: { '1': 'south {shardIndex}' } }),
  ]);
  await given.trigger('work');
  expect((await given.dispatch()).map((sent) => sent.executorParams)).toEqual(['all 0/2', 'south 1']);
  await triggerJob(given.ctx, { job: 'work', businessDate: '2026-11-20', requestId: 'two', param: 'mine' });
  expect((await given.dispatch()).map((sent) => sent.executorParams)).toEqual(['mine', 'mine']);
});
