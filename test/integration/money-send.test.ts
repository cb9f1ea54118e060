import { afterEach, describe, expect, test } from 'vitest';
import { DaybreakError } from '../../shared/errors.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { badCredentials, refusedConnection, serverError, throttled, timedOut } from '../support/money-gateway.ts';
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

describe('stored before sent, sent once (P2, P3)', () => {
  test('a night of plain answers ends in SUCCESS and FAILED with one send each', async () => {
    await given({ capabilities: { batchMax: 7 } });
    const references = await world.manyPlans(60);
    world.gateway.fate = ({ requestNo }) =>
      requestNo.includes('.C13.') ? { outcome: 'FAILED', code: 'ACCOUNT_CLOSED' } : { outcome: 'SUCCESS', code: 'OK' };
    const result = await world.debit();
    expect(result).toMatchObject({ items: 60, debited: 60, unclear: 0 });
    expect(await world.states()).toEqual({ SUCCESS: 59, FAILED: 1 });
    for (const reference of references) expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
    expect(await world.item('C13.1.P')).toMatchObject({ state: 'FAILED', reason: 'ACCOUNT_CLOSED', plan: 'given_up' });
    expect(Math.max(...world.gateway.of('send').map(({ requestNos }) => requestNos.length))).toBe(7);
  });

  test('when a send sees its debits, their rows are committed: calls SENT, items PROCESSING, all values as sent', async () => {
    let transactions = 0;
    const seen: unknown[] = [];
    await given({
      capabilities: { batchMax: 4 },
      wrapStore: (store) => countTransactions(store, (by) => (transactions += by)),
    });
    await world.manyPlans(10);
    const look = async (debits: readonly { requestNo: string; amount: number; expireAt: number }[]) => {
      // Nothing is sent inside a transaction: none of the engine's is open now.
      expect(transactions).toBe(0);
      for (const debit of debits) {
        const [row] = await world.rows<Record<string, unknown>>(
          `select c.state, c.sends, c.amount_minor, c.currency, c.account_no, c.expire_at, i.state as item, i.attempt
           from call_out c join item i on i.run_id = c.run_id and i.slice_no = c.slice_no and i.seq = c.seq
           where c.request_no = ?`,
          [debit.requestNo],
        );
        expect(row).toMatchObject({
          state: 'SENT',
          sends: 1,
          item: 'PROCESSING',
          attempt: 1,
          amount_minor: debit.amount,
          expire_at: debit.expireAt,
        });
        seen.push(debit.requestNo);
      }
    };
    for (let i = 0; i < 3; i += 1) {
      world.gateway.sends.push(async (debits) => {
        await look(debits);
        return world.gateway.send(debits);
      });
    }
    await world.debit();
    expect(seen).toHaveLength(10);
  });

  test('a request that stays without an answer is not sent again by the one who sent it', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push(
      (_debits, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
    );
    await world.debit();
    expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', open: 'UNCLEAR' });
    expect(await world.calls(reference)).toMatchObject([{ state: 'UNKNOWN', sends: 1 }]);
  });

  test('one exchange ends with the gateway timeout, whatever the gateway does', async () => {
    await given({ engine: { gatewayTimeoutMs: 3_000 } });
    await world.manyPlans(1);
    let abortedAfterMs = 0;
    const fromMs = () => world.runtime.clock.monotonicMs();
    world.gateway.sends.push((_debits, signal) => {
      const startedMs = fromMs();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          abortedAfterMs = fromMs() - startedMs;
          reject(signal.reason);
        });
      });
    });
    await world.debit();
    expect(abortedAfterMs).toBe(3_000);
  });

  test('no more calls are stored than can leave within half the send deadline', async () => {
    // 0.9 requests a second, 7.5 s: six requests of one call each, though the chunk could take a thousand.
    await given({ capabilities: { batchMax: 1, maxRequestsPerSecond: 1 } });
    await world.manyPlans(30);
    let most = 0;
    const watch = async () => {
      const [row] = await world.rows<{ n: number }>(`select count(*) as n from item where state = 'PROCESSING'`);
      most = Math.max(most, Number(row?.n));
    };
    for (let i = 0; i < 30; i += 1) {
      world.gateway.sends.push(async (debits) => {
        await watch();
        return world.gateway.send(debits);
      });
    }
    await world.debit();
    expect(await world.states()).toEqual({ SUCCESS: 30 });
    expect(most).toBeLessThanOrEqual(10);
    expect(busiestSecond(world)).toBeLessThanOrEqual(1);
  });

  test('a lost answer to the storing COMMIT: nothing is sent, nothing is sent twice, all is found out', async () => {
    let lost = 0;
    await given({
      capabilities: { batchMax: 5 },
      wrapStore: (store) => loseCommits(store, (name) => name === 'store-chunk' && lost++ === 0),
    });
    const references = await world.manyPlans(20);
    await world.debit();
    for (const reference of references)
      expect(world.gateway.sendsOf(requestNoOf(reference)).length).toBeLessThanOrEqual(1);
    expect(world.gateway.of('send')).toHaveLength(0);
    expect(await world.states()).toEqual({ PROCESSING: 20 });
    await world.sweepFor(90_000);
    expect(await world.states()).toEqual({ SUCCESS: 20 });
    for (const reference of references) {
      expect(await world.calls(reference)).toHaveLength(1);
      expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
    }
  });

  test('a lost answer to the settling COMMIT: nothing is settled or sent twice', async () => {
    let lost = 0;
    await given({ wrapStore: (store) => loseCommits(store, (name) => name === 'settle-chunk' && lost++ === 0) });
    const references = await world.manyPlans(10);
    // The shard goes on with what the rows say, and they say that it happened.
    await world.debit(undefined, { runId: 500 });
    expect(lost).toBeGreaterThan(0);
    expect(await world.states()).toEqual({ SUCCESS: 10 });
    await world.sweepFor(60_000);
    expect(await world.states()).toEqual({ SUCCESS: 10 });
    for (const reference of references) expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
  });

  test('a settling transaction that was rolled back: the answer is asked for, not sent for', async () => {
    let failed = 0;
    await given({ wrapStore: (store) => failBefore(store, (name) => name === 'settle-chunk' && failed++ === 0) });
    const references = await world.manyPlans(10);
    await expect(world.debit(undefined, { runId: 500 })).rejects.toThrow('the store is gone');
    await world.debit(undefined, { runId: 500 });
    expect(await world.states()).toEqual({ PROCESSING: 10 });
    await world.sweepFor(60_000);
    expect(await world.states()).toEqual({ SUCCESS: 10 });
    for (const reference of references) expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
  });
});

describe('what was not sent', () => {
  test('connection refused: the same request number again, and the send is not counted', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push(refusedConnection);
    await world.debit();
    expect(await world.calls(reference)).toMatchObject([{ state: 'STORED', sends: 0 }]);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', open: 'NOT_SENT' });
    await world.sweepFor(3_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS' });
    expect(await world.calls(reference)).toMatchObject([{ attempt: 1, sends: 1, state: 'SUCCEEDED' }]);
  });

  test('EXPIRED after a refused connection is still a definite negative: it was on the wire once', async () => {
    await given();
    await world.manyPlans(1);
    await world.debit();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push(refusedConnection, (debits) =>
      world.gateway.answered(debits.map((d) => ({ requestNo: d.requestNo, status: 'FAILED', code: 'EXPIRED' }))),
    );
    await world.debit();
    await world.sweepFor(5_000);
    expect(await world.calls(reference)).toMatchObject([
      { attempt: 1, sends: 1, state: 'REFUSED', code: 'EXPIRED' },
      { attempt: 2, sends: 1, state: 'SUCCEEDED' },
    ]);
  });

  test.each([
    2_000, 45_000, 90_000,
  ])('429: nothing leaves before Retry-After (%i ms), and then the same number', async (ms) => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push(() => throttled(ms));
    await world.debit();
    const [throttledAtMs = 0] = world.gateway.sendsOf(requestNoOf(reference));
    await world.sweepFor(ms + 10_000);
    const [, again = 0] = world.gateway.sendsOf(requestNoOf(reference));
    expect(again - throttledAtMs).toBeGreaterThanOrEqual(ms);
    expect(again - throttledAtMs).toBeLessThan(ms + 8_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', attempt: 1 });
    // A row in the open table is never put off for longer than the longest interval.
  });

  test('429 with a Retry-After beyond the cut-off keeps nobody from the last pass', async () => {
    await given({ capabilities: { batchMax: 1 }, cutOffInMs: 60_000 });
    const [lost = '', ...others] = await world.manyPlans(3);
    world.gateway.sends.push(
      (debits) => {
        world.gateway.send(debits);
        return timedOut();
      },
      () => throttled(365 * 86_400_000),
    );
    await world.debit();
    await world.toCutOff();
    expect(await world.item(lost)).toMatchObject({ state: 'SUCCESS' });
    for (const other of others) expect(await world.item(other)).toMatchObject({ state: 'PROCESSING' });
    expect(world.gateway.of('send').every(({ atMs }) => atMs < 60_000)).toBe(true);
  });

  test('429 again and again fails nothing', async () => {
    await given();
    await world.manyPlans(5);
    for (let i = 0; i < 12; i += 1) world.gateway.sends.push(() => throttled(1_000));
    await world.debit();
    await world.sweepFor(40_000);
    expect(await world.states()).toEqual({ SUCCESS: 5 });
  });
});

describe('what is unclear', () => {
  test.each([
    ['a timeout', timedOut],
    ['500', () => serverError(500)],
    ['503', () => serverError(503)],
    ['302', () => serverError(302)],
  ])('%s: every item of the request stays PROCESSING with a row in the open table', async (_what, answer) => {
    await given();
    const references = await world.manyPlans(8);
    world.gateway.sends.push(answer);
    await world.debit();
    for (const reference of references) {
      expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', open: 'UNCLEAR' });
    }
    expect(await world.told()).toEqual([]);
  });

  test('a downstream that throws is unclear, not failed', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push(() => {
      throw new TypeError('a bug in the client');
    });
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', open: 'UNCLEAR' });
  });

  test('repeats of a request that failed go in batches of a quarter, down to one', async () => {
    await given({ capabilities: { visibilityMs: 10_000 } });
    await world.manyPlans(32);
    for (let i = 0; i < 1 + 4 + 16; i += 1) world.gateway.sends.push(timedOut);
    const [first = ''] = await world.manyPlans(1);
    await world.debit();
    await world.sweepFor(300_000);
    expect(await world.states()).toEqual({ SUCCESS: 33 });
    for (const requestNo of world.gateway.books.keys()) {
      const sizes = world.gateway.of('send').filter(({ requestNos }) => requestNos.includes(requestNo));
      const [one = 0, ...more] = sizes.map(({ requestNos }) => requestNos.length);
      expect(one).toBe(33);
      more.reduce((before, size) => {
        expect(size).toBeLessThanOrEqual(Math.max(1, Math.floor(before / 4)));
        return size;
      }, one);
    }
    expect(world.gateway.sendsOf(requestNoOf(first)).length).toBeGreaterThan(1);
  });

  test('an answer without one entry, with one twice and with strangers settles exactly what it says', async () => {
    await given();
    const [a = '', b = '', c = '', d = ''] = await world.manyPlans(4);
    world.gateway.sends.push((debits) => {
      const [ea, eb, ec] = debits.map((debit) => world.gateway.execute(debit));
      if (!ea || !eb || !ec) throw new Error('four were sent');
      return world.gateway.answered([
        eb,
        ea,
        ea,
        ec,
        { ...ec, amount: 1 },
        { ...eb, requestNo: 'test.STRANGER.1.P.1.1' },
      ]);
    });
    await world.debit();
    expect((await world.item(a)).state).toBe('SUCCESS');
    expect((await world.item(b)).state).toBe('SUCCESS');
    expect(await world.item(c)).toMatchObject({ state: 'PROCESSING', open: 'UNCLEAR' });
    expect(await world.item(d)).toMatchObject({ state: 'PROCESSING', open: 'UNCLEAR' });
    await world.sweepFor(30_000);
    expect(await world.states()).toEqual({ SUCCESS: 4 });
  });
});

describe('refused credentials', () => {
  test('pause everything, fail nothing, and work goes on when they are accepted', async () => {
    await given({ capabilities: { batchMax: 5 }, engine: { chunkSize: 5, slicesAtOnce: 1 } });
    await world.manyPlans(30);
    world.gateway.sends.push(badCredentials);
    for (let i = 0; i < 4; i += 1) world.gateway.capabilityAnswers.push(() => badCredentials() as never);
    const probesBefore = world.gateway.of('capabilities').length;
    const work = world.engine.runDebitShard(
      world.ctx(),
      (await import('../../executor/examples/settlement/settlement-jobs.ts')).premiumDebit('test'),
    );
    await world.runtime.advance(3_000);
    expect(world.gateway.of('send')).toHaveLength(1);
    await world.sweep();
    expect(world.gateway.of('query')).toHaveLength(0);
    expect((await world.states()).FAILED).toBeUndefined();
    await world.drive(work);
    const probes = world.gateway
      .of('capabilities')
      .slice(probesBefore)
      .map(({ atMs }) => atMs);
    expect(probes.length).toBeGreaterThanOrEqual(5);
    const gaps = probes.slice(1).map((atMs, i) => atMs - (probes[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    await world.sweepFor(60_000);
    expect(await world.states()).toEqual({ SUCCESS: 30 });
  });

  test('in the middle of a sweep stop the rest of that sweep', async () => {
    await given({ capabilities: { batchMax: 2 } });
    await world.manyPlans(10);
    for (let i = 0; i < 5; i += 1) world.gateway.sends.push(timedOut);
    await world.debit();
    await world.runtime.advance(20_000);
    world.gateway.queries.push(badCredentials);
    for (let i = 0; i < 3; i += 1) world.gateway.capabilityAnswers.push(() => badCredentials() as never);
    await world.sweep();
    expect(world.gateway.of('query')).toHaveLength(1);
    await world.sweepFor(60_000);
    expect(await world.states()).toEqual({ SUCCESS: 10 });
  });

  test('a probe that throws does not end the pause, nor the process', async () => {
    await given();
    await world.manyPlans(3);
    world.gateway.sends.push(badCredentials);
    world.gateway.capabilityAnswers.push(() => {
      throw new DaybreakError('DOWNSTREAM_CAPABILITIES', 'batchMax is 0');
    });
    await world.debit();
    await world.sweepFor(120_000);
    expect(await world.states()).toEqual({ SUCCESS: 3 });
  });
});

describe('the rate', () => {
  test('no second has more requests than the limit, all endpoints counted', async () => {
    await given({ capabilities: { batchMax: 1, maxRequestsPerSecond: 10, visibilityMs: 1_000 } });
    await world.manyPlans(40);
    let no = 0;
    for (let i = 0; i < 40; i += 1) {
      world.gateway.sends.push((debits) => {
        no += 1;
        if (no === 20) return badCredentials();
        return no % 3 === 0 ? timedOut() : world.gateway.send(debits);
      });
    }
    await world.debit();
    await world.sweepFor(120_000);
    expect(await world.states()).toEqual({ SUCCESS: 40 });
    expect(busiestSecond(world)).toBeLessThanOrEqual(10);
  });
});

describe('the cut-off', () => {
  test('nothing is sent whose send deadline lies after it', async () => {
    await given({ cutOffInMs: 14_000 });
    await world.manyPlans(3);
    await world.debit();
    expect(world.gateway.of('send')).toEqual([]);
    expect(await world.states()).toEqual({ PENDING: 3 });
  });

  test('a slow night stops in time and leaves the rest PENDING at the cursor', async () => {
    await given({ cutOffInMs: 40_000, capabilities: { batchMax: 1, maxRequestsPerSecond: 2 } });
    await world.manyPlans(100);
    await world.debit();
    const lastMs = Math.max(...world.gateway.of('send').map(({ atMs }) => atMs));
    expect(lastMs).toBeLessThanOrEqual(40_000 - 10_000);
    const states = await world.states();
    expect(states.PENDING).toBeGreaterThan(20);
    expect(states.SUCCESS).toBeGreaterThan(20);
  });

  test('expireAt is the lesser of cut-off and half the life of the key, moved by the offset of the gateway clock', async () => {
    await given({ connect: false, cutOffInMs: 1_000_000 });
    world.gateway.clockOffsetMs = -120_000;
    await world.drive(world.engine.connect({ forMs: 30_000 }));
    const [a = ''] = await world.manyPlans(1);
    await world.debit();
    const [call] = await world.calls(a);
    expect(Math.abs(Number(call?.expireAt) - (world.cutOffAtMs - 120_000))).toBeLessThan(1_500);
    expect(call?.keyDeadAt).toBe(Number(call?.storedAt) + 86_400_000 - 20_000);
    expect(await world.item(a)).toMatchObject({ state: 'SUCCESS' });
  });

  test('half the life of the key comes first when it is short', async () => {
    await given({ capabilities: { keyLifetimeMs: 600_000 } });
    const [a = ''] = await world.manyPlans(1);
    await world.debit();
    const [call] = await world.calls(a);
    expect(call?.expireAt).toBe(Number(call?.storedAt) + 300_000);
  });
});

describe('clocks that differ', () => {
  test('a first batch that is mostly EXPIRED is CLOCK_SKEW: a pause, and no item pays for it', async () => {
    await given();
    await world.manyPlans(10);
    world.gateway.sends.push((debits) =>
      world.gateway.answered(
        debits.map((debit, at) =>
          at < 6 ? { requestNo: debit.requestNo, status: 'FAILED', code: 'EXPIRED' } : world.gateway.execute(debit),
        ),
      ),
    );
    await world.debit();
    expect((await world.states()).FAILED).toBeUndefined();
    expect((await world.states()).RETRY_WAIT).toBeUndefined();
    await world.sweepFor(90_000);
    expect(await world.states()).toEqual({ SUCCESS: 10 });
  });

  test('a gateway whose clock is an hour fast is met by what its Date header says', async () => {
    await given({ connect: false, cutOffInMs: 1_800_000 });
    world.gateway.clockOffsetMs = 3_600_000;
    await world.drive(world.engine.connect({ forMs: 30_000 }));
    await world.manyPlans(5);
    await world.debit();
    expect(await world.states()).toEqual({ SUCCESS: 5 });
  });
});

function busiestSecond({ gateway }: MoneyWorld): number {
  const instants = gateway.requests.map(({ atMs }) => atMs);
  return Math.max(0, ...instants.map((from) => instants.filter((atMs) => atMs >= from && atMs - from < 1_000).length));
}

function countTransactions(store: SqlStore, add: (by: number) => void): SqlStore {
  return {
    ...store,
    dialect: store.dialect,
    label: store.label,
    async transaction(name, body, how) {
      return store.transaction(
        name,
        async (tx) => {
          add(1);
          try {
            return await body(tx);
          } finally {
            add(-1);
          }
        },
        how,
      );
    },
  };
}

/** The COMMIT happens and its answer is lost. */
function loseCommits(store: SqlStore, loses: (name: string) => boolean): SqlStore {
  return {
    ...store,
    async transaction(name, body, how) {
      const result = await store.transaction(name, body, how);
      if (loses(name)) throw new DaybreakError('COMMIT_UNKNOWN', 'the answer to COMMIT was lost');
      return result;
    },
  };
}

/** The transaction is rolled back. */
function failBefore(store: SqlStore, fails: (name: string) => boolean): SqlStore {
  return {
    ...store,
    async transaction(name, body, how) {
      return store.transaction(
        name,
        async (tx: SqlTx) => {
          const result = await body(tx);
          if (fails(name)) throw new Error('the store is gone');
          return result;
        },
        how,
      );
    },
  };
}
