import { describe, expect, test } from 'vitest';
import { acceptRunManifest, acceptSlicesSettled } from '../../../../scheduler/callback/accept-told.ts';
import { sendKills } from '../../../../scheduler/dispatch/send-kills.ts';
import { killRun } from '../../../../scheduler/run/kill-run.ts';
import { type Rerun, rerun } from '../../../../scheduler/run/rerun.ts';
import { givenRuns, only, type Sent } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

const JOBS = [
  job(1, 'work', { param: '{businessDate} {runId}' }),
  job(2, 'hooked', { beforeRun: 'prepare', afterRun: 'merge' }),
  job(3, 'money', { tellsSettled: true }),
  job(4, 'one', { block: 'DISCARD_LATER' }),
];
const order = (kind: Rerun['kind'], more: Partial<Rerun> = {}): Rerun => ({
  kind,
  requestId: kind,
  by: 'ann',
  ...more,
});

/** A run of two shards of which the second failed. */
async function givenHalfFailed(name = 'work') {
  const given = await givenRuns(JOBS);
  const runId = await given.trigger(name);
  const [one, two] = await given.dispatch();
  if (one === undefined || two === undefined) throw new Error('two shards were expected');
  await given.report(one, 200, { result: 'one' });
  await given.report(two, 500, { msg: 'broken' });
  expect((await given.view(runId)).state).toBe('failed');
  return { ...given, runId };
}

describe('a rerun', () => {
  test('of what is left, discarded because another run is open, leaves no shard that could still be handed out', async () => {
    const { ctx, runId, view, dispatch, trigger } = await givenHalfFailed('one');
    await trigger('one', 'in the way');
    await dispatch();
    const made = await rerun(ctx, runId, order('failed'));
    await dispatch();
    const { state, shards } = await view(made.runId);
    expect([state, shards.map((shard) => shard.state)]).toEqual(['discarded', ['succeeded', 'cancelled']]);
  });

  test('of all is a new run with shards of its own, for the same instant and date', async () => {
    const { ctx, runId, view, dispatch, runtime } = await givenHalfFailed();
    await runtime.advance(60_000);
    const made = await rerun(ctx, runId, order('all'));
    expect(made.created).toBe(true);
    const [old, fresh] = [await view(runId), await view(made.runId)];
    expect(fresh).toMatchObject({
      state: 'running',
      plannedAtMs: old.plannedAtMs,
      businessDate: old.businessDate,
      origin: { kind: 'rerun', by: 'ann', rerunOf: runId, rerunKind: 'all' },
    });
    expect(old.state).toBe('failed');
    const sent = await dispatch();
    expect(sent.map((each) => [each.broadcastIndex, each.executorParams])).toEqual([
      [0, `2026-11-20 ${made.runId}`],
      [1, `2026-11-20 ${made.runId}`],
    ]);
  });

  test('of what failed keeps what succeeded, its result too, and works the rest with its index and total', async () => {
    const { ctx, runId, view, dispatch, report, beat } = await givenHalfFailed();
    await beat(9003);
    const made = await rerun(ctx, runId, order('failed'));
    const sent = only(await dispatch());
    expect(sent).toMatchObject({ runId: made.runId, broadcastIndex: 1, broadcastTotal: 2, attempt: 1 });
    expect(sent.resumesRunId).toBeUndefined();
    await report(sent, 200, { result: 'two' });
    const run = await view(made.runId);
    expect(run).toMatchObject({ state: 'succeeded', shardTotal: 2, result: ['one', 'two'] });
    expect(run.shards[0]).toMatchObject({ reason: `as in run ${runId}`, attempts: [] });
  });

  test('that resumes tells executors the first run of its line, whatever the number of runs between', async () => {
    const { ctx, runId, dispatch, report } = await givenHalfFailed();
    const resume = async (of: number, kind: Rerun['kind'] = 'resume', requestId = `again ${of}`): Promise<Sent> => {
      await rerun(ctx, of, order(kind, { requestId }));
      const sent = only(await dispatch());
      await report(sent, 500);
      return sent;
    };
    const first = await resume(runId);
    expect(first.resumesRunId).toBe(runId);
    const second = await resume(first.runId ?? 0);
    expect(second.resumesRunId).toBe(runId);
    // A run that begins anew is the first of a line of its own.
    const anew = await resume(second.runId ?? 0, 'failed');
    expect(anew.resumesRunId).toBeUndefined();
    expect((await resume(anew.runId ?? 0)).resumesRunId).toBe(anew.runId);
  });

  test('is one run for one request, and another request is another run', async () => {
    const { ctx, runId } = await givenHalfFailed();
    const first = await rerun(ctx, runId, order('all'));
    expect(await rerun(ctx, runId, order('all'))).toEqual({ runId: first.runId, created: false });
    await expect(rerun(ctx, runId, order('failed', { requestId: 'all' }))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`has made run ${first.runId} already`),
    });
    expect((await rerun(ctx, runId, order('all', { requestId: 'other' }))).runId).not.toBe(first.runId);
  });

  test('takes another parameter when it begins anew', async () => {
    const { ctx, runId, dispatch } = await givenHalfFailed();
    await rerun(ctx, runId, order('failed', { param: 'shard {shardIndex}' }));
    expect(only(await dispatch()).executorParams).toBe('shard 1');
  });

  test('runs beforeRun again only when it had failed, and afterRun always', async () => {
    const { ctx, trigger, dispatch, report, view } = await givenRuns(JOBS);
    const runId = await trigger('hooked');
    await report(only(await dispatch()), 200, { result: 'ready' });
    const [one, two] = await dispatch();
    if (one === undefined || two === undefined) throw new Error('two shards were expected');
    await report(one, 200, { result: 'one' });
    await report(two, 500);
    await report(only(await dispatch()));
    const made = await rerun(ctx, runId, order('failed'));
    const again = only(await dispatch());
    expect(again).toMatchObject({ executorHandler: 'hooked', broadcastIndex: 1, beforeResult: '"ready"' });
    await report(again, 200, { result: 'two' });
    const after = only(await dispatch());
    expect(after.shardResults?.map((shard) => shard.result)).toEqual(['"one"', '"two"']);
    await report(after);
    expect((await view(made.runId)).state).toBe('succeeded');
  });
});

describe('a rerun is refused', () => {
  test('while the run is open, and while one of its attempts is still stopping', async () => {
    const { ctx, trigger, dispatch, report } = await givenRuns([job(1, 'work', { route: 'ROUND' })]);
    const runId = await trigger('work');
    const sent = only(await dispatch());
    await expect(rerun(ctx, runId, order('all'))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('is running'),
    });
    await killRun(ctx, runId, { by: 'ann', reason: 'wrong' });
    await sendKills(ctx);
    await expect(rerun(ctx, runId, order('all'))).rejects.toMatchObject({
      code: 'CONFLICT',
      retryable: true,
      message: expect.stringContaining('is still stopping'),
    });
    await report(sent, 500, { msg: 'scheduling center kill job. [job running, killed]' });
    expect((await rerun(ctx, runId, order('all'))).created).toBe(true);
  });

  test('for what is not there or not said', async () => {
    const { ctx, runId } = await givenHalfFailed();
    await expect(rerun(ctx, 4711, order('all'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(rerun(ctx, runId, order('all', { by: '' }))).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(rerun(ctx, runId, order('all', { requestId: '' }))).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(rerun(ctx, runId, order('all', { param: '{tpyo}' }))).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(rerun(ctx, runId, order('half' as 'all'))).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  test('and leaves nothing behind: the same request may be made later', async () => {
    const { ctx, trigger, dispatch, report } = await givenRuns([job(1, 'work', { route: 'ROUND' })]);
    const runId = await trigger('work');
    const sent = only(await dispatch());
    await expect(rerun(ctx, runId, order('all'))).rejects.toMatchObject({ code: 'CONFLICT' });
    await report(sent);
    expect((await rerun(ctx, runId, order('all'))).created).toBe(true);
  });
});

describe('a money run that is resumed', () => {
  const frozen = { group: 'PREMIUM', currency: 'CNY', count: 2, amountMinor: '300' };
  const slice = (runId: number, sliceNo: number) => ({
    runId,
    sliceNo,
    totals: [{ ...frozen, state: 'SUCCESS', count: 1, amountMinor: '150' }],
  });

  test('is settled by what is told of the run whose items they are', async () => {
    const { ctx, runId, dispatch, report, view } = await givenHalfFailed('money');
    await acceptRunManifest(ctx, { runId, sliceCount: 2, totals: [frozen] });
    await acceptSlicesSettled(ctx, [slice(runId, 0)]);
    const made = await rerun(ctx, runId, order('resume'));
    await report(only(await dispatch()));
    expect(await view(made.runId)).toMatchObject({ state: 'dispatched', slicesTold: 1, manifest: { sliceCount: 2 } });
    await acceptSlicesSettled(ctx, [slice(runId, 1)]);
    expect(await view(made.runId)).toMatchObject({ state: 'succeeded', slicesTold: 2 });
    expect((await view(runId)).state).toBe('failed');
  });

  test('is settled at once when all was told while it was at work', async () => {
    const { ctx, runId, dispatch, report, view } = await givenHalfFailed('money');
    await acceptRunManifest(ctx, { runId, sliceCount: 2, totals: [frozen] });
    const made = await rerun(ctx, runId, order('resume'));
    await acceptSlicesSettled(ctx, [slice(runId, 0), slice(runId, 1)]);
    expect((await view(made.runId)).state).toBe('running');
    await report(only(await dispatch()));
    expect((await view(made.runId)).state).toBe('succeeded');
  });

  test('fails with the sums of that run', async () => {
    const { ctx, runId, dispatch, report, view } = await givenHalfFailed('money');
    await acceptRunManifest(ctx, { runId, sliceCount: 1, totals: [frozen] });
    const made = await rerun(ctx, runId, order('resume'));
    await report(only(await dispatch()));
    await acceptSlicesSettled(ctx, [slice(runId, 0)]);
    expect(await view(made.runId)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('MANIFEST_MISMATCH'),
    });
  });

  test('cannot be run in part under an id of its own', async () => {
    const { ctx, runId } = await givenHalfFailed('money');
    await expect(rerun(ctx, runId, order('failed'))).rejects.toThrow('kind "resume" works what is left of them');
  });
});
