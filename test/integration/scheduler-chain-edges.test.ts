import { describe, expect, test } from 'vitest';
import type { ChainDefinition } from '../../scheduler/definition/chain-definition.ts';
import { pruneHistory } from '../../scheduler/storage/prune-history.ts';
import { givenScheduler, job, NIGHT, NIGHT_JOBS, noTicks, STEADY_SETTINGS } from '../support/given-scheduler.ts';
import { givenContext } from '../support/given-scheduler-context.ts';

const frozen = { group: 'PREMIUM', currency: 'CNY', count: 1, amountMinor: '100' };
const settled = { ...frozen, state: 'SUCCESS' };
const jobs = [job(1, 'premium', { tellsSettled: true }), job(2, 'principal')];
const chainOf = (edge: Partial<ChainDefinition['edges'][number]>): ChainDefinition => ({
  name: 'night',
  nodes: ['premium', 'principal'],
  edges: [{ from: 'premium', to: 'principal', milestone: 'SETTLED', ...edge }],
});
const tonight = (cutOffAtMs: number | null) => ({
  chain: 'night',
  businessDate: '2026-11-20',
  cutOffAtMs,
  requestId: 'tonight',
});
const isOf = (handler: string) => (request: { executorHandler: string }) => request.executorHandler === handler;

describe('a parent with an item still in flight', () => {
  test('holds its child until the last slice is told', async () => {
    const given = await givenScheduler({ jobs, chains: [chainOf({})] });
    const executor = await given.executor();
    const { chainRunId } = await given.scheduler.startChain(tonight(null));
    const premium = await executor.nextRun();
    const runId = premium.runId ?? 0;
    await executor.manifest({ runId, sliceCount: 1, totals: [frozen] });
    await executor.report(premium);
    expect((await given.scheduler.chainRun(chainRunId)).runs.map((run) => run.state)).toEqual(['dispatched']);
    await executor.settled([{ runId, sliceNo: 0, totals: [settled] }]);
    const principal = await executor.nextRun();
    expect(principal).toMatchObject({ executorHandler: 'principal', chainRunId, businessDate: '2026-11-20' });
    await executor.report(principal);
    expect((await given.scheduler.waitForChainRun(chainRunId)).state).toBe('succeeded');
  });

  test('lets its child go when the grace is over, not before and without a tick', async () => {
    const given = await givenScheduler({ jobs, chains: [chainOf({ graceMs: 300 })], ticker: noTicks });
    const executor = await given.executor();
    const { chainRunId } = await given.scheduler.startChain(tonight(null));
    await executor.report(await executor.nextRun());
    await executor.report(await executor.nextRun(isOf('principal')));
    const view = await given.scheduler.waitForChainRun(chainRunId);
    const [parent, child] = view.runs;
    expect(Number(child?.createdAtMs) - Number(parent?.dispatchedAtMs)).toBeGreaterThanOrEqual(300);
    expect(view.state).toBe('succeeded');
    // The night is over; its item is still in flight, so the run says so instead of claiming that it is settled.
    expect(view.runs[0]).toMatchObject({
      state: 'timed_out',
      reason: 'not settled when its chain run ended (succeeded): no manifest was told',
    });
  });

  test('lets its child go at the cut-off, and not without a cut-off', async () => {
    const given = await givenScheduler({ jobs, chains: [chainOf({ orCutOff: true })] });
    const executor = await given.executor();
    const cutOffAtMs = Date.now() + 400;
    await given.scheduler.startChain(tonight(cutOffAtMs));
    const premium = await executor.nextRun();
    expect(premium.cutOffAtMs).toBe(cutOffAtMs);
    await executor.report(premium);
    await executor.nextRun(isOf('principal'));
    expect(Date.now()).toBeGreaterThanOrEqual(cutOffAtMs);
  });

  test('with a shard still out at the cut-off the child waits for the shard', async () => {
    const given = await givenScheduler({ jobs, chains: [chainOf({ orCutOff: true })] });
    const executor = await given.executor();
    const { chainRunId } = await given.scheduler.startChain(tonight(Date.now() - 1_000));
    const premium = await executor.nextRun();
    expect((await given.scheduler.chainRun(chainRunId)).runs).toHaveLength(1);
    await executor.report(premium);
    await executor.nextRun(isOf('principal'));
  });
});

test('sums that are not those frozen end the chain as failed, and say so', async () => {
  const given = await givenScheduler({ jobs, chains: [chainOf({})] });
  const executor = await given.executor();
  const { chainRunId } = await given.scheduler.startChain(tonight(null));
  const premium = await executor.nextRun();
  const runId = premium.runId ?? 0;
  await executor.report(premium);
  await executor.manifest({ runId, sliceCount: 1, totals: [frozen] });
  await executor.settled([{ runId, sliceNo: 0, totals: [{ ...settled, amountMinor: '101' }] }]);
  const view = await given.scheduler.waitForChainRun(chainRunId);
  expect(view.state).toBe('failed');
  expect(view.reason).toContain('MANIFEST_MISMATCH after slice 0');
  await given.metric('daybreak_scheduler_manifest_mismatches_total', 1);
});

test('a join starts once, when every edge into it is met', async () => {
  const given = await givenScheduler({
    jobs: [job(1, 'a'), job(2, 'b'), job(3, 'join')],
    chains: [
      {
        name: 'night',
        nodes: ['a', 'b', 'join'],
        edges: [
          { from: 'a', to: 'join', milestone: 'SETTLED' },
          { from: 'b', to: 'join', milestone: 'SETTLED' },
        ],
      },
    ],
  });
  const executor = await given.executor();
  const { chainRunId } = await given.scheduler.startChain(tonight(null));
  const [a, b] = [await executor.nextRun(), await executor.nextRun()];
  await Promise.all([executor.report(a), executor.report(b)]);
  await executor.report(await executor.nextRun(isOf('join')));
  const view = await given.scheduler.waitForChainRun(chainRunId);
  expect(view.runs.map((run) => run.state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
});

describe('a sweep', () => {
  test('fires while its chain run is active, is discarded while the last one runs, and ends with the chain', async () => {
    const given = await givenScheduler({ jobs: NIGHT_JOBS, chains: [NIGHT] });
    const executor = await given.executor();
    const { chainRunId } = await given.scheduler.startChain(tonight(null));
    const importing = await executor.nextRun(isOf('import'));
    const sweeping = await executor.nextRun(isOf('sweep'));
    await given.metric('daybreak_scheduler_runs_ended_total{state="discarded"}', 2);
    expect(executor.requests.filter(isOf('sweep'))).toHaveLength(1);
    await executor.report(sweeping);
    // The next one runs again, and is still out when the chain ends.
    const out = await executor.nextRun(isOf('sweep'));
    await executor.report(importing, { code: 500, msg: 'no such file' });
    const view = await given.scheduler.waitForChainRun(chainRunId);
    expect(view.state).toBe('failed');
    expect(view.sweepRuns).toBeGreaterThanOrEqual(4);
    expect(await given.scheduler.run(out.runId ?? 0)).toMatchObject({ state: 'cancelled' });
    expect((await given.scheduler.status()).openRuns).toEqual([]);
    expect(await given.store.read('schedules', (db) => db.all('select * from s_schedule'))).toEqual([]);
    // What was planned ahead has its verdict too: nothing is left to fire.
    expect(await given.store.read('planned', (db) => db.all('select * from s_planned_fire'))).toEqual([]);
    await given.metric('daybreak_scheduler_fires_total{verdict="skipped"}', 1);
  });

  test('of the past is pruned, but for the last ones', async () => {
    const given = await givenScheduler({
      jobs: [job(5, 'sweep', { schedule: { kind: 'fixed_rate', everyMs: 50 }, block: 'DISCARD_LATER' })],
      settings: { ...STEADY_SETTINGS, keepSweepRuns: 3 },
    });
    const executor = await given.executor();
    executor.onRun = async (request) => void (await executor.report(request));
    await given.metric('daybreak_scheduler_runs_ended_total{state="succeeded"}', 10);
    await pruneHistory(givenContext(given.store, { keepSweepRuns: 3 }));
    const left = await given.store.read('count', (db) =>
      db.get<{ runs: number; fires: number; attempts: number }>(
        `select (select count(*) from s_run where ended_at is not null) as runs,
           (select count(*) from s_fire where state <> 'planned') as fires, (select count(*) from s_attempt) as attempts`,
      ),
    );
    // One more may have ended between the pruning and the count.
    expect(left?.runs).toBeLessThanOrEqual(6);
    expect(left?.fires).toBeLessThanOrEqual(6);
    expect(left?.attempts).toBeLessThanOrEqual(6);
  });
});

test('a cancel ends the chain run, tells the executors, and no child comes after it', async () => {
  const given = await givenScheduler({ jobs, chains: [chainOf({})] });
  const executor = await given.executor();
  const { chainRunId } = await given.scheduler.startChain(tonight(null));
  const premium = await executor.nextRun();
  await given.metric('daybreak_scheduler_dispatches_total{answer="accepted"}', 1);
  await given.scheduler.cancelChainRun(chainRunId, 'the file was wrong');
  const view = await given.scheduler.waitForChainRun(chainRunId);
  expect(view).toMatchObject({ state: 'cancelled', reason: 'the file was wrong' });
  await executor.report(premium);
  expect((await given.scheduler.chainRun(chainRunId)).runs).toHaveLength(1);
  expect(executor.kills).toEqual([{ jobId: 1, logId: premium.logId }]);
});

test('whoever waits for a chain run is let go with the reason of the signal, or of the stop', async () => {
  const given = await givenScheduler({ jobs, chains: [chainOf({})] });
  const { chainRunId } = await given.scheduler.startChain(tonight(null));
  const reason = new Error('no patience');
  await expect(given.scheduler.waitForChainRun(chainRunId, AbortSignal.abort(reason))).rejects.toBe(reason);
  const waiting = given.scheduler.waitForChainRun(chainRunId);
  const refused = expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  await given.restart();
  await refused;
  await expect(given.scheduler.waitForChainRun(999)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
