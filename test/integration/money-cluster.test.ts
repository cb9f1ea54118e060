import { afterEach, describe, expect, test } from 'vitest';
import { readRunProgress } from '../../executor/downstream/shard-progress.ts';
import { premiumDebit, settlementHooks } from '../../executor/examples/settlement/settlement-jobs.ts';
import { ClusterHints } from '../support/cluster-hints.ts';
import { createFakeRuntime } from '../support/fake-runtime.ts';
import { timedOut } from '../support/money-gateway.ts';
import { expectTruth } from '../support/money-truth.ts';
import { BUSINESS_DATE, MoneyWorld, type WorldOptions } from '../support/money-world.ts';

/** Engines of several processes on one store, under one clock: what they may send together. */
describe('engines of a cluster', () => {
  let world: MoneyWorld;
  let redis: ClusterHints;
  const given = async (options: WorldOptions = {}): Promise<void> => {
    const runtime = createFakeRuntime({ startMs: Date.parse(`${BUSINESS_DATE}T01:00:00Z`) });
    redis = new ClusterHints(runtime);
    world = await MoneyWorld.open({
      ...options,
      runtime,
      engine: { cluster: true, hints: redis.hints(), ...options.engine },
    });
  };
  afterEach(async () => {
    await expectTruth(world);
    await world.engine.drain();
    await world.close();
  });

  /** The most requests of any kind in one second, both ends included. */
  function busiestSecond(): number {
    const instants = world.gateway.requests.map(({ atMs }) => atMs).sort((a, b) => a - b);
    let [from, most] = [0, 0];
    instants.forEach((atMs, index) => {
      while (atMs - (instants[from] ?? 0) > 1_000) from += 1;
      most = Math.max(most, index - from + 1);
    });
    return most;
  }

  test('three debit a night within the limit, the first probe of each counted', async () => {
    await given({ capabilities: { maxRequestsPerSecond: 12, batchMax: 5 }, engine: { chunkSize: 20 } });
    await world.manyPlans(1_200);
    const run = { runId: 7, shardTotal: 3 };
    const first = world.engine.runDebitShard(world.ctx({ ...run, shardIndex: 0 }), premiumDebit('test'));
    await world.runtime.advance(2_000);
    const engines = [await world.startEngine(), await world.startEngine()];
    const others = engines.map((engine, n) =>
      engine.runDebitShard(world.ctx({ ...run, shardIndex: n + 1, logId: n + 2 }), premiumDebit('test')),
    );
    const results = await world.drive(Promise.all([first, ...others]));
    expect(await world.states()).toEqual({ SUCCESS: 1_200 });
    expect(results.every(({ items }) => items > 0)).toBe(true);
    expect(busiestSecond()).toBeLessThanOrEqual(12);
    for (const engine of engines) await world.drive(engine.drain());
  });

  test('repeats go at 10 % of the first sends of a minute, all processes together', async () => {
    await given({
      capabilities: { visibilityMs: 10_000, batchMax: 500, maxRequestsPerSecond: 1_000 },
      engine: { chunkSize: 500 },
    });
    await world.manyPlans(1_200);
    for (let n = 0; n < 7; n += 1) world.gateway.sends.push(timedOut);
    await world.debit();
    const firsts = world.gateway.of('send').length;
    const other = await world.startEngine();
    for (let n = 0; n < 30; n += 1) {
      // In turn: the first to look would else have all that is due.
      await world.sweep(n % 2 === 0 ? world.engine : other);
      await world.runtime.advance(2_000);
    }
    const repeats = world.gateway
      .of('send')
      .slice(firsts)
      .flatMap(({ atMs, requestNos }) => requestNos.map(() => atMs));
    const inMinute = repeats.map((from) => repeats.filter((atMs) => atMs >= from && atMs - from < 59_000).length);
    expect(repeats.length).toBeGreaterThan(0);
    expect(Math.max(...inMinute)).toBeLessThanOrEqual(120);
    await world.drive(other.drain());
  });

  test('who joins while the gateway wants a pause asks it nothing before that is over', async () => {
    await given({ capabilities: { maxRequestsPerSecond: 40 } });
    const untilMs = world.runtime.clock.wallMs() + 10_000;
    await world.plant('update rate_limit set held_until = ?', [untilMs]);
    const asked = world.gateway.of('capabilities').length;
    const joining = world.startEngine();
    await world.runtime.advance(9_000);
    expect(world.gateway.of('capabilities')).toHaveLength(asked);
    const engine = await joining;
    expect(world.gateway.of('capabilities')).toHaveLength(asked + 1);
    expect(world.runtime.clock.wallMs()).toBeGreaterThanOrEqual(untilMs);
    await world.drive(engine.drain());
  });

  test('refused credentials at one process make another, which sends nothing, ask the gateway itself', async () => {
    await given();
    const downstream = world.gateway.downstream(settlementHooks);
    let asked = 0;
    const capabilities: typeof downstream.capabilities = (signal) => {
      asked += 1;
      return downstream.capabilities(signal);
    };
    const other = await world.startEngine(world.store, { downstream: { ...downstream, capabilities } });
    expect(asked).toBe(1);
    await world.manyPlans(1);
    world.gateway.sends.push(() => ({ kind: 'credentials', why: '401', status: 401, raw: '' }));
    await world.debit();
    // It waits for its token like any request: for a lease, where another process held the whole rate.
    await world.runtime.advance(10_000);
    expect(asked).toBe(2);
    await world.sweepFor(200_000, 5_000);
    expect(await world.states()).toEqual({ SUCCESS: 1 });
    await world.drive(other.drain());
  });

  test('a shard tells how it comes on, and a flush takes nothing but the picture', async () => {
    await given({ capabilities: { maxRequestsPerSecond: 20, batchMax: 5 }, engine: { chunkSize: 20 } });
    await world.manyPlans(300);
    const run = { runId: 7, shardTotal: 2 };
    const hints = redis.hints();
    const done = world.engine.runDebitShard(world.ctx({ ...run, shardIndex: 0 }), premiumDebit('test'));
    await world.runtime.advance(2_500);
    const [first] = await readRunProgress(hints, run);
    expect(first).toMatchObject({ shardIndex: 0, open: 0 });
    expect(first?.items).toBeGreaterThan(0);
    expect(first?.itemsPerSecond).toBeGreaterThan(0);
    redis.flush();
    expect(await readRunProgress(hints, run)).toEqual([]);
    const { items } = await world.drive(done);
    expect(await readRunProgress(hints, run)).toMatchObject([{ shardIndex: 0, items }]);
  });

  test('a resolution by hand states no limit to the others', async () => {
    await given({ capabilities: { maxRequestsPerSecond: 40 } });
    const offline = world.newEngine();
    await offline
      .resolveByHand({ requestNo: 'none', as: 'failed', by: 'a', approvedBy: 'b', reason: 'c' })
      .catch(() => undefined);
    expect(await world.rows('select limit_milli from rate_limit')).toEqual([{ limit_milli: 40_000 }]);
  });
});
