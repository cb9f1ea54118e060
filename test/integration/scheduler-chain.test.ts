import { expect, test } from 'vitest';
import { givenScheduler, job, NIGHT, NIGHT_JOBS, noTicks } from '../support/given-scheduler.ts';

const TONIGHT = { chain: 'night', businessDate: '2026-11-20', cutOffAtMs: null, requestId: 'tonight' };
const premium = { group: 'PREMIUM', currency: 'CNY', count: 2, amountMinor: '300' };

test('a night goes from import to reconcile, each child once, at once', async () => {
  // Without ticks: no step waits for one.
  const given = await givenScheduler({ jobs: NIGHT_JOBS, chains: [NIGHT], ticker: noTicks });
  const executors = [await given.executor(), await given.executor()];
  for (const executor of executors) {
    executor.onRun = async (request) => {
      const runId = request.runId ?? 0;
      const index = request.broadcastIndex ?? 0;
      if (request.executorHandler === 'premium' || request.executorHandler === 'principal') {
        await executor.manifest({ runId, sliceCount: 2, totals: [{ ...premium, count: 4, amountMinor: '600' }] });
        await executor.report(request, { result: { items: 2 } });
        await executor.settled([{ runId, sliceNo: index, totals: [{ ...premium, state: 'SUCCESS' }] }]);
      } else {
        await executor.report(request, { result: { file: 'plans.csv' } });
      }
    };
  }
  const { chainRunId, created } = await given.scheduler.startChain(TONIGHT);
  expect(created).toBe(true);
  const view = await given.scheduler.waitForChainRun(chainRunId);
  expect(view.state).toBe('succeeded');
  expect(view.runs.map((run) => [run.job, run.state, run.shardTotal])).toEqual([
    ['import', 'succeeded', 1],
    ['premium', 'succeeded', 2],
    ['principal', 'succeeded', 2],
    ['reconcile', 'succeeded', 1],
  ]);
  expect(view.runs[1]?.shards.map((shard) => shard.result)).toEqual([{ items: 2 }, { items: 2 }]);
  expect(view.runs[1]?.totalsTold).toEqual([{ ...premium, count: 4, amountMinor: '600', state: 'SUCCESS' }]);
  expect(await given.scheduler.startChain(TONIGHT)).toEqual({ chainRunId, created: false });
});

test('a failed parent ends the chain with its reason, and no child is made', async () => {
  const given = await givenScheduler({
    jobs: [job(1, 'a'), job(2, 'b')],
    chains: [{ name: 'night', nodes: ['a', 'b'], edges: [{ from: 'a', to: 'b', milestone: 'SETTLED' }] }],
  });
  const executor = await given.executor();
  executor.onRun = async (request) => void (await executor.report(request, { code: 500, msg: 'no such file' }));
  const { chainRunId } = await given.scheduler.startChain(TONIGHT);
  const view = await given.scheduler.waitForChainRun(chainRunId);
  expect(view).toMatchObject({ state: 'failed', reason: 'a failed: shard 0 failed: no such file' });
  expect(view.runs).toHaveLength(1);
});
