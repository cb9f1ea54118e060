import { expect, test } from 'vitest';
import { watchNights } from '../../../../scheduler/admin/alarm/watch-nights.ts';
import { viewAlarms } from '../../../../scheduler/alarm/alarms.ts';
import { acceptRunManifest, acceptSlicesSettled } from '../../../../scheduler/callback/accept-told.ts';
import { cancelChainRun, startChain } from '../../../../scheduler/chain/start-chain.ts';
import { readDefinitions } from '../../../../scheduler/definition/read-definitions.ts';
import { storeDefinitions } from '../../../../scheduler/firing/store-definitions.ts';
import { retireSilentExecutors } from '../../../../scheduler/registry/retire-silent-executors.ts';
import { killRun } from '../../../../scheduler/run/kill-run.ts';
import { type GivenRuns, givenRuns, only } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

const MINUTE = 60_000;
const JOBS = [
  job(1, 'debit', { tellsSettled: true, route: 'FIRST' }),
  job(2, 'elsewhere', { group: 'nobody', route: 'FIRST' }),
  job(3, 'plain', { route: 'FIRST' }),
];
const NIGHT = { name: 'night', nodes: ['plain'], edges: [] };

/** Alarms that are open after a look at everything, made twice: the second look raises none again. */
async function open({ ctx }: GivenRuns): Promise<string[]> {
  await watchNights(ctx);
  await watchNights(ctx);
  const alarms = await viewAlarms(ctx);
  expect(alarms.every(({ times }) => times === 1)).toBe(true);
  return alarms.map(({ kind, subjectKind, subjectId }) => `${kind} ${subjectKind} ${subjectId}`);
}
const advance = ({ runtime }: GivenRuns, byMs: number) => runtime.advance(byMs);
const totals = (count: number, state?: string) => [
  {
    group: 'premium',
    currency: 'CNY',
    count,
    amountMinor: String(count * 100),
    ...(state === undefined ? {} : { state }),
  },
];
const settled = (runId: number, sliceNo: number) => ({ runId, sliceNo, totals: totals(1, 'SUCCESS') });

test('a run that tells its slices and does not move is stalled, until it moves', async () => {
  const given = await givenRuns(JOBS);
  const runId = await given.trigger('debit');
  await given.dispatch();
  await acceptRunManifest(given.ctx, { runId, sliceCount: 2, totals: totals(2) as never });
  await advance(given, 9 * MINUTE);
  expect(await open(given)).toEqual([]);
  await advance(given, 2 * MINUTE);
  expect(await open(given)).toEqual([`RUN_STALLED run ${runId}`]);
  await acceptSlicesSettled(given.ctx, [settled(runId, 0)] as never);
  expect(await open(given)).toEqual([]);
  await advance(given, 11 * MINUTE);
  expect(await open(given)).toEqual([`RUN_STALLED run ${runId}`]);
  await killRun(given.ctx, runId, { by: 'ann', reason: 'enough' });
  expect(await open(given)).toEqual([]);
});

test('a run that is back with items whose outcome is not known is told after half an hour, until they are known', async () => {
  const given = await givenRuns(JOBS);
  const runId = await given.trigger('debit');
  const sent = only(await given.dispatch());
  await acceptRunManifest(given.ctx, { runId, sliceCount: 2, totals: totals(2) as never });
  await acceptSlicesSettled(given.ctx, [settled(runId, 0)] as never);
  await given.report(sent);
  expect((await given.view(runId)).state).toBe('dispatched');
  await advance(given, 29 * MINUTE);
  expect(await open(given)).toEqual([]);
  await advance(given, 2 * MINUTE);
  expect(await open(given)).toEqual([`ITEMS_UNRESOLVED run ${runId}`]);
  await acceptSlicesSettled(given.ctx, [settled(runId, 1)] as never);
  expect((await given.view(runId)).state).toBe('succeeded');
  expect(await open(given)).toEqual([]);
});

test('a run that nobody takes starts late, until it has ended; one that begins in time never', async () => {
  const given = await givenRuns(JOBS);
  const runId = await given.trigger('elsewhere');
  await given.trigger('plain');
  await given.dispatch();
  await advance(given, 9 * MINUTE);
  expect(await open(given)).toEqual([]);
  await advance(given, 2 * MINUTE);
  expect(await open(given)).toEqual([`START_LATE run ${runId}`]);
  const [alarm] = await viewAlarms(given.ctx);
  expect(alarm?.message).toContain('no executor of group "nobody" is alive');
  await killRun(given.ctx, runId, { by: 'ann', reason: 'not today' });
  expect(await open(given)).toEqual([]);
});

test('an executor that falls silent is lost, until it is heard of again', async () => {
  const settings = { executorSilentAfterMs: 45_000, executorGoneAfterMs: 90_000 };
  const given = await givenRuns(JOBS, { settings });
  // Somebody listened all the while: what nobody could hear is no silence.
  for (let ms = 0; ms <= settings.executorSilentAfterMs; ms += 5_000) {
    await advance(given, 5_000);
    await given.beat(9001);
    await retireSilentExecutors(given.ctx);
  }
  const lost = await open(given);
  expect(lost).toHaveLength(1);
  expect(lost[0]).toMatch(/^EXECUTOR_LOST executor \d+$/);
  await given.beat(9002);
  await retireSilentExecutors(given.ctx);
  expect(await open(given)).toEqual([]);
});

test('a chain run that will be done past its cut-off is told before it is late, and closed when it has ended', async () => {
  const given = await givenRuns(JOBS);
  await storeDefinitions(given.ctx, { calendars: [], ...readDefinitions(JOBS, [NIGHT]) });
  // It usually takes twenty minutes.
  await given.trigger('plain', 'earlier');
  const sent = only(await given.dispatch());
  await advance(given, 20 * MINUTE);
  await given.report(sent);
  const nowMs = given.runtime.clock.wallMs();
  const order = { chain: 'night', businessDate: '2026-11-20' };
  const fine = await startChain(given.ctx, { ...order, requestId: 'a', cutOffAtMs: nowMs + 30 * MINUTE });
  expect(await open(given)).toEqual([]);
  const late = await startChain(given.ctx, { ...order, requestId: 'b', cutOffAtMs: nowMs + 10 * MINUTE });
  expect(await open(given)).toEqual([`CUT_OFF_IN_DANGER chain_run ${late.chainRunId}`]);
  const [alarm] = await viewAlarms(given.ctx);
  expect(alarm?.message).toContain('at this pace it is done at');
  for (const { chainRunId } of [fine, late]) {
    await given.store.transaction('end', (tx) =>
      tx.run(`update s_chain_run set state = 'cancelled', ended_at = ? where id = ?`, [nowMs, chainRunId]),
    );
  }
  expect(await open(given)).toEqual([]);
  expect(await cancelChainRun(given.ctx, late.chainRunId, 'a test')).toBe(false);
});
