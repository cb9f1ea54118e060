import { describe, expect, test } from 'vitest';
import { createMovements } from '../../../../scheduler/admin/alarm/movements.ts';
import { watchNights } from '../../../../scheduler/admin/alarm/watch-nights.ts';
import { type AskedRun, createLiveCounts } from '../../../../scheduler/admin/night/live-counts.ts';
import { viewAlarms } from '../../../../scheduler/alarm/alarms.ts';
import { acceptRunManifest, acceptSlicesSettled } from '../../../../scheduler/callback/accept-told.ts';
import { endRunsOfEndedChains } from '../../../../scheduler/chain/end-runs-of-ended-chains.ts';
import { evaluateEdges } from '../../../../scheduler/chain/evaluate-edges.ts';
import { cancelChainRun, startChain } from '../../../../scheduler/chain/start-chain.ts';
import { readDefinitions } from '../../../../scheduler/definition/read-definitions.ts';
import { storeDefinitions } from '../../../../scheduler/firing/store-definitions.ts';
import { recordDeparture } from '../../../../scheduler/registry/record-heartbeat.ts';
import { retireSilentExecutors } from '../../../../scheduler/registry/retire-silent-executors.ts';
import { killRun } from '../../../../scheduler/run/kill-run.ts';
import { attemptById } from '../../../../scheduler/storage/sql/attempt-queries.ts';
import { type GivenRuns, givenRuns, only } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

const MINUTE = 60_000;
const JOBS = [
  job(1, 'debit', { tellsSettled: true, route: 'FIRST' }),
  job(2, 'elsewhere', { group: 'nobody', route: 'FIRST' }),
  job(3, 'plain', { route: 'FIRST', block: 'PARALLEL' }),
  job(4, 'report', { route: 'FIRST' }),
  job(5, 'repair', { route: 'FIRST' }),
];
const NIGHT = { name: 'night', nodes: ['plain'], edges: [] };

/** What executors answer when they are asked how far a run is; as a rule nobody does. */
type Ask = (run: AskedRun) => Promise<unknown>;
const nobody: Ask = async () => {
  throw new Error('no executor answers');
};

/** Alarms that are open after a look at everything, made twice: the second look raises none again. */
async function open({ ctx }: GivenRuns, ask: Ask = nobody, movements = createMovements()): Promise<string[]> {
  const watch = { counts: createLiveCounts(ctx, ask), movements };
  await watchNights(ctx, watch);
  await watchNights(ctx, watch);
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

test('a run that tells nothing is not stalled as long as its executors answer something else', async () => {
  const given = await givenRuns(JOBS);
  const runId = await given.trigger('debit');
  await given.dispatch();
  await acceptRunManifest(given.ctx, { runId, sliceCount: 2, totals: totals(2) as never });
  const movements = createMovements();
  const worked =
    (count: number): Ask =>
    async () => ({
      ...{ total: 2, worked: count, settled: 0, uncounted: 2, states: [] },
    });
  await advance(given, 6 * MINUTE);
  expect(await open(given, worked(0), movements)).toEqual([]);
  await advance(given, 6 * MINUTE);
  expect(await open(given, worked(1), movements)).toEqual([]);
  // One that has just started does not know what it did before.
  expect(await open(given, worked(1), createMovements())).toEqual([]);
  await advance(given, 9 * MINUTE);
  expect(await open(given, worked(1), movements)).toEqual([]);
  await advance(given, 2 * MINUTE);
  expect(await open(given, worked(1), movements)).toEqual([`RUN_STALLED run ${runId}`]);
  // Another scheduler, which has just started, has not seen it move either.
  expect(await open(given, worked(1), createMovements())).toEqual([`RUN_STALLED run ${runId}`]);
  expect(await open(given, worked(2), movements)).toEqual([]);
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

test('what a night leaves without an outcome is told when it ends, until a later one has settled it', async () => {
  const given = await givenRuns(JOBS);
  const night = {
    name: 'night',
    nodes: ['debit', 'report'],
    edges: [{ from: 'debit', to: 'report', orCutOff: true }],
  } as const;
  await storeDefinitions(given.ctx, { calendars: [], ...readDefinitions(JOBS, [night]) });
  const cutOffAtMs = given.runtime.clock.wallMs() + 20 * MINUTE;
  await startChain(given.ctx, { chain: 'night', businessDate: '2026-11-20', requestId: 'a', cutOffAtMs });
  const debit = only(await given.dispatch());
  const runId = await given.store.read('run', async (db) => Number((await attemptById(db, debit.logId))?.runId));
  await acceptRunManifest(given.ctx, { runId, sliceCount: 2, totals: totals(2) as never });
  await acceptSlicesSettled(given.ctx, [settled(runId, 0)] as never);
  await given.report(debit);
  await advance(given, 20 * MINUTE);
  await evaluateEdges(given.ctx);
  await given.report(only(await given.dispatch()));
  await endRunsOfEndedChains(given.ctx);
  expect((await given.view(runId)).state).toBe('timed_out');
  expect(await open(given)).toEqual([`ITEMS_UNRESOLVED run ${runId}`]);
  await acceptSlicesSettled(given.ctx, [settled(runId, 1)] as never);
  // Also where nobody looks at the whole, in a scheduler without the admin.
  expect(await viewAlarms(given.ctx)).toEqual([]);
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

const SILENCE = { executorSilentAfterMs: 45_000, executorGoneAfterMs: 90_000 };

/** Somebody listens all the while: what nobody could hear is no silence. */
async function listen(given: GivenRuns, forMs: number): Promise<void> {
  for (let ms = 0; ms <= forMs; ms += 5_000) {
    await advance(given, 5_000);
    await given.beat(9001);
    await retireSilentExecutors(given.ctx);
  }
}

test('an executor that falls silent is lost, until it is heard of again', async () => {
  const given = await givenRuns(JOBS, { settings: SILENCE });
  await listen(given, SILENCE.executorSilentAfterMs);
  const lost = await open(given);
  expect(lost).toHaveLength(1);
  expect(lost[0]).toMatch(/^EXECUTOR_LOST executor \d+$/);
  await given.beat(9002);
  await retireSilentExecutors(given.ctx);
  expect(await open(given)).toEqual([]);
});

test('an executor that says goodbye is not lost, nor one that is started anew at its address before it is missed', async () => {
  const given = await givenRuns(JOBS, { settings: SILENCE });
  await recordDeparture(given.ctx, {
    ...{ registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: 'http://127.0.0.1:9002/' },
    incarnation: 'first',
  });
  await listen(given, SILENCE.executorSilentAfterMs);
  expect(await open(given)).toEqual([]);

  const restarted = await givenRuns(JOBS, { settings: SILENCE });
  await listen(restarted, SILENCE.executorSilentAfterMs - 10_000);
  await restarted.beat(9002, 'second');
  await listen(restarted, SILENCE.executorSilentAfterMs - 10_000);
  expect(await open(restarted)).toEqual([]);
});

describe('a cut-off', () => {
  const CHAINS = [
    NIGHT,
    { name: 'debits', nodes: ['debit'], edges: [] },
    {
      name: 'legs',
      nodes: ['plain', 'report', 'repair'],
      edges: [
        { from: 'plain', to: 'report' },
        { from: 'plain', to: 'repair', when: 'failure' },
      ],
    },
  ] as const;
  const DATE = '2026-11-20';

  async function givenChains(): Promise<GivenRuns> {
    const given = await givenRuns(JOBS);
    await storeDefinitions(given.ctx, { calendars: [], ...readDefinitions(JOBS, CHAINS) });
    return given;
  }

  /** A chain run whose cut-off comes so long after now; its first runs have begun, unless it is said. */
  async function start(given: GivenRuns, chain: string, cutOffAfterMs: number): Promise<number> {
    const cutOffAtMs = given.runtime.clock.wallMs() + cutOffAfterMs;
    const order = { chain, businessDate: DATE, requestId: `${chain} ${cutOffAfterMs}`, cutOffAtMs };
    return (await startChain(given.ctx, order)).chainRunId;
  }

  /** It took so long when it ran before. */
  async function took(given: GivenRuns, name: string, ms: number): Promise<void> {
    await given.trigger(name, `earlier ${name}`);
    const sent = only(await given.dispatch());
    await advance(given, ms);
    await given.report(sent);
  }

  const danger = (chainRunId: number) => [`CUT_OFF_IN_DANGER chain_run ${chainRunId}`];
  const newest = async ({ ctx }: GivenRuns) => (await viewAlarms(ctx, { openOnly: false }))[0];

  test('that will be missed by what its jobs usually take is told at once, and closed when the chain run has ended', async () => {
    const given = await givenChains();
    await took(given, 'plain', 20 * MINUTE);
    const fine = await start(given, 'night', 30 * MINUTE);
    expect(await open(given)).toEqual([]);
    const late = await start(given, 'night', 10 * MINUTE);
    expect(await open(given)).toEqual(danger(late));
    expect((await newest(given))?.message).toContain('will miss its cut-off');
    expect((await newest(given))?.message).toContain('at this pace it is done at');
    for (const id of [fine, late]) expect(await cancelChainRun(given.ctx, id, 'a test')).toBe(true);
    await given.store.transaction('end', (tx) =>
      tx.run(`update s_chain_run set state = 'cancelled', ended_at = ? where state = 'cancelling'`, [tx.nowMs]),
    );
    expect(await open(given)).toEqual([]);
  });

  test('that will be missed at the pace of now is told before it has come, once, and closed when the pace is back', async () => {
    const given = await givenChains();
    const chainRunId = await start(given, 'debits', 30 * MINUTE);
    const { logId } = only(await given.dispatch());
    const runId = await given.store.read('run', async (db) => Number((await attemptById(db, logId))?.runId));
    await acceptRunManifest(given.ctx, { runId, sliceCount: 2, totals: totals(600) as never });
    // Nothing of it is told: each slice holds an item that is open.
    const worked =
      (count: number): Ask =>
      async (run) => {
        expect(run).toEqual({ runId, group: 'orders' });
        return { total: 600, worked: count, settled: count, uncounted: 600, states: [] };
      };
    const alarms: string[] = [];
    const movements = createMovements();
    const look = async (afterMs: number, count: number): Promise<string[]> => {
      await advance(given, afterMs);
      const found = await open(given, worked(count), movements);
      alarms.push(...(await viewAlarms(given.ctx, { openOnly: false })).map(({ id }) => String(id)));
      return found;
    };
    expect(await look(5 * MINUTE, 150)).toEqual([]);
    expect(await look(5 * MINUTE, 190)).toEqual(danger(chainRunId));
    expect(await look(MINUTE, 205)).toEqual(danger(chainRunId));
    // Hardly in time is not over: what is near the cut-off is told once.
    expect(await look(MINUTE, 241)).toEqual(danger(chainRunId));
    expect(new Set(alarms).size).toBe(1);
    expect(await look(MINUTE, 330)).toEqual([]);
    expect((await newest(given))?.closedAtMs).toBe(given.runtime.clock.wallMs());
  });

  test('of a run that says nothing is told halfway from its usual end; of one that never ran with a sixth of its time left', async () => {
    const given = await givenChains();
    const never = await start(given, 'debits', 30 * MINUTE);
    await given.dispatch();
    await advance(given, 24 * MINUTE);
    expect(await open(given)).toEqual([]);
    await advance(given, 2 * MINUTE);
    expect(await open(given)).toEqual(danger(never));
    expect((await newest(given))?.message).toContain('nobody knows how long "debit" will take');
    await advance(given, 5 * MINUTE);

    const other = await givenChains();
    await took(other, 'plain', 20 * MINUTE);
    const usual = await start(other, 'night', 30 * MINUTE);
    await other.dispatch();
    await advance(other, 24 * MINUTE);
    expect(await open(other)).toEqual([]);
    await advance(other, 2 * MINUTE);
    expect(await open(other)).toEqual(danger(usual));
  });

  test('of a leg that has not begun: what waits takes its time from now on, and what never ran hides nobody', async () => {
    const given = await givenChains();
    await took(given, 'plain', 20 * MINUTE);
    // "report" never ran, and "repair" runs after a failure only.
    const tight = await start(given, 'legs', 15 * MINUTE);
    expect(await open(given)).toEqual(danger(tight));
    expect((await newest(given))?.message).toContain('nobody knows how long "report" will take');

    const other = await givenChains();
    await took(other, 'plain', 20 * MINUTE);
    const waiting = await start(other, 'night', 30 * MINUTE);
    await advance(other, 9 * MINUTE);
    expect(await open(other)).toEqual([]);
    await advance(other, 2 * MINUTE);
    expect(await open(other)).toContain(danger(waiting)[0]);
  });

  test('is not in danger because of what only a failure brings', async () => {
    const given = await givenChains();
    for (const name of ['plain', 'report', 'repair']) await took(given, name, 10 * MINUTE);
    await start(given, 'legs', 25 * MINUTE);
    expect(await open(given)).toEqual([]);
  });
});
