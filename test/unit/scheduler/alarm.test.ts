import { expect, test } from 'vitest';
import { closeAlarmByPerson, viewAlarms } from '../../../scheduler/alarm/alarms.ts';
import { type Alarm, closeAlarms, raiseAlarm } from '../../../scheduler/alarm/raise-alarm.ts';
import { cancelChainRun, startChain } from '../../../scheduler/chain/start-chain.ts';
import { newEffects } from '../../../scheduler/effects.ts';
import { viewOperatorActions } from '../../../scheduler/operator-actions.ts';
import { givenFiring, timedJob } from '../../support/given-firing.ts';

const failed = (jobId: number): Alarm => ({
  kind: 'RUN_FAILED',
  subjectKind: 'job',
  subjectId: jobId,
  severity: 'critical',
  message: `job ${jobId} failed`,
});

async function given() {
  const { ctx, store, setClock } = await givenFiring('2026-11-20T00:00:00Z');
  const raise = (alarm: Alarm) =>
    store.transaction('raise', async (tx) => {
      const effects = newEffects();
      await raiseAlarm(tx, alarm, effects);
      return effects.alarms.length;
    });
  return { ctx, store, raise, setClock };
}

test('an alarm is told once, counted while it is open, and told anew once it was closed', async () => {
  const { ctx, raise, setClock } = await given();
  expect(await raise(failed(1))).toBe(1);
  setClock('2026-11-20T00:00:01Z');
  expect(await raise(failed(1))).toBe(0);
  const [alarm] = await viewAlarms(ctx);
  expect(alarm).toMatchObject({ kind: 'RUN_FAILED', subjectKind: 'job', subjectId: '1', times: 2, closedAtMs: null });
  expect((alarm?.lastAtMs ?? 0) - (alarm?.raisedAtMs ?? 0)).toBe(1_000);
  const order = { alarmId: alarm?.id ?? 0, by: 'ann', reason: 'the bank was closed' };
  expect(await closeAlarmByPerson(ctx, order)).toBe(true);
  expect(await closeAlarmByPerson(ctx, order)).toBe(false);
  expect(await viewAlarms(ctx)).toEqual([]);
  expect(await raise(failed(1))).toBe(1);
  expect(await viewOperatorActions(ctx)).toMatchObject([
    {
      who: 'ann',
      verb: 'close-alarm',
      subjectKind: 'alarm',
      reason: 'the bank was closed',
      detail: { kind: 'RUN_FAILED', subjectKind: 'job', subjectId: '1' },
    },
  ]);
});

test('what is found again at every pass is not counted', async () => {
  const { ctx, raise } = await given();
  for (let pass = 0; pass < 3; pass++) await raise({ ...failed(1), kind: 'SCHEDULE_BROKEN' });
  expect(await viewAlarms(ctx)).toMatchObject([{ kind: 'SCHEDULE_BROKEN', times: 1 }]);
});

test('only the alarms of the kind and the subjects that are named are closed', async () => {
  const { ctx, store, raise } = await given();
  for (const jobId of [1, 2, 12]) await raise({ ...failed(jobId), kind: 'SCHEDULE_BROKEN' });
  await raise(failed(1));
  const subjects = [1, 3].map((subjectId) => ({ subjectKind: 'job' as const, subjectId }));
  await store.transaction('close', (tx) => closeAlarms(tx, 'SCHEDULE_BROKEN', subjects));
  expect((await viewAlarms(ctx)).map(({ kind, subjectId }) => `${kind} ${subjectId}`)).toEqual([
    'RUN_FAILED 1',
    'SCHEDULE_BROKEN 12',
    'SCHEDULE_BROKEN 2',
  ]);
});

test('alarms and actions are read a page at a time, the newest first', async () => {
  const { ctx, raise } = await given();
  for (const jobId of [1, 2, 3]) await raise(failed(jobId));
  const first = await viewAlarms(ctx, { limit: 2 });
  expect(first.map(({ subjectId }) => subjectId)).toEqual(['3', '2']);
  const second = await viewAlarms(ctx, { limit: 2, beforeId: first[1]?.id ?? 0 });
  expect(second.map(({ subjectId }) => subjectId)).toEqual(['1']);
  for (const { id } of [...first, ...second]) await closeAlarmByPerson(ctx, { alarmId: id, by: 'ann', reason: 'seen' });
  expect(await viewAlarms(ctx, { openOnly: false })).toHaveLength(3);
  const [newest, ...older] = await viewOperatorActions(ctx, { limit: 3 });
  expect(await viewOperatorActions(ctx, { beforeId: newest?.id ?? 0 })).toEqual(older);
});

test('wrong input is refused in words', async () => {
  const { ctx } = await given();
  await expect(viewAlarms(ctx, { limit: 0 })).rejects.toThrow('limit is 0: ask for 1 to 1000 at a time');
  await expect(viewOperatorActions(ctx, { limit: 1.5 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  const order = { alarmId: 4, by: 'ann', reason: 'r' };
  await expect(closeAlarmByPerson(ctx, order)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(closeAlarmByPerson(ctx, { ...order, reason: '' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
});

test('a chain that failed is a matter until a chain run of that date has succeeded', async () => {
  const { ctx, define, executor, work } = await givenFiring('2026-11-20T00:00:00Z');
  await define([timedJob(1, 'only')], [{ name: 'night', nodes: ['only'], edges: [] }]);
  await executor();
  const run = async (businessDate: string, requestId: string, code: number) => {
    await startChain(ctx, { chain: 'night', businessDate, requestId, cutOffAtMs: null });
    await work(code);
  };
  const open = async () => (await viewAlarms(ctx)).filter(({ kind }) => kind === 'CHAIN_FAILED').length;
  await run('2026-11-19', 'one', 500);
  await run('2026-11-19', 'two', 500);
  await run('2026-11-20', 'three', 500);
  expect(await open()).toBe(3);
  await run('2026-11-19', 'four', 200);
  expect(await open()).toBe(1);
});

test('who cancelled a chain run stands in the record', async () => {
  const { ctx, define } = await givenFiring('2026-11-20T00:00:00Z');
  await define([timedJob(1, 'only')], [{ name: 'night', nodes: ['only'], edges: [] }]);
  const order = { chain: 'night', businessDate: '2026-11-20', requestId: 'one', cutOffAtMs: null };
  const { chainRunId } = await startChain(ctx, order);
  await expect(cancelChainRun(ctx, chainRunId, 'wrong file', ' ')).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await cancelChainRun(ctx, chainRunId, 'wrong file', 'ann');
  await cancelChainRun(ctx, chainRunId, 'again', 'bob');
  expect(await viewOperatorActions(ctx)).toMatchObject([
    { who: 'ann', verb: 'cancel', subjectKind: 'chain_run', subjectId: String(chainRunId), reason: 'wrong file' },
  ]);
});
