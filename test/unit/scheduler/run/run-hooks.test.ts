import { describe, expect, test } from 'vitest';
import { killRun } from '../../../../scheduler/run/kill-run.ts';
import { rescueLostAttempts } from '../../../../scheduler/run/rescue-lost-attempts.ts';
import { givenRuns, only, type Sent } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

const BOTH = job(1, 'work', { beforeRun: 'prepare', afterRun: 'merge', retry: { count: 1 } });
const AFTER = job(2, 'clean', { afterRun: 'merge' });
const TIMID = job(3, 'timid', { beforeRun: 'prepare', onNodeLoss: 'fail' });

async function given(name = 'work') {
  const runs = await givenRuns([BOTH, AFTER, TIMID]);
  const runId = await runs.trigger(name);
  const failTwice = async (sent: Sent) => {
    await runs.report(sent, 500, { msg: 'broken' });
    await runs.runtime.advance(1_000);
    await runs.report(only(await runs.dispatch()), 500, { msg: 'broken again' });
  };
  return { ...runs, runId, failTwice };
}

test('beforeRun is run once, then the shards, then afterRun with their results in index order', async () => {
  const { dispatch, report, view, runId } = await given();
  const before = only(await dispatch());
  expect(before).toMatchObject({ executorHandler: 'prepare', broadcastIndex: 0, broadcastTotal: 1, phase: 'before' });
  expect(await dispatch()).toEqual([]);
  await report(before, 200, { result: { file: 'a' } });
  const [one, two, ...more] = await dispatch();
  if (one === undefined || two === undefined) throw new Error('two shards were expected');
  expect(more).toEqual([]);
  expect(one).toMatchObject({
    executorHandler: 'work',
    broadcastIndex: 0,
    broadcastTotal: 2,
    beforeResult: '{"file":"a"}',
  });
  expect(one.phase).toBeUndefined();
  await report(two, 200, { result: 'two' });
  expect(await dispatch()).toEqual([]);
  await report(one, 200, { result: 'one' });
  expect((await view(runId)).state).toBe('running');
  const after = only(await dispatch());
  expect(after).toMatchObject({
    executorHandler: 'merge',
    broadcastIndex: 0,
    broadcastTotal: 1,
    phase: 'after',
    beforeResult: '{"file":"a"}',
    shardResults: [
      { index: 0, state: 'succeeded', result: '"one"' },
      { index: 1, state: 'succeeded', result: '"two"' },
    ],
  });
  await report(after, 200, { result: 42 });
  const run = await view(runId);
  expect(run).toMatchObject({ state: 'succeeded', shardTotal: 2, result: 42 });
  expect(run.shards.map((shard) => shard.index)).toEqual([0, 1]);
  expect([run.beforeRun?.state, run.afterRun?.state]).toEqual(['succeeded', 'succeeded']);
});

test('beforeRun is tried again like a shard; when it fails for good nothing else is run, afterRun neither', async () => {
  const { dispatch, failTwice, view, runId } = await given();
  await failTwice(only(await dispatch()));
  expect(await dispatch()).toEqual([]);
  const run = await view(runId);
  expect(run).toMatchObject({ state: 'failed', reason: 'beforeRun failed: try 2 of 2 failed: broken again' });
  expect(run.beforeRun?.attempts).toHaveLength(2);
  expect([...run.shards, run.afterRun].map((shard) => [shard?.state, shard?.reason])).toEqual(
    Array.from({ length: 3 }, () => ['cancelled', 'not run: beforeRun failed']),
  );
});

describe('afterRun', () => {
  test('is run when shards have failed, and its success makes no success of the run', async () => {
    const { dispatch, report, view, runId } = await given('clean');
    const [one, two] = await dispatch();
    if (one === undefined || two === undefined) throw new Error('two shards were expected');
    await report(one, 500, { msg: 'no' });
    await report(two);
    const after = only(await dispatch());
    expect(after.shardResults?.map((shard) => shard.state)).toEqual(['failed', 'succeeded']);
    await report(after);
    expect(await view(runId)).toMatchObject({ state: 'failed', reason: 'shard 0 failed: no' });
  });

  test('that fails fails the run', async () => {
    const { dispatch, report, view, runId } = await given('clean');
    for (const shard of await dispatch()) await report(shard);
    await report(only(await dispatch()), 502, { msg: 'too slow' });
    expect(await view(runId)).toMatchObject({ state: 'timed_out', reason: 'afterRun failed: too slow' });
  });

  test('is not run in a run that was killed', async () => {
    const { ctx, dispatch, view, runId } = await given('clean');
    await dispatch();
    await killRun(ctx, runId, { by: 'ann', reason: 'wrong' });
    expect(await dispatch()).toEqual([]);
    expect((await view(runId)).afterRun?.state).toBe('cancelled');
  });
});

describe('when the executor of beforeRun is lost', () => {
  test('another one runs it, where shards go on elsewhere', async () => {
    const { ctx, dispatch, beat } = await given();
    const before = only(await dispatch());
    await beat(Number(new URL(before.address).port), 'second');
    await rescueLostAttempts(ctx);
    expect(only(await dispatch())).toMatchObject({ phase: 'before', attempt: 2 });
  });

  test('the run fails, where they do not', async () => {
    const { ctx, dispatch, beat, view, runId } = await given('timid');
    const before = only(await dispatch());
    await beat(Number(new URL(before.address).port), 'second');
    await rescueLostAttempts(ctx);
    const run = await view(runId);
    expect(run.state).toBe('failed');
    expect(run.reason).toMatch(/^beforeRun failed: LOST: executor .* was started anew/);
    expect(run.shards.map((shard) => shard.state)).toEqual(['cancelled', 'cancelled']);
  });
});
