import { afterEach, describe, expect, test } from 'vitest';
import type { Downstream } from '../../executor/downstream/define-downstream.ts';
import type { MoneyEngine } from '../../executor/downstream/money-engine.ts';
import { premiumDebit, settlementHooks } from '../../executor/examples/settlement/settlement-jobs.ts';
import { splitSlice } from '../../executor/slice/split-slice.ts';
import { addTotals, judgeTold } from '../../scheduler/callback/told-totals.ts';
import type { RunManifest, SliceSettled, Total } from '../../shared/protocol/wire.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { expectTruth } from '../support/money-truth.ts';
import { MoneyWorld, realTime, type WorldOptions } from '../support/money-world.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

const RUN = 7;
let world: MoneyWorld;
let drop: () => Promise<void> = async () => undefined;
const given = async (options: WorldOptions = {}): Promise<MoneyWorld> => {
  world = await MoneyWorld.open({
    capabilities: { batchMax: 10, maxRequestsPerSecond: 5_000, visibilityMs: 2_000 },
    ...options,
    engine: { chunkSize: 10, slicesAtOnce: 1, ...options.engine },
  });
  return world;
};
afterEach(async () => {
  await expectTruth(world);
  await expectExpected();
  await world.close();
  await drop();
  drop = async () => undefined;
});

/** The same gateway, but from this node each request to it takes long. */
const slowly = (ms: number): Downstream => {
  const downstream = world.gateway.downstream(settlementHooks);
  return {
    ...downstream,
    async send(debits, signal) {
      await world.runtime.sleep(ms, signal);
      return downstream.send(debits, signal);
    },
  };
};

const slices = () =>
  world.rows<Record<string, number | string | null>>('select * from slice where run_id = 7 order by slice_no');
const owners = async (): Promise<string[]> => {
  const rows = await world.rows<{ owner: string }>('select distinct owner from slice_lease');
  return rows.map(({ owner }) => owner.split('#')[0] ?? '').sort();
};
const shard = (engine: MoneyEngine, shardIndex: number, shardTotal: number, more: object = {}) =>
  engine.runDebitShard(
    world.ctx({
      runId: RUN,
      shardIndex,
      shardTotal,
      executorAddress: `http://node-${shardIndex}/`,
      logId: shardIndex,
      ...more,
    }),
    premiumDebit('test'),
  );

/** Each slice is expected to hold what it holds: a split moves counts and amounts, and makes none. */
async function expectExpected(): Promise<void> {
  const held = await world.rows(
    `select run_id, slice_no, currency, count(*) as n, sum(amount_minor) as total from item
     group by run_id, slice_no, currency order by run_id, slice_no, currency`,
  );
  const expected = await world.rows(
    `select run_id, slice_no, currency, item_count as n, amount_minor as total from slice_expected
     order by run_id, slice_no, currency`,
  );
  expect(expected).toEqual(held);
}

/** What the scheduler concludes from what was told, in the order of telling and in the opposite one. */
async function expectToldWhole(): Promise<void> {
  const messages = await world.rows<{ kind: string; body: string }>('select kind, body from x_outbox order by id');
  const manifest = JSON.parse(messages.find(({ kind }) => kind === 'run-manifest')?.body ?? '{}') as RunManifest;
  const told = messages.flatMap(({ kind, body }) =>
    kind === 'slice-settled' ? [JSON.parse(body) as SliceSettled] : [],
  );
  expect(told).toHaveLength((await slices()).length);
  for (const order of [told, [...told].reverse()]) {
    let sliceCount = manifest.sliceCount;
    let totals: Total[] = [];
    order.forEach((slice, at) => {
      sliceCount = Math.max(sliceCount, slice.sliceCount ?? 0);
      totals = addTotals(totals, slice.totals);
      const soFar = { sliceCount, slicesTold: at + 1, mismatch: null };
      const judged = judgeTold({
        ...soFar,
        manifest: JSON.stringify(manifest.totals),
        totalsTold: JSON.stringify(totals),
      });
      expect(judged).toEqual({ told: at === order.length - 1 ? 'complete' : 'incomplete', mismatch: null });
    });
  }
}

function expectEachSentOnce(): void {
  for (const requestNo of world.gateway.books.keys()) expect(world.gateway.sendsOf(requestNo)).toHaveLength(1);
}

describe('money on slices that are stolen and split', () => {
  test('a slow node keeps what it has sent; the rest of its slices is worked by who is done', async () => {
    await given();
    await world.manyPlans(400, { currency: 'USD', amountMinor: 99_999_999_999 });
    const quick = await world.startEngine();
    const slow = await world.startEngine(world.store, { downstream: slowly(2_000) });
    const ends = Promise.all([shard(slow, 0, 2), shard(quick, 1, 2)]);
    const [atSlow, atQuick] = await world.drive(ends);
    expect(await world.states()).toEqual({ SUCCESS: 400 });
    expect(atQuick.items).toBeGreaterThan(atSlow.items);
    const children = (await slices()).filter(({ parent_slice_no }) => parent_slice_no !== null);
    expect(children.length).toBeGreaterThan(0);
    expectEachSentOnce();
    await expectToldWhole();
  });

  test('its holder dies after a split: parent and child go on at their cursors, told once each', async () => {
    let slowStores = 0;
    await given();
    await world.manyPlans(200);
    const dies = (store: SqlStore): SqlStore => {
      let dead = false;
      const never = new Promise<never>(() => undefined);
      return {
        ...store,
        read: (name, body) => (dead ? never : store.read(name, body)),
        async transaction(name, body, how) {
          if (dead) return never;
          if (name === 'settle-chunk' && ++slowStores === 2) {
            dead = true;
            return never;
          }
          return store.transaction(name, body, how);
        },
      };
    };
    const slow = await world.startEngine(dies(world.store), { downstream: slowly(1_000), chunkSize: 10 });
    void shard(slow, 0, 1).catch(() => undefined);
    await world.runtime.advance(500);
    const heir = await world.startEngine();
    await world.drive(heir.volunteerOnce(new AbortController().signal));
    expect((await slices()).filter(({ parent_slice_no }) => parent_slice_no !== null).length).toBeGreaterThan(0);
    await world.runtime.advance(30_000);
    await world.drive(shard(heir, 0, 1, { logId: 2, attempt: 2 }));
    await world.sweepFor(60_000);
    expect(await world.states()).toEqual({ SUCCESS: 200 });
    expectEachSentOnce();
    await expectToldWhole();
  });

  test('rows that were read and then split off are dropped under the lock: their new holder alone sends them', async () => {
    let isFirst = true;
    await given({
      engine: { chunkSize: 40, slicesAtOnce: 1 },
      wrapStore: (store) => ({
        ...store,
        async transaction(name, body, how) {
          if (name === 'store-chunk' && isFirst) {
            isFirst = false;
            const thief = { runId: RUN, shardIndex: null, owner: 'thief', leaseMs: 60_000, rowsMin: 5 };
            const split = await splitSlice(store, thief, { sliceNo: 0, epoch: 1 });
            expect(split).toMatchObject({ kind: 'leased', lease: { cursorSeq: 25, hi: 50 } });
          }
          return store.transaction(name, body, how);
        },
      }),
    });
    await world.manyPlans(50);
    const done = shard(world.engine, 0, 1);
    await world.runtime.advance(2_000);
    const taken = `select to_seq from history where slice_no = 0 and from_state = 'PENDING'`;
    expect(await world.rows(taken)).toEqual([{ to_seq: 25 }]);
    await world.plant('update slice set lease_until = 0 where slice_no = 1');
    await world.drive(done);
    expect(await world.states()).toEqual({ SUCCESS: 50 });
    expectEachSentOnce();
    await expectToldWhole();
  });

  test('a volunteer works slices of a run that it has no shard of, and its name stands at what it did', async () => {
    await given();
    await world.manyPlans(300);
    const slow = await world.startEngine(world.store, { downstream: slowly(1_000) });
    const joined = await world.startEngine(world.store, { volunteerName: 'http://node-late/' });
    const done = shard(slow, 0, 1);
    await world.runtime.advance(100);
    const { helped } = await world.drive(joined.volunteerOnce(new AbortController().signal));
    expect(helped).toBe(1);
    await world.drive(done);
    expect(await owners()).toEqual(['http://node-0/', 'http://node-late/']);
    expect(await world.states()).toEqual({ SUCCESS: 300 });
    expectEachSentOnce();
    await expectToldWhole();
  });

  test('with the option on it looks by itself; the drain gives its slices back at their cursors', async () => {
    await given();
    await world.manyPlans(300);
    const slow = await world.startEngine(world.store, { downstream: slowly(1_000) });
    const joined = await world.startEngine(world.store, { volunteer: true, downstream: slowly(300) });
    const done = shard(slow, 0, 1);
    await world.runtime.advance(3_000);
    const held = (await slices()).filter(({ owner }) => String(owner).startsWith('volunteer'));
    expect(held.length).toBeGreaterThan(0);
    await world.drive(joined.drain());
    expect((await slices()).filter(({ owner }) => String(owner).startsWith('volunteer'))).toEqual([]);
    await world.drive(done);
    expect(await world.states()).toEqual({ SUCCESS: 300 });
    expectEachSentOnce();
  });

  test('a volunteer takes nothing where no attempt works: before, after a kill, and of another chain run', async () => {
    await given();
    await world.manyPlans(300);
    const slow = await world.startEngine(world.store, { downstream: slowly(500) });
    const joined = await world.startEngine();
    const look = () => world.drive(joined.volunteerOnce(new AbortController().signal));
    expect(await look()).toEqual({ helped: 0 });
    const killed = new AbortController();
    const work = shard(slow, 0, 1, { signal: killed.signal }).catch((error: unknown) => error);
    await world.runtime.advance(600);
    killed.abort(new Error('killed'));
    expect(await world.drive(work)).toMatchObject({ message: 'killed' });
    expect(await look()).toEqual({ helped: 0 });
    const states = await world.states();
    expect(states.PENDING).toBeGreaterThan(200);
    // Another attempt opens it again.
    const again = shard(slow, 0, 1, { attempt: 2, logId: 9 });
    await world.runtime.advance(50);
    await world.beginNight(2, { exclusive: false });
    const stranger = await world.startEngine();
    await world.drive(stranger.volunteerOnce(new AbortController().signal));
    await world.drive(again);
    expect((await owners()).filter((owner) => owner === 'volunteer')).toEqual([]);
  });

  test('a volunteer that holds a slice stops between two chunks when the run is killed', async () => {
    await given();
    await world.manyPlans(300);
    const slow = await world.startEngine(world.store, { downstream: slowly(500) });
    const joined = await world.startEngine(world.store, { downstream: slowly(500) });
    const killed = new AbortController();
    const work = shard(slow, 0, 1, { signal: killed.signal }).catch((error: unknown) => error);
    await world.runtime.advance(300);
    const helping = joined.volunteerOnce(new AbortController().signal);
    await world.runtime.advance(1_200);
    const helped = (await slices()).filter(({ owner }) => String(owner).startsWith('volunteer'));
    expect(helped).toHaveLength(1);
    killed.abort(new Error('killed'));
    await world.drive(work);
    await world.drive(helping);
    const [left] = (await slices()).filter(({ slice_no }) => slice_no === helped[0]?.slice_no);
    expect(left).toMatchObject({ state: 'free', owner: null });
    expect((await slices()).filter(({ state }) => state === 'leased')).toEqual([]);
    expect((await world.states()).PENDING).toBeGreaterThan(150);
    await world.drive(shard(slow, 0, 1, { attempt: 2, logId: 9 }));
    expect(await world.states()).toEqual({ SUCCESS: 300 });
    expectEachSentOnce();
  });

  test('while it waits for the downstream a slice is kept, however long that takes', async () => {
    await given({ engine: { chunkSize: 10, slicesAtOnce: 1, leaseMs: 1_000, gatewayTimeoutMs: 1_000 } });
    await world.manyPlans(30);
    world.gateway.sends.push(() => ({ kind: 'credentials', why: 'HTTP 401', status: 401, raw: '' }));
    // Refused for many leases: the slice is not lost meanwhile, so there is one lease row per slice.
    const refused = () => ({ kind: 'credentials' as const, why: 'HTTP 401', status: 401, raw: '' });
    world.gateway.capabilityAnswers.push(...Array.from({ length: 6 }, () => refused));
    await world.drive(shard(world.engine, 0, 1));
    expect(await world.rows('select * from slice_lease')).toHaveLength((await slices()).length);
    await world.sweepFor(30_000);
    expect(await world.states()).toEqual({ SUCCESS: 30 });
  });
});

describeWith(['MariaDB'], 'money on slices that are stolen and split, on MariaDB', () => {
  test('four nodes, one of them slow and one that dies in mid chunk: each plan is sent once, and all is told', async () => {
    const database = await createMysqlDatabase();
    drop = database.drop;
    await given({
      url: database.url,
      runtime: realTime(),
      capabilities: { visibilityMs: 200, batchMax: 10, maxRequestsPerSecond: 5_000 },
      engine: { gatewayTimeoutMs: 500, chunkSize: 10, slicesAtOnce: 2, leaseMs: 900 },
    });
    await world.manyPlans(600, { currency: 'JPY', amountMinor: 1_234 });
    let isDead = false;
    const never = new Promise<never>(() => undefined);
    let settled = 0;
    const mortal: SqlStore = {
      ...world.store,
      read: (name, body) => (isDead ? never : world.store.read(name, body)),
      transaction(name, body, how) {
        if (name === 'settle-chunk' && ++settled === 3) isDead = true;
        return isDead ? never : world.store.transaction(name, body, how);
      },
    };
    const dying = await world.startEngine(mortal);
    const slow = await world.startEngine(world.store, { downstream: slowly(200) });
    const quick = await world.startEngine();
    const helper = await world.startEngine(world.store, { volunteer: true });
    void shard(dying, 0, 3).catch(() => undefined);
    const ends = Promise.all([shard(slow, 1, 3), shard(quick, 2, 3)]);
    await ends;
    // The scheduler would send the dead node's shard to an heir; what it was in the middle of waits for its lease.
    await world.plant('update slice set lease_until = 0 where lease_until > 0');
    await shard(quick, 0, 3, { attempt: 2, logId: 50 });
    await world.sweepFor(3_000, 200);
    await helper.drain();
    expect(await world.states()).toEqual({ SUCCESS: 600 });
    expectEachSentOnce();
    await expectToldWhole();
  });
});
