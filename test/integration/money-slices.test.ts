import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { premiumDebit } from '../../executor/examples/settlement/settlement-jobs.ts';
import { DaybreakError } from '../../shared/errors.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { timedOut } from '../support/money-gateway.ts';
import { expectTruth } from '../support/money-truth.ts';
import { MoneyWorld, requestNoOf, type WorldOptions } from '../support/money-world.ts';

let world: MoneyWorld;
const given = async (options: WorldOptions = {}): Promise<MoneyWorld> => {
  world = await MoneyWorld.open(options);
  return world;
};
afterEach(async () => {
  await expectTruth(world);
  await world.close();
});

const slices = () =>
  world.rows<{
    slice_no: number;
    lo: number;
    hi: number;
    home_shard: number;
    item_count: number;
    epoch: number;
    state: string;
  }>('select * from slice order by run_id, slice_no');

/** A store of which a process loses hold at a chosen transaction: what it asks for afterwards never happens. */
function mortal(store: SqlStore, diesAt: (name: string) => 'before' | 'after' | null): SqlStore {
  let dead = false;
  const never = new Promise<never>(() => undefined);
  return {
    ...store,
    read: (name, body) => (dead ? never : store.read(name, body)),
    async transaction(name, body, how) {
      if (dead) return never;
      const when = diesAt(name);
      if (when === 'before') {
        dead = true;
        return never;
      }
      const result = await store.transaction(name, body, how);
      if (when === 'after') {
        dead = true;
        return never;
      }
      return result;
    },
  };
}

describe('freezing (I9)', () => {
  test('slices partition what is due, whatever the counts, and shards partition the slices', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 250 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 5, max: 60 }),
        async (count, shardTotal, chunkSize) => {
          const one = await MoneyWorld.open({
            engine: { chunkSize },
            capabilities: { batchMax: 500, maxRequestsPerSecond: 5_000 },
          });
          try {
            await one.manyPlans(count);
            for (let shardIndex = 0; shardIndex < shardTotal; shardIndex += 1) {
              await one.debit(undefined, { runId: 7, shardIndex, shardTotal });
            }
            const items = await one.rows<{ subject: number; slice_no: number; seq: number }>(
              'select * from item order by seq',
            );
            expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
            expect(new Set(items.map(({ subject }) => subject)).size).toBe(count);
            const rows = await one.rows<{
              slice_no: number;
              parent_slice_no: number | null;
              lo: number;
              hi: number;
              home_shard: number;
            }>('select * from slice order by lo');
            let next = 1;
            for (const slice of rows) {
              expect(slice.lo).toBe(next);
              // One that was split off belongs to the shard that asked for it.
              if (slice.parent_slice_no === null) expect(slice.home_shard).toBe(slice.slice_no % shardTotal);
              next = slice.hi + 1;
            }
            expect(next).toBe(count + 1);
            expect(await one.states()).toEqual(count === 0 ? {} : { SUCCESS: count });
            await expectTruth(one);
          } finally {
            await one.close();
          }
        },
      ),
      { numRuns: 8 },
    );
    await given();
  });

  test('takes what is due by the business date, open, and there when the run starts', async () => {
    await given();
    await world.plans(
      { contractNo: 'DUE' },
      { contractNo: 'PAST', dueDate: '2026-01-01' },
      { contractNo: 'LATER', dueDate: '2026-11-21' },
      { contractNo: 'PAID', state: 'paid' },
      { contractNo: 'GONE', state: 'given_up' },
      { contractNo: 'HELD', state: 'held' },
      { contractNo: 'DUE', leg: 'PRINCIPAL' },
    );
    let added = false;
    world.gateway.sends.push(async (debits) => {
      // A plan that is imported while the run is on is not in tonight's run.
      await world.plans({ contractNo: 'NEW' });
      added = true;
      return world.gateway.send(debits);
    });
    await world.debit(undefined, { runId: 7 });
    await world.debit(undefined, { runId: 7, attempt: 2 } as never);
    expect(added).toBe(true);
    expect([...world.gateway.books.keys()].sort()).toEqual(['test.DUE.1.P.1.1', 'test.PAST.1.P.1.1']);
  });

  test('nothing due: a manifest of no slices', async () => {
    await given();
    await world.debit(undefined, { runId: 7 });
    const [row] = await world.rows<{ body: string }>(`select body from x_outbox where kind = 'run-manifest'`);
    expect(JSON.parse(String(row?.body))).toEqual({ runId: 7, sliceCount: 0, totals: [] });
  });

  test('the manifest and what the slices tell agree, per currency', async () => {
    await given();
    for (const currency of ['CNY', 'USD', 'JPY']) await world.manyPlans(70, { currency, amountMinor: 99_999_999_999 });
    await world.debit(undefined, { runId: 7 });
    const [row] = await world.rows<{ body: string }>(`select body from x_outbox where kind = 'run-manifest'`);
    const manifest = JSON.parse(String(row?.body));
    const sums = new Map<string, [number, bigint]>();
    for (const { totals } of await world.told()) {
      for (const { currency, count, amountMinor } of totals) {
        const [n, sum] = sums.get(currency) ?? [0, 0n];
        sums.set(currency, [n + count, sum + BigInt(amountMinor)]);
      }
    }
    expect(manifest.totals).toEqual(
      [...sums]
        .sort()
        .map(([currency, [count, sum]]) => ({ group: 'PREMIUM', currency, count, amountMinor: sum.toString() })),
    );
    expect(await world.told()).toHaveLength(manifest.sliceCount);
  });

  test.each([1, 2, 3, 4, 5])('interrupted at its step %i it goes on, and the membership is the same', async (step) => {
    let no = 0;
    await given({
      engine: { chunkSize: 20 },
      wrapStore: (store) => mortal(store, (name) => (/freeze/.test(name) && ++no === step ? 'after' : null)),
    });
    await world.manyPlans(230);
    void world.engine.runDebitShard(world.ctx({ runId: 7 }), premiumDebit('test'));
    await world.runtime.advance(100);
    world.engine = await world.startEngine();
    await world.debit(undefined, { runId: 7 });
    expect(await world.states()).toEqual({ SUCCESS: 230 });
    expect(await world.rows(`select * from x_outbox where kind = 'run-manifest'`)).toHaveLength(1);
  });

  test('two shards that freeze side by side make one membership', async () => {
    await given({ engine: { chunkSize: 10 } });
    await world.manyPlans(250);
    await Promise.all([0, 1].map((shardIndex) => world.debit(undefined, { runId: 7, shardIndex, shardTotal: 2 })));
    expect(await world.states()).toEqual({ SUCCESS: 250 });
    expect(world.gateway.of('send').flatMap(({ requestNos }) => requestNos)).toHaveLength(250);
  });
});

const owner = { runId: 7 };

describe('taking over', () => {
  test.each<[string, string, 'before' | 'after', number]>([
    ['before its first chunk is stored', 'store-chunk', 'before', 0],
    ['after the store, before the send', 'store-chunk', 'after', 10],
    ['after the send, before it could settle', 'settle-chunk', 'before', 10],
    ['after it has settled a chunk', 'settle-chunk', 'after', 0],
  ])('a holder that dies %s: the heir opens exactly the chunk in flight, and no new key is sent twice', async (_what, name, when, inFlight) => {
    let seen = 0;
    await given({
      capabilities: { batchMax: 10 },
      engine: { chunkSize: 10, slicesAtOnce: 1 },
      wrapStore: (store) => mortal(store, (at) => (at === name && ++seen === 2 ? when : null)),
    });
    await world.manyPlans(40);
    void world.engine.runDebitShard(world.ctx(owner), premiumDebit('test'));
    await world.runtime.advance(2_000);
    const before = await world.states();
    const sentBefore = world.gateway.of('send').flatMap(({ requestNos }) => requestNos);
    world.engine = await world.startEngine();
    await world.debit(undefined, owner);
    const opened = await world.rows('select * from open_item');
    expect(opened).toHaveLength(inFlight);
    expect(before.PROCESSING ?? 0).toBe(inFlight);
    expect(await world.states()).toEqual(inFlight ? { SUCCESS: 30, PROCESSING: 10 } : { SUCCESS: 40 });
    await world.sweepFor(120_000);
    expect(await world.states()).toEqual({ SUCCESS: 40 });
    for (const { requestNo } of await world.rows<{ requestNo: string }>(
      'select request_no as requestNo from call_out',
    )) {
      expect(world.gateway.sendsOf(requestNo)).toHaveLength(1);
      expect(requestNo.endsWith('.1.1')).toBe(true);
    }
    expect(new Set(sentBefore).size).toBe(sentBefore.length);
    const leases = await world.rows<{ slice_no: number; epoch: number }>(
      'select slice_no, epoch from slice_lease order by slice_no, epoch',
    );
    for (const [, ofSlice] of Map.groupBy(leases, (lease) => lease.slice_no)) {
      expect(ofSlice.map(({ epoch }) => epoch)).toEqual(ofSlice.map((_lease, i) => i + 1));
    }
  });

  test('a run that resumes a killed one works what is left under its id: no second item, no second call', async () => {
    await given({ capabilities: { batchMax: 10 }, engine: { chunkSize: 10, slicesAtOnce: 1 } });
    await world.manyPlans(120);
    const killed = new AbortController();
    let sends = 0;
    world.gateway.sends.push(
      ...Array.from({ length: 3 }, () => (debits: Parameters<typeof world.gateway.send>[0]) => {
        if (++sends === 3) killed.abort(new Error('killed'));
        return Promise.resolve(world.gateway.send(debits));
      }),
    );
    await expect(world.debit(undefined, { runId: 7, signal: killed.signal })).rejects.toThrow('killed');
    const before = await world.states();
    expect(before.PENDING).toBeGreaterThan(0);
    expect(before.SUCCESS).toBeGreaterThan(0);
    await world.debit(undefined, { runId: 8, resumesRunId: 7 });
    await world.debit(undefined, { runId: 9, resumesRunId: 7 });
    await world.sweepFor(120_000);
    expect(await world.states()).toEqual({ SUCCESS: 120 });
    expect(await world.rows('select distinct run_id as runId from item')).toEqual([{ runId: 7 }]);
    expect(await world.rows('select run_id as runId from slice_run')).toEqual([{ runId: 7 }]);
    const sent = world.gateway.of('send').flatMap(({ requestNos }) => requestNos);
    expect([sent.length, new Set(sent).size]).toEqual([120, 120]);
    // What is told of it is told of the run whose work it is.
    const told = await world.rows<{ body: string }>(
      `select body from x_outbox where kind in ('run-manifest', 'slice-settled')`,
    );
    expect(new Set(told.map(({ body }) => (JSON.parse(body) as { runId: number }).runId))).toEqual(new Set([7]));
  });

  test('a thousand calls of a dead holder that never left are sent without the pace of repeats', async () => {
    await given({
      capabilities: { batchMax: 500 },
      engine: { chunkSize: 1_000, slicesAtOnce: 1 },
      wrapStore: (store) => mortal(store, (name) => (name === 'store-chunk' ? 'after' : null)),
    });
    await world.manyPlans(1_000);
    void world.engine.runDebitShard(world.ctx(owner), premiumDebit('test'));
    await world.runtime.advance(2_000);
    expect(world.gateway.of('send')).toHaveLength(0);
    world.engine = await world.startEngine();
    await world.debit(undefined, owner);
    await world.sweepFor(120_000);
    expect(await world.states()).toEqual({ SUCCESS: 1_000 });
    const counted = await world.rows('select 1 from call_out where sends > 2 or attempt > 1');
    expect(counted).toEqual([]);
  });

  test('the lease has to run out by the store clock first (I10)', async () => {
    await given({ wrapStore: (store) => mortal(store, (name) => (name === 'store-chunk' ? 'after' : null)) });
    await world.manyPlans(5);
    void world.engine.runDebitShard(world.ctx(owner), premiumDebit('test'));
    await world.runtime.advance(1_000);
    const [held] = await world.rows<{ lease_until: number }>('select lease_until from slice');
    world.engine = await world.startEngine();
    await world.debit(undefined, owner);
    const [heir] = await world.rows<{ started_at: number }>('select started_at from slice_lease where epoch = 2');
    expect(Number(heir?.started_at)).toBeGreaterThan(Number(held?.lease_until));
    await world.sweepFor(90_000);
    expect(await world.states()).toEqual({ SUCCESS: 5 });
  });

  test('a holder whose answer comes after the take-over changes nothing, and its evidence is kept (I7)', async () => {
    await given({ engine: { leaseMs: 2_000, gatewayTimeoutMs: 60_000 } });
    const references = await world.manyPlans(6);
    let answer: () => void = () => undefined;
    world.gateway.sends.push(
      (debits) =>
        new Promise((resolve) => {
          const value = world.gateway.send(debits);
          answer = () => resolve(value);
        }),
    );
    const stale = world.engine.runDebitShard(world.ctx(owner), premiumDebit('test'));
    await world.runtime.advance(1_000);
    // Its lease is made to end early, as if the chunk had been paused for long.
    await world.plant('update slice set lease_until = 0');
    const heir = await world.startEngine();
    const first = world.engine;
    world.engine = heir;
    await world.debit(undefined, owner);
    expect(await world.states()).toEqual({ PROCESSING: 6 });
    const before = await world.rows('select * from item');
    const openBefore = await world.rows('select * from open_item');
    answer();
    await world.drive(stale);
    expect(await world.rows('select * from item')).toEqual(before);
    expect(await world.rows('select * from open_item')).toEqual(openBefore);
    expect(await world.rows('select * from ledger')).toEqual([]);
    expect(await world.rows(`select * from evidence where kind = 'send'`)).toHaveLength(1);
    await world.drive(first.drain());
    await world.sweepFor(60_000);
    expect(await world.states()).toEqual({ SUCCESS: 6 });
    for (const reference of references) expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
  });

  test('a holder that was stopped before its first transaction cannot store calls for a slice that has an heir (T8)', async () => {
    let resume: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      resume = resolve;
    });
    let first = true;
    await given({
      wrapStore: (store) => ({
        ...store,
        async transaction(name, body, how) {
          if (name === 'store-chunk' && first) {
            first = false;
            await stopped;
          }
          return store.transaction(name, body, how);
        },
      }),
    });
    const references = await world.manyPlans(6);
    const stale = world.engine.runDebitShard(world.ctx(owner), premiumDebit('test'));
    await world.runtime.advance(1_000);
    await world.runtime.advance(20_000);
    const old = world.engine;
    world.engine = await world.startEngine();
    await world.debit(undefined, owner);
    resume();
    await world.drive(stale);
    expect(await world.states()).toEqual({ SUCCESS: 6 });
    for (const reference of references) {
      expect(await world.calls(reference)).toHaveLength(1);
      expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
    }
    await world.drive(old.drain());
  });

  test('a holder that was stopped between its commit and its send does not send after its send deadline (T8)', async () => {
    await given({
      wrapStore: (store) => ({
        ...store,
        async transaction(name, body, how) {
          const result = await store.transaction(name, body, how);
          if (name === 'store-chunk') await world.runtime.sleep(60_000);
          return result;
        },
      }),
    });
    await world.manyPlans(3);
    await world.debit(undefined, owner);
    expect(world.gateway.of('send')).toEqual([]);
    expect(await world.states()).toEqual({ PROCESSING: 3 });
    await world.sweepFor(60_000);
    expect(await world.states()).toEqual({ SUCCESS: 3 });
  });
});

describe('draining', () => {
  test('sends nothing more from its queue, ends when what is in flight has ended, and the night goes on later', async () => {
    await given({ capabilities: { batchMax: 1, maxRequestsPerSecond: 5 } });
    await world.manyPlans(20);
    const work = world.engine.runDebitShard(world.ctx(owner), premiumDebit('test')).catch((error: unknown) => error);
    await world.runtime.advance(1_000);
    const sent = world.gateway.of('send').length;
    expect(sent).toBeGreaterThan(1);
    await world.drive(world.engine.drain(), { withinMs: 12_000 });
    expect(world.gateway.inFlight).toBe(0);
    expect(world.gateway.of('send').length).toBeLessThanOrEqual(sent + 1);
    expect(await world.drive(work)).toBeInstanceOf(Error);
    world.engine = await world.startEngine();
    await world.debit(undefined, owner);
    await world.sweepFor(120_000);
    expect(await world.states()).toEqual({ SUCCESS: 20 });
    for (const { requestNos } of world.gateway.of('send'))
      expect(world.gateway.sendsOf(requestNos[0] ?? '')).toHaveLength(1);
  });
});

describe('what never changes (I22, I23)', () => {
  test.each([
    `update call_out set amount_minor = 1`,
    `update call_out set currency = 'USD'`,
    `update call_out set account_no = 'x'`,
    `update call_out set request_no = 'x'`,
    `update call_out set body_hash = 'x'`,
    `update call_out set expire_at = 1`,
    `update call_out set key_dead_at = 1`,
    `update ledger set amount_minor = 1`,
    `update evidence set body = 'x'`,
    `update history set to_state = 'FAILED'`,
  ])('%s is refused by the store', async (text) => {
    await given();
    await world.manyPlans(1);
    await world.debit();
    await expect(world.plant(text)).rejects.toThrow(DaybreakError);
  });
});

test('there is one call per attempt, and one ledger entry per call: a second breaks the key (I3, I6)', async () => {
  await given();
  await world.manyPlans(1);
  await world.debit();
  for (const table of ['call_out', 'ledger']) {
    await expect(world.plant(`insert into ${table} select * from ${table}`)).rejects.toMatchObject({
      code: 'SQL_CONFLICT',
    });
  }
});

test('SETTLED is told once per slice with the right sums, however the last item closes', async () => {
  await given({ engine: { chunkSize: 25 }, capabilities: { batchMax: 50 } });
  await world.manyPlans(200);
  let no = 0;
  world.gateway.fate = () =>
    ++no % 10 === 0 ? { outcome: 'FAILED', code: 'LIMIT_EXCEEDED' } : { outcome: 'SUCCESS', code: 'OK' };
  for (let i = 0; i < 4; i += 1) {
    world.gateway.sends.push((debits) => {
      const answer = world.gateway.send(debits);
      return i % 2 === 0 ? timedOut() : answer;
    });
  }
  await world.debit();
  await world.sweepFor(90_000);
  const told = await world.told();
  expect(told.length).toBe((await slices()).length);
  const sums: Record<string, number> = {};
  for (const { state, count } of told.flatMap(({ totals }) => totals)) sums[state] = (sums[state] ?? 0) + count;
  expect(sums).toEqual({ SUCCESS: 180, FAILED: 20 });
  for (const { runId, sliceNo, totals } of told) {
    const rows = await world.rows<{ state: string; n: number; total: number }>(
      'select state, count(*) as n, sum(amount_minor) as total from item where run_id = ? and slice_no = ? group by state',
      [runId, sliceNo],
    );
    expect(totals.map(({ state, count, amountMinor }) => [state, count, amountMinor]).sort()).toEqual(
      rows.map(({ state, n, total }) => [state, n, String(total)]).sort(),
    );
  }
});
