import { expect, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import { givenExecutor } from '../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../support/given-scheduler.ts';

const jobs = [job(1, 'debit'), job(2, 'report', { route: 'ROUND', param: 'for the board' })];
const chain = {
  name: 'night',
  nodes: ['debit', 'report'],
  edges: [{ from: 'debit', to: 'report', milestone: 'SETTLED' as const }],
};
const tonight = { chain: 'night', businessDate: '2026-11-20', cutOffAtMs: 4_102_444_800_000, requestId: 'tonight' };

test('our own executors run a chain, and their results come back shard by shard', async () => {
  const given = await givenScheduler({ jobs, chains: [chain], settings: { expectExecutors: 2 } });
  const handlers = [
    defineHandler('debit', async (ctx) => ({ index: ctx.shardIndex, total: ctx.shardTotal, date: ctx.businessDate })),
    defineHandler('report', async (ctx) => ({ param: ctx.param, cutOffAt: ctx.cutOffAt, chainRunId: ctx.chainRunId })),
  ];
  const schedulers = [given.scheduler.url];
  const executors = [await givenExecutor({ schedulers, handlers }), await givenExecutor({ schedulers, handlers })];
  try {
    const { chainRunId } = await given.scheduler.startChain(tonight);
    const view = await given.scheduler.waitForChainRun(chainRunId);
    expect(view.state).toBe('succeeded');
    expect(view.runs[0]?.shards.map((shard) => shard.result)).toEqual([
      { index: 0, total: 2, date: '2026-11-20' },
      { index: 1, total: 2, date: '2026-11-20' },
    ]);
    expect(view.runs[1]?.shards.map((shard) => shard.result)).toEqual([
      { param: 'for the board', cutOffAt: tonight.cutOffAtMs, chainRunId },
    ]);
  } finally {
    await Promise.all(executors.map((executor) => executor.stop()));
  }
});

test('an executor that is stopped while it works gives its shard to another one, and the run loses nothing', async () => {
  const given = await givenScheduler({ jobs, settings: { expectExecutors: 1 } });
  const began = Promise.withResolvers<void>();
  const endless = defineHandler('debit', async (ctx) => {
    began.resolve();
    await new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)));
  });
  const schedulers = [given.scheduler.url];
  const stopping = await givenExecutor({ schedulers, handlers: [endless] });
  const { runId } = await given.scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: 'one' });
  await began.promise;
  await stopping.drain({ deadlineMs: 0 });
  await stopping.stop();
  const heir = await givenExecutor({ schedulers, handlers: [defineHandler('debit', async () => 'done')] });
  try {
    await given.metric('daybreak_scheduler_runs_ended_total{state="succeeded"}', 1);
    const run = await runOf(given.scheduler, runId);
    expect(run.shards[0]?.result).toBe('done');
    expect(run.shards[0]?.attempts.map((attempt) => attempt.state)).toEqual(['lost', 'succeeded']);
  } finally {
    await heir.stop();
  }
});
