import { afterEach, expect, test } from 'vitest';
import { premiumDebit, principalDebit } from '../../executor/examples/settlement/settlement-jobs.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { timedOut } from '../support/money-gateway.ts';
import { expectTruth } from '../support/money-truth.ts';
import { MoneyWorld, realTime, requestNoOf, type WorldOptions } from '../support/money-world.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

/** What row locks, a second connection and another clock than ours could break: the essentials on a real server. */
describeWith(['MariaDB'], 'the money protocol on MariaDB', () => {
  let world: MoneyWorld;
  let drop: () => Promise<void> = async () => undefined;
  const given = async (options: WorldOptions = {}, shiftMs = 0): Promise<MoneyWorld> => {
    const database = await createMysqlDatabase();
    drop = database.drop;
    world = await MoneyWorld.open({
      url: database.url,
      runtime: realTime(shiftMs),
      capabilities: { visibilityMs: 200, batchMax: 10, maxRequestsPerSecond: 500 },
      ...options,
      engine: { gatewayTimeoutMs: 500, chunkSize: 20, leaseMs: 700, ...options.engine },
    });
    return world;
  };
  afterEach(async () => {
    await expectTruth(world);
    await world.close();
    await drop();
  });
  const run = { runId: 7 };

  test('a night with every kind of answer, two nodes side by side, and a sweep', async () => {
    await given();
    await world.manyPlans(60);
    world.gateway.fate = ({ requestNo }) => {
      const no = Number(/\.C(\d+)\./.exec(requestNo)?.[1]);
      return no % 10 === 0 ? { outcome: 'FAILED', code: 'INSUFFICIENT_FUNDS' } : { outcome: 'SUCCESS', code: 'OK' };
    };
    for (let i = 0; i < 2; i += 1) {
      world.gateway.sends.push((debits) => {
        world.gateway.send(debits);
        return timedOut();
      });
    }
    const other = await world.startEngine();
    await Promise.all([
      world.drive(
        world.engine.runDebitShard(world.ctx({ ...run, shardIndex: 0, shardTotal: 2 }), premiumDebit('test')),
      ),
      world.drive(other.runDebitShard(world.ctx({ ...run, shardIndex: 1, shardTotal: 2 }), premiumDebit('test'))),
    ]);
    expect((await world.states()).PROCESSING).toBe(20);
    await world.sweepFor(2_500, 200);
    expect(await world.states()).toEqual({ SUCCESS: 54, FAILED: 6 });
    for (const requestNo of world.gateway.books.keys()) expect(world.gateway.sendsOf(requestNo)).toHaveLength(1);
  });

  test('an answer larger than the server takes at once settles what it answers; the rest of it stands as its hash', async () => {
    await given();
    await world.manyPlans(10);
    world.gateway.sends.push((debits) => {
      const answer = world.gateway.send(debits);
      return answer.kind === 'answered' ? { ...answer, raw: `${answer.raw}${'界'.repeat(20 * 1024 * 1024)}` } : answer;
    });
    await world.debit(undefined, run);
    expect(await world.states()).toEqual({ SUCCESS: 10 });
    const [kept] = await world.rows<{ body: string }>(
      `select right(body, 120) as body from evidence where kind = 'send'`,
    );
    expect(kept?.body).toMatch(/界\n\[cut: \d+ characters in all, SHA-256 [0-9a-f]{64}\]$/);
  });

  test('a callback, a sweep and a reply that meet at one item settle it once', async () => {
    await given();
    const references = await world.manyPlans(10);
    world.gateway.sends.push(async (debits) => {
      const answer = world.gateway.send(debits);
      await Promise.all(references.map((reference) => world.tell(requestNoOf(reference))));
      return answer;
    });
    await world.debit(undefined, run);
    expect(await world.states()).toEqual({ SUCCESS: 10 });
    expect(await world.rows('select * from ledger')).toHaveLength(10);
    // Mostly one slice; on a slow machine its idle half is split off, and told by itself.
    const told = await world.told();
    expect(new Set(told.map(({ sliceNo }) => sliceNo)).size).toBe(told.length);
    expect(told.flatMap(({ totals }) => totals).reduce((sum, { count }) => sum + Number(count), 0)).toBe(10);
  });

  test('a dead holder: the heir opens the chunk in flight and sends nothing of it', async () => {
    let seen = 0;
    await given({
      engine: { slicesAtOnce: 1 },
      wrapStore: (store): SqlStore => ({
        ...store,
        transaction: (name, body, how) =>
          name === 'settle-chunk' && ++seen === 2
            ? new Promise<never>(() => undefined)
            : store.transaction(name, body, how),
      }),
    });
    await world.manyPlans(60);
    void world.engine.runDebitShard(world.ctx(run), premiumDebit('test'));
    for (let i = 0; i < 200 && seen < 2; i += 1) await world.runtime.advance(10);
    world.engine = await world.startEngine();
    // The chunk's lease is the send deadline; nobody waits for it in a test.
    await world.plant('update slice set lease_until = 0');
    await world.debit(undefined, run);
    expect(await world.states()).toEqual({ SUCCESS: 40, PROCESSING: 20 });
    await world.sweepFor(2_500, 200);
    expect(await world.states()).toEqual({ SUCCESS: 60 });
    for (const requestNo of world.gateway.books.keys()) expect(world.gateway.sendsOf(requestNo)).toHaveLength(1);
  });

  test('the gate reads the premium under its lock, in chunks and in the sweep', async () => {
    await given();
    await world.plans(
      { contractNo: 'A' },
      { contractNo: 'A', leg: 'PRINCIPAL' },
      { contractNo: 'B' },
      { contractNo: 'B', leg: 'PRINCIPAL' },
      { contractNo: 'C', leg: 'PRINCIPAL' },
    );
    world.gateway.fate = ({ requestNo }) =>
      requestNo.startsWith('test.A.1.P')
        ? { outcome: 'FAILED', code: 'ACCOUNT_CLOSED' }
        : requestNo.startsWith('test.B.1.P')
          ? { outcome: 'PROCESSING', code: 'OK' }
          : { outcome: 'SUCCESS', code: 'OK' };
    await world.debit();
    await world.debit(principalDebit('test'));
    expect((await world.item('A.1.R')).state).toBe('BLOCKED');
    expect((await world.item('B.1.R')).state).toBe('PENDING');
    expect((await world.item('C.1.R')).state).toBe('SUCCESS');
    world.gateway.finish('test.B.1.P.1.1', 'SUCCESS');
    await world.tell('test.B.1.P.1.1');
    await world.sweepFor(1_500, 200);
    expect((await world.item('B.1.R')).state).toBe('SUCCESS');
  });

  test.each([
    3_600_000, -3_600_000,
  ])('a node whose wall clock is %i ms off: the same outcomes (I18)', async (shiftMs) => {
    await given({ connect: false, cutOffInMs: 1_800_000 - shiftMs }, shiftMs);
    // The gateway is right; only this node's clock is not.
    world.gateway.clockOffsetMs = -shiftMs;
    await world.drive(world.engine.connect({ forMs: 30_000 }));
    await world.manyPlans(20);
    await world.debit();
    expect(await world.states()).toEqual({ SUCCESS: 20 });
    const [call] = await world.calls('C1.1.P');
    // The offset was measured in real time: what counts is that the hour is gone from it.
    expect(Math.abs(Number(call?.expireAt) - world.cutOffAtMs)).toBeLessThan(60_000);
  });

  test('the values of a call never change', async () => {
    await given();
    await world.manyPlans(1);
    await world.debit();
    for (const text of [
      'update call_out set amount_minor = 1',
      `update ledger set gateway_ref = 'x'`,
      `update history set actor = 'x'`,
    ]) {
      await expect(world.plant(text)).rejects.toThrow();
    }
  });
});
