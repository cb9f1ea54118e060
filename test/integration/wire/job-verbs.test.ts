import { describe, expect, test } from 'vitest';
import { createJobVerbs } from '../../../scheduler/api/job-verbs.ts';
import { schedulerMigrations } from '../../../scheduler/storage/migrations/scheduler-migrations.ts';
import { currentJob } from '../../../scheduler/storage/sql/definition-queries.ts';
import { claimJobId } from '../../../scheduler/storage/sql/job-id-queries.ts';
import { listOperatorActions } from '../../../scheduler/storage/sql/operator-action-queries.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { migrate } from '../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { describeOnEachStore } from '../../support/each-store.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../../support/given-scheduler.ts';
import { givenContext } from '../../support/given-scheduler-context.ts';
import { javaHeaders, rawPost } from '../../support/java-wire.ts';

const PAYROLL_TOKEN = '9999888877776666eeeeffff00001111';
const child = job(3, 'after', { schedule: { kind: 'parent', jobs: ['debit'], on: 'success' } });
const jobs = [job(1, 'debit', { route: 'ROUND' }), job(2, 'pay', { group: 'payroll' }), child];

async function given() {
  const all = await givenScheduler({ jobs });
  await all.scheduler.groups.changeToken({ appName: 'payroll', token: PAYROLL_TOKEN, previousForMs: 0 });
  const callAs = (token: string, appName: string) => async (verb: string, body: object) =>
    (await rawPost(`${all.scheduler.url}api/${verb}`, JSON.stringify(body), javaHeaders('E', token, appName))).json;
  const jobAt = (id: number) => all.store.read('look', (db) => currentJob(db, { id }));
  return { ...all, scheduler: all.scheduler, callAs, orders: callAs(TEST_TOKEN, 'orders'), jobAt };
}
const fields = {
  jobGroup: 1,
  name: '日终扣款',
  author: 'ops',
  alarmEmail: 'a@b',
  scheduleType: 'CRON',
  scheduleConf: '0 0 2 * * ?',
  misfireStrategy: 'DO_NOTHING',
  executorRouteStrategy: 'FIRST',
  executorHandler: 'debit',
  executorParam: 'p',
  executorBlockStrategy: 'SERIAL_EXECUTION',
  executorTimeout: 0,
  executorFailRetryCount: 1,
  glueType: 'BEAN',
};

describe('the verbs of generation E', () => {
  test('a job is added stopped, started, changed, stopped and removed; each is on record', async () => {
    const { orders, jobAt, store } = await given();
    const added = await orders('addJob', fields);
    expect(added).toMatchObject({ code: 200, data: expect.stringMatching(/^\d+$/) });
    const id = Number(added.data);
    expect(await jobAt(id)).toMatchObject({ title: '日终扣款', group: 'orders', enabled: false, owner: 'ops' });
    expect(await orders('startJob', { id })).toMatchObject({ code: 200 });
    expect(await jobAt(id)).toMatchObject({ enabled: true });
    expect(
      await orders('updateJob', { id, executorParam: 'q', scheduleType: 'FIX_RATE', scheduleConf: '60' }),
    ).toMatchObject({ code: 200 });
    expect(await jobAt(id)).toMatchObject({
      param: 'q',
      title: '日终扣款',
      enabled: true,
      retry: { count: 1 },
      schedule: { kind: 'fixed_rate', everyMs: 60_000 },
    });
    expect(await orders('stopJob', { id: String(id) })).toMatchObject({ code: 200 });
    expect(await orders('removeJob', { id })).toMatchObject({ code: 200 });
    for (const verb of ['startJob', 'updateJob', 'triggerJob', 'removeJob']) {
      expect(await orders(verb, { id })).toMatchObject({ code: 500, msg: `invalid request, job [${id}] not found.` });
    }
    const actions = await store.read('look', (db) => listOperatorActions(db, 10));
    expect(actions.map(({ who, verb, subjectId }) => `${who} ${verb} ${subjectId}`).reverse()).toEqual(
      ['addJob', 'startJob', 'updateJob', 'stopJob', 'removeJob'].map((verb) => `api orders ${verb} ${id}`),
    );
  });

  test('a group sees its own jobs and no others', async () => {
    const { orders, callAs, jobAt } = await given();
    const before = await jobAt(2);
    for (const verb of ['updateJob', 'startJob', 'stopJob', 'removeJob', 'triggerJob']) {
      expect(await orders(verb, { id: 2, executorParam: 'mine' }), verb).toMatchObject({
        code: 500,
        msg: 'invalid request, job [2] not found.',
      });
    }
    expect(await jobAt(2)).toEqual(before);
    const posing = callAs(TEST_TOKEN, 'payroll');
    expect(await posing('stopJob', { id: 2 })).toMatchObject({
      code: 500,
      msg: 'invalid request, accessToken or appname invalid.',
    });
    expect(await callAs(PAYROLL_TOKEN, 'payroll')('stopJob', { id: 2 })).toMatchObject({ code: 200 });
  });

  test('without a name, as peers up to 3.4 ask, there are no jobs to manage', async () => {
    const { scheduler } = await given();
    const reply = await rawPost(`${scheduler.url}api/stopJob`, '{"id":1}', javaHeaders('D', TEST_TOKEN, ''));
    expect(reply.json).toMatchObject({ code: 500, msg: 'invalid request, accessToken or appname is empty.' });
  });

  test('an update leaves alone what fires after the job, and what the job fires after', async () => {
    const { orders, scheduler, executor, jobAt } = await given();
    const peer = await executor();
    const change = { executorTimeout: 5, scheduleType: 'NONE' };
    expect(await orders('updateJob', { id: 1, ...change })).toMatchObject({ code: 200 });
    expect(await orders('updateJob', { id: 3, ...change })).toMatchObject({ code: 200 });
    expect((await jobAt(3))?.schedule).toEqual(child.schedule);
    const { runId } = await scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: '1' });
    await peer.report(await peer.nextRun((request) => request.runId === runId));
    expect((await peer.nextRun((request) => request.jobId === 3)).executorHandler).toBe('after');
  });

  test('a trigger tells the run, and the same request twice is one run', async () => {
    const { orders, scheduler, executor } = await given();
    const peer = await executor();
    const ask = (more: object) => orders('triggerJob', { id: 1, executorParam: 'once', ...more });
    const first = await ask({ requestId: 'r1' });
    expect(first).toMatchObject({ code: 200, data: expect.stringMatching(/^\d+$/) });
    expect(await ask({ requestId: 'r1' })).toEqual(first);
    expect((await ask({ requestId: 'r2' })).data).not.toBe(first.data);
    const request = await peer.nextRun();
    expect(request).toMatchObject({ runId: Number(first.data), executorParams: 'once' });
    await peer.report(request);
    await runOf(scheduler, Number(first.data), 'succeeded');
  });

  test('a trigger without a param uses the job own, and with an empty one none', async () => {
    const { orders, executor } = await given();
    const peer = await executor();
    await orders('updateJob', { id: 1, executorParam: 'own', executorBlockStrategy: 'PARALLEL' });
    const paramOf = async (more: object) => {
      const { data } = await orders('triggerJob', { id: 1, ...more });
      return (await peer.nextRun((request) => request.runId === Number(data))).executorParams;
    };
    expect([await paramOf({}), await paramOf({ executorParam: null }), await paramOf({ executorParam: '' })]).toEqual([
      'own',
      'own',
      '',
    ]);
  });

  test.each<[string, object, string]>([
    ['addJob', { ...fields, executorHandler: undefined }, 'handler must not be empty'],
    ['addJob', { ...fields, scheduleConf: 'at noon' }, 'is no quartz cron'],
    ['addJob', { ...fields, glueType: 'GLUE_SHELL', glueSource: 'id' }, 'makes no jobs out of scripts'],
    ['addJob', { ...fields, executorTimeout: -1 }, '"executorTimeout" must be >= 0'],
    ['startJob', { id: 1 }, 'scheduleType is NONE cannot be started'],
    ['startJob', { id: 'one' }, '"id"'],
    ['triggerJob', { id: 1, addressList: 'http://169.254.169.254/' }, 'addressList is not taken'],
    ['triggerJob', { id: 1, businessDate: 'tomorrow' }, 'businessDate'],
  ])('%s %j is refused', async (verb, body, why) => {
    const { orders } = await given();
    expect(await orders(verb, body)).toMatchObject({ code: 500, msg: expect.stringContaining(why) });
  });

  test('more than it may is told to come again', async () => {
    const { store } = await given();
    const runtime = createFakeRuntime();
    const verbs = createJobVerbs({ ...givenContext(store), runtime });
    const caller = { holder: { groups: new Set<string>(), installation: true }, appName: 'orders', signed: true };
    const answers = Array.from({ length: 300 }, () => verbs.stopJob?.({ id: 999 }, caller));
    // Those that wait for their turn are let go; the others were told at once.
    await runtime.advance(2_000);
    const told = (await Promise.all(answers)).filter((answer) => answer?.code === 502);
    expect(told.length).toBeGreaterThan(90);
    expect(told[0]?.msg).toBe('Too many requests, please try again later.');
  });
});

describeOnEachStore('ids of jobs', (newPlace) => {
  test('that are claimed at once are different, and none is used again', async () => {
    const place = await newPlace();
    const store: SqlStore = await openSqlStore(place.url, { runtime: systemRuntime(), logger: silentLogger });
    await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
    try {
      const claim = () => store.transaction('claim', (tx) => claimJobId(tx, (id) => `api-${id}`));
      const ids = await Promise.all(Array.from({ length: 10 }, claim));
      expect(new Set(ids).size).toBe(10);
      expect(Math.min(...ids)).toBe(1_000_000);
    } finally {
      await store.close();
      await place.drop();
    }
  });
});
