import { describe, expect, test } from 'vitest';
import { SCALED_SETTINGS } from '../../scheduler/settings.ts';
import { givenScheduler, job, noTicks, runOf, STEADY_SETTINGS } from '../support/given-scheduler.ts';

const order = { job: 'debit', businessDate: '2026-11-20', requestId: 'one' };
const jobs = [job(1, 'debit')];

describe('an executor is lost', () => {
  test('when it goes quiet past its lease, an heir gets the same index, and the total stays', async () => {
    const given = await givenScheduler({ jobs, settings: SCALED_SETTINGS });
    const [lost, heir] = [await given.executor(), await given.executor()];
    const { runId } = await given.scheduler.triggerJob(order);
    const [first, kept] = [await lost.nextRun(), await heir.nextRun()];
    await lost.die();
    const again = await heir.nextRun((request) => request.broadcastIndex === first.broadcastIndex);
    expect(again).toMatchObject({ runId, broadcastTotal: 2, attempt: 2, broadcastIndex: first.broadcastIndex });
    await heir.report(kept);
    await heir.report(again);
    expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded', shardTotal: 2 });
    await lost.rise();
  });

  test('when it is started anew on its address, at once, and what it said before is of an older attempt', async () => {
    // Without ticks nothing but the second registration itself can hand it out anew.
    const given = await givenScheduler({ jobs, ticker: noTicks });
    const executor = await given.executor();
    const { runId } = await given.scheduler.triggerJob(order);
    const before = await executor.nextRun();
    await executor.register('second');
    const again = await executor.nextRun();
    expect(again.logId).not.toBe(before.logId);
    await executor.report(before, { code: 500, msg: 'from before' });
    expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'running' });
    await executor.report(again);
    expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded' });
  });

  test('a second beat of the same process takes nothing back', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const { runId } = await given.scheduler.triggerJob(order);
    const request = await executor.nextRun();
    await executor.register();
    await executor.report(request);
    const run = await runOf(given.scheduler, runId);
    expect(run.shards[0]?.attempts).toHaveLength(1);
    expect(run.state).toBe('succeeded');
  });

  test("a job whose onNodeLoss is 'fail' fails instead", async () => {
    const given = await givenScheduler({ jobs: [job(1, 'debit', { onNodeLoss: 'fail' })] });
    const executor = await given.executor();
    const { runId } = await given.scheduler.triggerJob(order);
    await executor.nextRun();
    await executor.register('second');
    const run = await runOf(given.scheduler, runId, 'failed');
    expect(run.reason).toContain('was started anew');
  });

  test('a failure that a stopping executor reports is tried elsewhere and costs no retry', async () => {
    const given = await givenScheduler({ jobs: [job(1, 'debit', { route: 'ROUND' })] });
    const [one, other] = [await given.executor(), await given.executor()];
    const [ofOne, ofOther] = [one.nextRun(), other.nextRun()];
    const { runId } = await given.scheduler.triggerJob(order);
    const request = await Promise.race([ofOne, ofOther]);
    const isOne = one.requests.length > 0;
    const stopping = isOne ? one : other;
    await stopping.unregister();
    await stopping.report(request, { code: 500, msg: 'the node stops' });
    await stopping.report(await (isOne ? ofOther : ofOne));
    expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded' });
  });
});

describe('a run request goes wrong', () => {
  test('an unclear answer is no failure: the same logId is sent again until it is accepted', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    executor.behave = 'unclear';
    const { runId } = await given.scheduler.triggerJob(order);
    const [first, second] = [await executor.nextRun(), await executor.nextRun()];
    expect(second.logId).toBe(first.logId);
    executor.behave = 'accept';
    await executor.nextRun();
    await executor.report(first);
    const run = await runOf(given.scheduler, runId);
    expect(run.state).toBe('succeeded');
    expect(run.shards[0]?.attempts).toHaveLength(1);
  });

  test('an executor that never answers may have it: its result counts', async () => {
    const given = await givenScheduler({ jobs, settings: { ...STEADY_SETTINGS, dispatchTimeoutMs: 400 } });
    const executor = await given.executor();
    executor.behave = 'silent';
    const { runId } = await given.scheduler.triggerJob(order);
    await executor.report(await executor.nextRun());
    expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded' });
  });

  test('a refusal hands the shard to another executor, as a new attempt', async () => {
    const given = await givenScheduler({ jobs: [job(1, 'debit', { route: 'ROUND' })] });
    const [one, other] = [await given.executor(), await given.executor()];
    let refused = 0;
    one.behave = other.behave = () => (refused++ === 0 ? 'refuse' : 'accept');
    const { runId } = await given.scheduler.triggerJob(order);
    const accepted = await Promise.race([one, other].map((each) => each.nextRun((request) => request.attempt === 2)));
    await one.report(accepted);
    const run = await runOf(given.scheduler, runId);
    expect(run.state).toBe('succeeded');
    const [first, second] = run.shards[0]?.attempts ?? [];
    expect(first).toMatchObject({ state: 'refused', reason: expect.stringContaining('job handler [none] not found.') });
    expect(second?.address).not.toBe(first?.address);
  });

  test('when everybody refuses again and again the run fails and says why', async () => {
    const given = await givenScheduler({ jobs, settings: { ...STEADY_SETTINGS, refusalsMax: 3 } });
    const executor = await given.executor();
    executor.behave = 'refuse';
    const { runId } = await given.scheduler.triggerJob(order);
    const run = await runOf(given.scheduler, runId, 'failed');
    expect(run.reason).toContain('job handler [none] not found.');
    expect(executor.requests).toHaveLength(3);
  });

  test('refusals are counted in a row: what was accepted in between counts as a new beginning', async () => {
    const given = await givenScheduler({ jobs, settings: { ...STEADY_SETTINGS, refusalsMax: 3 } });
    const executor = await given.executor();
    const refusedNos = [1, 2, 4, 5];
    executor.behave = (request) => (refusedNos.includes(request.attempt ?? 0) ? 'refuse' : 'accept');
    const { runId } = await given.scheduler.triggerJob(order);
    await executor.nextRun((request) => request.attempt === 3);
    await given.metric('daybreak_scheduler_dispatches_total{answer="accepted"}', 1);
    await executor.register('second');
    await executor.report(await executor.nextRun((request) => request.attempt === 6));
    expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded' });
  });

  test('with its executor away a shard waits, and nobody is blamed', async () => {
    const given = await givenScheduler({ jobs, settings: { ...STEADY_SETTINGS, refusalsMax: 1 } });
    const executor = await given.executor();
    await executor.die();
    const { runId } = await given.scheduler.triggerJob(order);
    await given.metric('daybreak_scheduler_dispatches_total{answer="unreachable"}', 3);
    await executor.rise();
    await executor.report(await executor.nextRun());
    expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded' });
  });
});

test('with nobody alive a run waits with a reason and a gauge, and goes on when somebody comes', async () => {
  const given = await givenScheduler({ jobs });
  const { runId } = await given.scheduler.triggerJob(order);
  await given.metric('daybreak_scheduler_runs_without_executor', 1);
  expect(await runOf(given.scheduler, runId, 'waiting')).toMatchObject({
    reason: 'no executor of group "orders" is alive',
  });
  const executor = await given.executor();
  await executor.report(await executor.nextRun());
  expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded', reason: null });
});

test('after a start work waits for the executors that are expected, so each shard finds its own', async () => {
  const given = await givenScheduler({
    jobs,
    settings: { ...STEADY_SETTINGS, expectExecutors: 2, expectWaitMs: 60_000 },
  });
  const one = await given.executor();
  const { runId } = await given.scheduler.triggerJob(order);
  const other = await given.executor();
  const requests = [await one.nextRun(), await other.nextRun()];
  expect(requests.map((request) => request.broadcastTotal)).toEqual([2, 2]);
  for (const request of requests) await one.report(request);
  expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded' });
});

test('a scheduler that takes over a store hands out again at once what was held, under the same indexes', async () => {
  const given = await givenScheduler({ jobs });
  const executors = [await given.executor(), await given.executor()];
  const { runId } = await given.scheduler.triggerJob(order);
  const before = await Promise.all(executors.map((executor) => executor.nextRun()));
  for (const executor of executors) executor.quiet();
  await given.restart({ takeOver: true, settings: { ...STEADY_SETTINGS, expectExecutors: 2 } });
  for (const executor of executors) await executor.register('after the crash');
  const after = await Promise.all(executors.map((executor) => executor.nextRun()));
  expect(after.map((request) => [request.broadcastIndex, request.broadcastTotal, request.attempt])).toEqual(
    before.map((request) => [request.broadcastIndex, 2, 2]),
  );
  for (const request of after) await executors[0]?.report(request);
  expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded' });
});

test('a failed shard is tried again as often as its job says, then the run fails', async () => {
  const given = await givenScheduler({ jobs: [job(1, 'debit', { retry: { count: 2 } })] });
  const executor = await given.executor();
  executor.onRun = async (request) => void (await executor.report(request, { code: 500, msg: 'it broke' }));
  const { runId } = await given.scheduler.triggerJob(order);
  const run = await runOf(given.scheduler, runId, 'failed');
  expect(run.shards[0]?.attempts.map((attempt) => attempt.state)).toEqual(['failed', 'failed', 'failed']);
});

test('a timeout that the executor reports makes a timed out run', async () => {
  const given = await givenScheduler({ jobs: [job(1, 'debit', { timeoutSeconds: 7 })] });
  const executor = await given.executor();
  const { runId } = await given.scheduler.triggerJob(order);
  const request = await executor.nextRun();
  expect(request.executorTimeout).toBe(7);
  expect(request.deadlineAtMs).toBeGreaterThan(Date.now());
  await executor.report(request, { code: 502, msg: 'job execute timeout ' });
  expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'timed_out' });
});
