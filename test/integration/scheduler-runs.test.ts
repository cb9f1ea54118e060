import { afterEach, expect, test } from 'vitest';
import { defineHandler, type Handler } from '../../executor/index.ts';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import type { SchedulerSettings } from '../../scheduler/settings.ts';
import { DaybreakError } from '../../shared/errors.ts';
import { type GivenExecutor, givenExecutor } from '../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../support/given-scheduler.ts';

// Nobody is to be thought gone because the machine is busy.
const PATIENT: Partial<SchedulerSettings> = {
  executorSilentAfterMs: 30_000,
  executorGoneAfterMs: 60_000,
  dispatchTimeoutMs: 5_000,
};
const ordered = (requestId: string) => ({ businessDate: '2026-11-20', requestId });

let executor: GivenExecutor | null = null;
afterEach(async () => {
  await executor?.stop();
  executor = null;
});

async function givenBoth(
  jobs: readonly JobDefinition[],
  handlers: readonly Handler[],
  more: Partial<SchedulerSettings> = {},
) {
  const given = await givenScheduler({ jobs, settings: { ...PATIENT, ...more } });
  executor = await givenExecutor({ schedulers: [given.scheduler.url], handlers, slots: 4 });
  return given;
}

test('beforeRun, shards and afterRun hear of each other, and a resumed run of whose work it goes on with', async () => {
  let broken = true;
  const handlers = [
    defineHandler('prepare', async (ctx) => ({ phase: ctx.phase, one: `${ctx.shardIndex}/${ctx.shardTotal}` })),
    defineHandler('work', async (ctx) => {
      if (ctx.shardIndex === 1 && broken) throw new Error('broken');
      return { index: ctx.shardIndex, prepared: ctx.beforeResult, param: ctx.param, resumes: ctx.resumesRunId };
    }),
    defineHandler('merge', async (ctx) => ctx.shardResults.map(({ state, result }) => ({ state, result }))),
  ];
  const definition = job(1, 'work', {
    shardTotal: 3,
    beforeRun: 'prepare',
    afterRun: 'merge',
    param: '{"shard":{shardIndex},"of":"{shardTotal}"}',
  });
  const { scheduler } = await givenBoth([definition], handlers);
  const { runId } = await scheduler.triggerJob({ job: 'work', ...ordered('one') });
  const failed = await runOf(scheduler, runId, 'failed');
  expect(failed.beforeRun?.result).toEqual({ phase: 'before', one: '0/1' });
  const prepared = { phase: 'before', one: '0/1' };
  const done = (index: number, resumes: number | null = null) => ({
    state: 'succeeded',
    result: { index, prepared, param: `{"shard":${index},"of":"3"}`, resumes },
  });
  const error = { error: { code: 'HANDLER_FAILED', message: 'broken' } };
  expect(failed.result).toEqual([done(0), { state: 'failed', result: error }, done(2)]);

  broken = false;
  const resumed = await scheduler.rerun(runId, { kind: 'resume', requestId: 'again', by: 'ann' });
  const run = await runOf(scheduler, resumed.runId, 'succeeded');
  expect(run.result).toEqual([done(0), done(1, runId), done(2)]);
  expect(run.shards.map((shard) => shard.attempts.length)).toEqual([0, 1, 0]);
  expect(run.beforeRun?.attempts).toEqual([]);
});

test('a shard is tried again for what its handler threw, and not for what says that it is not retryable', async () => {
  let tries = 0;
  const handlers = [
    defineHandler('busy', async () => {
      tries += 1;
      if (tries < 3) throw Object.assign(new Error('come back later'), { code: 'GATEWAY_BUSY' });
      return tries;
    }),
    defineHandler('hopeless', async () => {
      throw new DaybreakError('BAD_INPUT', 'this file will never be right');
    }),
  ];
  const retry = { count: 3, firstMs: 1, on: ['GATEWAY_BUSY', 'FAILED'] };
  const jobs = [job(1, 'busy', { route: 'ROUND', retry }), job(2, 'hopeless', { route: 'ROUND', retry })];
  const { scheduler } = await givenBoth(jobs, handlers);
  const busy = await scheduler.triggerJob({ job: 'busy', ...ordered('one') });
  const hopeless = await scheduler.triggerJob({ job: 'hopeless', ...ordered('one') });
  const run = await runOf(scheduler, busy.runId, 'succeeded');
  expect(run.shards[0]?.attempts.map(({ no, state }) => [no, state])).toEqual([
    [1, 'failed'],
    [2, 'failed'],
    [3, 'succeeded'],
  ]);
  expect((await runOf(scheduler, hopeless.runId, 'failed')).reason).toBe(
    'shard 0 failed: try 1 of 4, not tried again: BAD_INPUT: this file will never be right',
  );
});

test('a kill reaches the handler, and the attempt is stopping until it has ended', async () => {
  const began = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const endless = defineHandler('endless', async (ctx) => {
    began.resolve();
    await new Promise<void>((resolve) => ctx.signal.addEventListener('abort', () => resolve()));
    told.resolve();
    await mayEnd.promise;
  });
  const { scheduler } = await givenBoth([job(1, 'endless', { route: 'ROUND' })], [endless]);
  const { runId } = await scheduler.triggerJob({ job: 'endless', ...ordered('one') });
  await began.promise;
  expect(await scheduler.killRun(runId, { by: 'ann', reason: 'wrong file' })).toBe(true);
  await told.promise;
  const stopping = await scheduler.run(runId);
  expect([stopping.state, stopping.shards[0]?.attempts[0]?.state]).toEqual(['cancelled', 'stopping']);
  await expect(scheduler.rerun(runId, { kind: 'all', requestId: 'x', by: 'ann' })).rejects.toThrow('still stopping');
  mayEnd.resolve();
  await expect
    .poll(async () => (await scheduler.run(runId)).shards[0]?.attempts[0]?.state, { timeout: 15_000, interval: 10 })
    .toBe('cancelled');
  expect((await scheduler.rerun(runId, { kind: 'all', requestId: 'x', by: 'ann' })).created).toBe(true);
});

test('an attempt that waits in its executor’s queue is not over its time, one that does not heed its limit is', async () => {
  const mayEnd = Promise.withResolvers<void>();
  const order: string[] = [];
  const deaf = defineHandler('deaf', async (ctx) => {
    order.push(ctx.param);
    await mayEnd.promise;
  });
  const settings = { timeoutGraceMs: 300 };
  const given = await givenScheduler({
    jobs: [job(1, 'deaf', { route: 'ROUND', timeoutSeconds: 1 })],
    settings: { ...PATIENT, ...settings },
  });
  // It would tell of the time-out by itself, but only long after the scheduler has had enough.
  executor = await givenExecutor({
    schedulers: [given.scheduler.url],
    handlers: [deaf],
    slots: 1,
    stopGraceMs: 60_000,
  });
  const { scheduler } = given;
  const first = await scheduler.triggerJob({ job: 'deaf', param: 'first', ...ordered('one') });
  await expect.poll(() => order, { timeout: 15_000 }).toEqual(['first']);
  const second = await scheduler.triggerJob({ job: 'deaf', param: 'second', ...ordered('two') });
  const late = await runOf(scheduler, first.runId, 'timed_out');
  expect(late.reason).toContain('had not ended it 300 ms after its limit of 1 s');
  expect((await scheduler.run(second.runId)).state).toBe('running');
  mayEnd.resolve();
  await runOf(scheduler, second.runId, 'succeeded');
  expect(order).toEqual(['first', 'second']);
});
