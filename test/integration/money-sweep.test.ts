import { afterEach, describe, expect, test } from 'vitest';
import type { Debit } from '../../executor/downstream/define-downstream.ts';
import { throttled, timedOut } from '../support/money-gateway.ts';
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

/** One plan whose first send ends in a timeout without having arrived. */
async function givenLostSend(options: WorldOptions = {}): Promise<string> {
  await given(options);
  const [reference = ''] = await world.manyPlans(1);
  world.gateway.sends.push(timedOut);
  await world.debit();
  return reference;
}

/** One plan that was executed while its answer was lost. */
async function givenLostAnswer(options: WorldOptions = {}): Promise<string> {
  await given(options);
  const [reference = ''] = await world.manyPlans(1);
  world.gateway.sends.push((debits) => {
    world.gateway.send(debits);
    return timedOut();
  });
  await world.debit();
  return reference;
}

/** The gateway forgets what it executed, as a lagging replica does. */
const blind = () => (requestNos: readonly string[]) =>
  world.gateway.answered(requestNos.map((requestNo) => ({ requestNo, status: 'NOT_FOUND', code: 'NOT_FOUND' })));
const always = <T>(list: T[], what: T, times = 500): void => {
  for (let i = 0; i < times; i += 1) list.push(what);
};
const says =
  (status: string, code: string, more: object = {}) =>
  (requestNos: readonly string[]) =>
    world.gateway.answered(requestNos.map((requestNo) => ({ requestNo, status, code, ...more })));

describe('not found (P7)', () => {
  test('an executed debit whose answer was lost is found by a query and never sent again', async () => {
    const reference = await givenLostAnswer();
    await world.sweepFor(30_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS' });
    expect(await world.calls(reference)).toMatchObject([{ settledBy: 'query', sends: 1 }]);
  });

  test('a debit that shows itself only after the visibility is not debited again by any key', async () => {
    const reference = await givenLostAnswer();
    always(world.gateway.queries, blind(), 3);
    await world.sweepFor(120_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', attempt: 1 });
    expect(await world.calls(reference)).toHaveLength(1);
  });

  test('is repeated with the same number and the same values, not before send deadline + visibility', async () => {
    const reference = await givenLostSend();
    const debits: Debit[] = [];
    always(world.gateway.sends, (list: readonly Debit[]) => {
      debits.push(...list);
      return world.gateway.send(list);
    });
    const [call] = await world.calls(reference);
    await world.sweepFor(120_000);
    const [first = 0, again = 0, ...more] = world.gateway.sendsOf(requestNoOf(reference));
    expect(again - first).toBeGreaterThanOrEqual(15_000 + 20_000 - 100);
    expect(more).toEqual([]);
    expect(debits).toMatchObject([{ requestNo: requestNoOf(reference), amount: 1_000, expireAt: call?.expireAt }]);
    expect(await world.calls(reference)).toMatchObject([{ attempt: 1, sends: 2, state: 'SUCCEEDED' }]);
  });

  test('settles nothing and makes no new number, however long it is said', async () => {
    const reference = await givenLostAnswer({ capabilities: { void: false }, cutOffInMs: 4 * 3_600_000 });
    always(world.gateway.queries, blind());
    always(world.gateway.sends, timedOut);
    await world.sweepFor(3 * 3_600_000, 20_000);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', attempt: 1, open: 'UNCLEAR' });
    expect(await world.calls(reference)).toHaveLength(1);
    await world.toCutOff();
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING' });
  });

  test('without a void it is asked until the cut-off and reported unresolved', async () => {
    const reference = await givenLostSend({
      capabilities: { void: false, keyLifetimeMs: 240_000 },
      cutOffInMs: 600_000,
    });
    always(world.gateway.sends, timedOut);
    await world.sweepFor(590_000, 3_000);
    await world.toCutOff();
    expect(world.gateway.of('void')).toEqual([]);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', attempt: 1 });
  });

  test('an entry that is missing three times, a third of the visibility apart, allows the same as NOT_FOUND', async () => {
    const reference = await givenLostSend({ capabilities: { visibilityMs: 30_000 } });
    const answeredAtMs: number[] = [];
    always(world.gateway.queries, () => {
      answeredAtMs.push(world.runtime.clock.monotonicMs());
      return world.gateway.answered([]);
    });
    // Asked as often as can be: what is closer together than a third of the visibility counts once.
    const until = world.runtime.clock.monotonicMs() + 130_000;
    while (world.gateway.sendsOf(requestNoOf(reference)).length < 2 && world.runtime.clock.monotonicMs() < until) {
      await world.engine.wakeOpenItems();
      await world.sweep();
      await world.runtime.advance(1_000);
    }
    const [first = 0, again = 0] = world.gateway.sendsOf(requestNoOf(reference));
    expect(again - first).toBeGreaterThanOrEqual(45_000 - 100);
    expect(answeredAtMs.length).toBeGreaterThan(10);
    await world.sweepFor(60_000);
  });

  test('missing entries that are close together count once, long after the visibility too', async () => {
    const reference = await givenLostSend({ capabilities: { visibilityMs: 60_000 } });
    await world.runtime.advance(200_000);
    for (let i = 0; i < 6; i += 1) {
      world.gateway.queries.push(() => world.gateway.answered([]));
      await world.drive(world.engine.wakeOpenItems());
      await world.sweep();
      await world.runtime.advance(2_000);
    }
    expect(world.gateway.of('query')).toHaveLength(6);
    expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
  });

  test('two missing entries and then nothing allow no repeat', async () => {
    const reference = await givenLostSend({ capabilities: { visibilityMs: 10_000 } });
    await world.runtime.advance(60_000);
    for (let i = 0; i < 2; i += 1) {
      world.gateway.queries.push(() => world.gateway.answered([]));
      await world.engine.wakeOpenItems();
      await world.sweep();
      await world.runtime.advance(10_000);
    }
    expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
  });
});

describe('void', () => {
  test('comes only after expireAt, and its VOIDED makes a new attempt with a new number', async () => {
    const reference = await givenLostSend({ capabilities: { keyLifetimeMs: 240_000 } });
    const [call] = await world.calls(reference);
    always(world.gateway.sends, (debits: readonly Debit[]) =>
      debits.some(({ requestNo }) => requestNo === requestNoOf(reference)) ? timedOut() : world.gateway.send(debits),
    );
    await world.sweepFor(200_000, 2_000);
    const voids = world.gateway.of('void');
    expect(voids.length).toBeGreaterThanOrEqual(1);
    expect(Date.parse('2026-11-20T01:00:00Z') + (voids[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(Number(call?.expireAt));
    expect(await world.calls(reference)).toMatchObject([
      { attempt: 1, state: 'VOIDED' },
      { attempt: 2, requestNo: requestNoOf(reference, 1, 2) },
    ]);
    await world.sweepFor(60_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', attempt: 2 });
  });

  test('is never asked for what was called PROCESSING, though it says NOT_FOUND later', async () => {
    await given({ capabilities: { keyLifetimeMs: 240_000 }, cutOffInMs: 900_000 });
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.fate = () => ({ outcome: 'PROCESSING', code: 'OK' });
    await world.debit();
    expect(await world.calls(reference)).toMatchObject([{ accepted: 1 }]);
    always(world.gateway.queries, blind());
    always(world.gateway.sends, timedOut);
    await world.sweepFor(890_000, 3_000);
    expect(world.gateway.of('void')).toEqual([]);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', attempt: 1 });
  });

  test('that answers SUCCESS settles it: it had been executed', async () => {
    const reference = await givenLostAnswer({ capabilities: { keyLifetimeMs: 240_000 } });
    always(world.gateway.queries, blind(), 60);
    always(world.gateway.sends, timedOut, 5);
    await world.sweepFor(200_000, 2_000);
    expect(await world.calls(reference)).toMatchObject([{ attempt: 1, state: 'SUCCEEDED', settledBy: 'void' }]);
  });

  test('after the fifth attempt it is for people', async () => {
    const reference = await givenLostSend({ capabilities: { keyLifetimeMs: 200_000 }, cutOffInMs: 7_000_000 });
    always(world.gateway.sends, timedOut);
    await world.sweepFor(1_500_000, 5_000);
    expect(await world.item(reference)).toMatchObject({
      state: 'MANUAL',
      reason: 'ATTEMPTS_EXHAUSTED',
      attempt: 5,
      plan: 'held',
    });
    expect((await world.calls(reference)).map(({ state }) => state)).toEqual(Array(5).fill('VOIDED'));
    await expect(
      world.drive(
        world.engine.resolveByHand({
          requestNo: requestNoOf(reference, 1, 5),
          as: 'retry',
          by: 'ann',
          approvedBy: 'bob',
          reason: 'once more',
        }),
      ),
    ).rejects.toMatchObject({ code: 'STATE_REFUSED' });
  });
});

describe('EXPIRED', () => {
  const expired = (requestNos: readonly string[]) => says('FAILED', 'EXPIRED')(requestNos);

  test('of a call that was sent once makes a new attempt', async () => {
    await given();
    await world.manyPlans(3);
    await world.debit();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push((debits) => expired(debits.map((d) => d.requestNo)));
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'RETRY_WAIT', open: 'RETRY_WAIT' });
    await world.sweepFor(3_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', attempt: 2 });
  });

  test('of a call that was sent twice never makes one, and is for people at the cut-off', async () => {
    const reference = await givenLostSend({ cutOffInMs: 400_000 });
    always(world.gateway.sends, (debits: readonly Debit[]) => expired(debits.map((d) => d.requestNo)));
    await world.sweepFor(100_000);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', attempt: 1, open: 'CONFLICTING' });
    always(world.gateway.queries, expired);
    await world.sweepFor(250_000, 5_000);
    expect(await world.calls(reference)).toHaveLength(1);
    await world.toCutOff();
    expect(await world.item(reference)).toMatchObject({ state: 'MANUAL', plan: 'held', attempt: 1 });
    expect(await world.told()).toHaveLength(1);
  });
});

describe('answers that contradict the call', () => {
  test.each<[string, object]>([
    ['another amount', { amount: 999 }],
    ['half a minor unit', { amount: 1_000.5 }],
    ['the amount as text', { amount: '1000' }],
    ['another currency', { currency: 'USD' }],
    ['no reference', { gatewayRef: undefined }],
    ['another code', { code: 'ACCOUNT_CLOSED' }],
  ])('SUCCESS with %s waits for a full match', async (_what, more) => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push((debits) =>
      world.gateway.answered(debits.map((d) => ({ ...world.gateway.execute(d), ...more }))),
    );
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', open: 'CONFLICTING' });
    await world.sweepFor(60_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', attempt: 1 });
  });

  test('SUCCESS with another amount to the end is MANUAL at the cut-off; a full match settles it even then', async () => {
    await given({ cutOffInMs: 300_000 });
    const [reference = ''] = await world.manyPlans(1);
    const wrong = (nos: readonly string[]) =>
      world.gateway.answered(nos.map((no) => ({ ...world.gateway.lookUp(no), amount: 1 })));
    world.gateway.sends.push((debits) => {
      world.gateway.send(debits);
      return wrong(debits.map((d) => d.requestNo));
    });
    always(world.gateway.queries, wrong);
    await world.debit();
    await world.sweepFor(200_000, 5_000);
    expect(world.gateway.of('void')).toEqual([]);
    await world.toCutOff();
    expect(await world.item(reference)).toMatchObject({ state: 'MANUAL', plan: 'held' });
    await world.tell(requestNoOf(reference));
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', plan: 'paid' });
  });

  test('that come first in the last pass are MANUAL as well', async () => {
    const reference = await givenLostAnswer({ cutOffInMs: 60_000 });
    always(world.gateway.queries, (nos: readonly string[]) =>
      world.gateway.answered(nos.map((no) => ({ ...world.gateway.lookUp(no), amount: 1 }))),
    );
    await world.toCutOff();
    expect(await world.item(reference)).toMatchObject({ state: 'MANUAL', plan: 'held' });
  });

  test('DUPLICATE_MISMATCH is asked again and never retried', async () => {
    await given({ cutOffInMs: 300_000 });
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push((debits) => says('FAILED', 'DUPLICATE_MISMATCH')(debits.map((d) => d.requestNo)));
    always(world.gateway.queries, says('FAILED', 'DUPLICATE_MISMATCH'));
    await world.debit();
    await world.sweepFor(200_000, 5_000);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', open: 'CONFLICTING' });
    await world.toCutOff();
    expect(await world.item(reference)).toMatchObject({ state: 'MANUAL', attempt: 1 });
    expect(await world.calls(reference)).toHaveLength(1);
  });

  test('are for people when the key dies, long before the cut-off', async () => {
    await given({ capabilities: { keyLifetimeMs: 200_000 } });
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push((debits) => says('FAILED', 'DUPLICATE_MISMATCH')(debits.map((d) => d.requestNo)));
    always(world.gateway.queries, says('FAILED', 'DUPLICATE_MISMATCH'));
    await world.debit();
    await world.sweepFor(300_000, 5_000);
    expect(await world.item(reference)).toMatchObject({ state: 'MANUAL' });
  });
});

describe('FAILED with a code we do not know', () => {
  const busy = says('FAILED', 'SYSTEM_BUSY');
  async function givenBusy(options: WorldOptions = {}): Promise<string> {
    await given(options);
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push((debits) => busy(debits.map((d) => d.requestNo)));
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', open: 'REFUSED_OTHER' });
    return reference;
  }

  test('with a void: FAILED after a query repeats it past the visibility and the void says VOIDED', async () => {
    const reference = await givenBusy();
    always(world.gateway.queries, busy);
    await world.sweepFor(90_000);
    expect(await world.item(reference)).toMatchObject({
      state: 'FAILED',
      reason: 'SYSTEM_BUSY',
      attempt: 1,
      plan: 'given_up',
    });
    expect(world.gateway.of('void')[0]?.atMs).toBeGreaterThanOrEqual(20_000);
    expect(await world.calls(reference)).toHaveLength(1);
  });

  test('with a void that repeats it: FAILED', async () => {
    const reference = await givenBusy();
    always(world.gateway.queries, busy);
    always(world.gateway.voids, busy);
    await world.sweepFor(90_000);
    expect(await world.item(reference)).toMatchObject({ state: 'FAILED' });
  });

  test('with a void that says SUCCESS: it was a lie', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push((debits) => {
      world.gateway.send(debits);
      return busy(debits.map((d) => d.requestNo));
    });
    always(world.gateway.queries, busy, 50);
    await world.debit();
    await world.sweepFor(90_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS' });
  });

  test('without a void: FAILED after a query repeats it past the visibility', async () => {
    const reference = await givenBusy({ capabilities: { void: false } });
    always(world.gateway.queries, busy);
    await world.sweepFor(15_000);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING' });
    await world.sweepFor(60_000);
    expect(await world.item(reference)).toMatchObject({ state: 'FAILED', plan: 'given_up' });
  });

  test('that a query does not repeat is not believed', async () => {
    await given({ capabilities: { void: false } });
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push((debits) => {
      world.gateway.send(debits);
      return busy(debits.map((d) => d.requestNo));
    });
    await world.debit();
    await world.sweepFor(30_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS' });
  });

  test('said first by a void proves nothing', async () => {
    const reference = await givenLostAnswer({ capabilities: { keyLifetimeMs: 240_000 } });
    always(world.gateway.queries, blind(), 60);
    always(world.gateway.sends, timedOut, 5);
    world.gateway.voids.push(busy);
    await world.sweepFor(220_000, 2_000);
    expect((await world.item(reference)).state).not.toBe('FAILED');
    await world.sweepFor(60_000, 2_000);
  });
});

describe('the death of the key (T22)', () => {
  test('after it the number is neither sent nor voided, and NOT_FOUND and VOIDED prove nothing', async () => {
    const reference = await givenLostSend({
      capabilities: { keyLifetimeMs: 100_000, visibilityMs: 60_000 },
      cutOffInMs: 900_000,
    });
    const [call] = await world.calls(reference);
    expect(call?.keyDeadAt).toBe(Number(call?.storedAt) + 80_000);
    always(world.gateway.queries, says('VOIDED', 'VOIDED'), 0);
    await world.sweepFor(100_000);
    always(world.gateway.queries, says('VOIDED', 'VOIDED'), 3);
    await world.sweepFor(700_000, 5_000);
    const deadMs = Number(call?.keyDeadAt) - Date.parse('2026-11-20T01:00:00Z');
    for (const { kind, atMs } of world.gateway.requests) {
      if (kind === 'send' || kind === 'void') expect(atMs).toBeLessThan(deadMs);
    }
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', attempt: 1 });
    expect(await world.calls(reference)).toHaveLength(1);
  });

  test('a void that has to wait for the rate until the key is dead is not sent', async () => {
    await given({
      capabilities: { batchMax: 1, visibilityMs: 1_000, keyLifetimeMs: 60_000 },
      engine: { gatewayTimeoutMs: 1_000 },
    });
    await world.manyPlans(2);
    for (let i = 0; i < 2; i += 1) {
      world.gateway.sends.push((debits) => {
        world.gateway.send(debits);
        return timedOut();
      });
    }
    await world.debit();
    await world.runtime.advance(32_000);
    always(world.gateway.queries, blind());
    world.gateway.voids.push(() => throttled(40_000));
    // The gateway forgets a key after a minute, and then voids what it had executed.
    always(world.gateway.voids, says('VOIDED', 'VOIDED'));
    await world.sweepFor(60_000);
    const startMs = world.gateway.of('send')[0]?.atMs ?? 0;
    expect(world.gateway.of('void').map(({ atMs }) => atMs - startMs < 58_000)).toEqual([true]);
    expect(await world.states()).toEqual({ PROCESSING: 2 });
  });

  test('a call that never left is not sent after it, however short the life', async () => {
    await given({ capabilities: { keyLifetimeMs: 30_000 }, cutOffInMs: 900_000 });
    const [reference = ''] = await world.manyPlans(1);
    // Half the life is 15 s away, the key is dead after 10 s.
    world.gateway.sends.push(() => ({
      kind: 'not_sent',
      why: 'ECONNREFUSED',
      retryAfterMs: 11_000,
      raw: '',
      status: null,
    }));
    await world.debit();
    await world.runtime.advance(10_500);
    await world.engine.wakeOpenItems();
    await world.sweep();
    expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
  });

  test('SUCCESS still counts', async () => {
    const reference = await givenLostAnswer({ capabilities: { keyLifetimeMs: 100_000 } });
    always(world.gateway.queries, blind(), 6);
    always(world.gateway.sends, timedOut, 12);
    always(world.gateway.voids, blind(), 12);
    await world.sweepFor(600_000, 5_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS' });
  });
});

describe('repeats', () => {
  test('go at 10 % of the first sends of a minute', async () => {
    await given({
      capabilities: { visibilityMs: 10_000, batchMax: 500, maxRequestsPerSecond: 1_000 },
      engine: { chunkSize: 500 },
    });
    await world.manyPlans(1_200);
    always(world.gateway.sends, timedOut, 7);
    await world.debit();
    const firsts = world.gateway.of('send').length;
    expect(firsts).toBeLessThan(8);
    await world.sweepFor(60_000, 2_000);
    const repeats = world.gateway
      .of('send')
      .slice(firsts)
      .flatMap(({ atMs, requestNos }) => requestNos.map(() => atMs));
    const inMinute = repeats.map((from) => repeats.filter((atMs) => atMs >= from && atMs - from < 59_000).length);
    expect(repeats.length).toBeGreaterThan(0);
    expect(Math.max(...inMinute)).toBeLessThanOrEqual(120);
    expect((await world.states()).FAILED).toBeUndefined();
  });
});

describe('PROCESSING', () => {
  test.each(['SUCCESS', 'FAILED'] as const)('is asked for until it is %s', async (outcome) => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.fate = () => ({ outcome: 'PROCESSING', code: 'OK' });
    await world.debit();
    await world.sweepFor(200_000, 5_000);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', attempt: 1 });
    world.gateway.finish(requestNoOf(reference), outcome);
    await world.sweepFor(70_000);
    expect(await world.item(reference)).toMatchObject({ state: outcome });
    expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
  });

  test('for ever, and only the settlement file tells: the line settles it', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    const no = requestNoOf(reference);
    world.gateway.fate = () => ({ outcome: 'PROCESSING', code: 'OK' });
    await world.debit();
    const booked = world.gateway.finish(no, 'SUCCESS');
    always(world.gateway.queries, says('PROCESSING', 'OK'));
    const line = {
      gatewayRef: booked.ref,
      requestNo: no,
      accountNo: booked.debit.accountNo,
      currency: 'CNY',
      amount: '1000',
      settledAt: '1',
    };
    for (const wrong of [
      { ...line, amount: '1001' },
      { ...line, amount: '1000.0' },
      { ...line, currency: 'USD' },
      { ...line, accountNo: 'other' },
      { ...line, gatewayRef: '' },
      { ...line, requestNo: 'prod.C1.1.P.1.1' },
    ]) {
      expect(await world.drive(world.engine.applySettlementLines([wrong]))).toBe(0);
    }
    world.gateway.lines.push({ date: '2026-11-20', text: line });
    await world.sweepFor(300_000, 5_000);
    expect(await world.calls(reference)).toMatchObject([{ state: 'SUCCEEDED', settledBy: 'file' }]);
    expect(await world.drive(world.engine.applySettlementLines([line]))).toBe(0);
  });
});

test('a sweep of several shards asks for each row once, by id modulo total', async () => {
  await given({ capabilities: { batchMax: 3 } });
  await world.manyPlans(12);
  for (let i = 0; i < 4; i += 1) world.gateway.sends.push(timedOut);
  await world.debit();
  await world.runtime.advance(20_000);
  const { signal, log } = world.ctx({ runId: 1 });
  await Promise.all(
    [0, 1, 2].map((shardIndex) => world.drive(world.engine.runSweepShard({ shardIndex, shardTotal: 3, signal, log }))),
  );
  const asked = world.gateway.of('query').flatMap(({ requestNos }) => requestNos);
  expect(asked).toHaveLength(12);
  expect(new Set(asked).size).toBe(12);
});

test('an open row is never put off for longer than the longest interval (I5)', async () => {
  await givenLostAnswer({ cutOffInMs: 86_000_000 });
  always(world.gateway.queries, says('PROCESSING', 'OK'));
  for (let i = 0; i < 40; i += 1) {
    await world.sweep();
    const [row] = await world.rows<{ at: number }>('select max(next_check_at) as at from open_item');
    expect(Number(row?.at) - world.runtime.clock.wallMs()).toBeLessThanOrEqual(66_000);
    await world.runtime.advance(30_000);
  }
});
