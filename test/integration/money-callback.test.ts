import { afterEach, describe, expect, test } from 'vitest';
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

const inbox = () =>
  world.rows<{ event_id: string; reason: string | null }>('select event_id, reason from callback_inbox');

/** One plan whose send was executed while its answer was lost. */
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

describe('a callback is evidence (P8)', () => {
  test('settles what was unclear, by the same verdicts', async () => {
    const reference = await givenLostAnswer();
    expect(await world.tell(requestNoOf(reference))).toMatchObject({ status: 200 });
    expect(await world.calls(reference)).toMatchObject([{ state: 'SUCCEEDED', settledBy: 'callback' }]);
    expect(await world.told()).toHaveLength(1);
  });

  test.each<[string, object]>([
    ['another amount', { amount: 999 }],
    ['another currency', { currency: 'USD' }],
    ['no reference', { gatewayRef: '' }],
    ['another code', { code: 'LIMIT_EXCEEDED' }],
  ])('SUCCESS with %s settles nothing', async (_what, more) => {
    const reference = await givenLostAnswer();
    const { message: _left, ...entry } = world.gateway.lookUp(requestNoOf(reference));
    await world.callback({ eventId: 'E1', ...entry, ...more, occurredAt: 0 });
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', open: 'CONFLICTING' });
    await world.tell(requestNoOf(reference));
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS' });
  });

  test('VOIDED and NOT_FOUND by callback prove nothing and make no new attempt', async () => {
    const reference = await givenLostAnswer();
    for (const status of ['VOIDED', 'NOT_FOUND']) {
      const answer = await world.callback({ eventId: status, requestNo: requestNoOf(reference), status, code: status });
      expect(answer.status).toBe(200);
    }
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', attempt: 1 });
  });

  test('the same event with the same body counts once, and another body of it counts too', async () => {
    const reference = await givenLostAnswer();
    await world.callback({ eventId: 'E1', requestNo: requestNoOf(reference), status: 'PROCESSING', code: 'OK' });
    for (let i = 0; i < 3; i += 1)
      expect(await world.tell(requestNoOf(reference), 'E1')).toMatchObject({ status: 200 });
    expect(await inbox()).toHaveLength(2);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS' });
    expect(await world.rows('select * from ledger')).toHaveLength(1);
  });

  test('a repeated event is no further look at the item', async () => {
    const reference = await givenLostAnswer();
    const word = { eventId: 'E1', requestNo: requestNoOf(reference), status: 'PROCESSING', code: 'OK' };
    await world.callback(word);
    const before = await world.rows('select checks, next_check_at from open_item');
    for (let i = 0; i < 3; i += 1) expect(await world.callback(word)).toMatchObject({ status: 200 });
    expect(await world.rows('select checks, next_check_at from open_item')).toEqual(before);
    expect(await inbox()).toHaveLength(1);
  });

  test('out of order: PROCESSING after the final word changes nothing', async () => {
    const reference = await givenLostAnswer();
    await world.tell(requestNoOf(reference), 'E2');
    await world.callback({ eventId: 'E1', requestNo: requestNoOf(reference), status: 'PROCESSING', code: 'OK' });
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', open: null });
    expect(await world.calls(reference)).toMatchObject([{ state: 'SUCCEEDED', accepted: 0 }]);
  });
});

describe('before the reply', () => {
  test.each([
    ['its final word', async (no: string) => world.gateway.lookUp(no)],
    ['PROCESSING', async (no: string) => ({ requestNo: no, status: 'PROCESSING', code: 'OK' })],
    ['another amount', async (no: string) => ({ ...world.gateway.lookUp(no), amount: 1 })],
    ['an unknown refusal', async (no: string) => ({ requestNo: no, status: 'FAILED', code: 'SYSTEM_BUSY' })],
  ])('between the two transactions of a chunk: %s, and the reply settles the chunk all the same', async (_what, word) => {
    await given();
    const [a = '', b = '', c = ''] = await world.manyPlans(3);
    world.gateway.sends.push(async (debits) => {
      const answer = world.gateway.send(debits);
      const event = { eventId: 'E1', ...(await word(requestNoOf(b))), occurredAt: 0 };
      const body = Buffer.from(JSON.stringify(event));
      // Not driven: the clock stands still while the request is on its way.
      const { createHmac } = await import('node:crypto');
      const tMs = world.runtime.clock.wallMs();
      const v1 = createHmac('sha256', 'callback-secret').update(`${tMs}.`).update(body).digest('hex');
      expect(await world.engine.acceptCallback(body, `t=${tMs},v1=${v1}`)).toMatchObject({ status: 200 });
      return answer;
    });
    await world.debit();
    for (const reference of [a, b, c])
      expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', open: null });
    expect(await world.rows('select * from open_item')).toEqual([]);
    expect(await world.told()).toMatchObject([{ totals: [{ state: 'SUCCESS', count: 3, amountMinor: '3000' }] }]);
  });
});

describe('what changes nothing', () => {
  test.each<[string, Parameters<MoneyWorld['callback']>[1]]>([
    ['another secret', { secret: 'guessed' }],
    ['no readable signature', { signature: 'v1=abc' }],
    ['an empty signature', { signature: '' }],
    ['a signature of another instant', { signature: `t=1,v1=${'0'.repeat(64)}` }],
  ])('a forged callback (%s): 401, nothing stored, nothing moved', async (_what, how) => {
    const reference = await givenLostAnswer();
    const before = await world.rows('select * from evidence');
    const answer = await world.callback(
      { eventId: 'E1', requestNo: requestNoOf(reference), status: 'FAILED', code: 'ACCOUNT_CLOSED' },
      how,
    );
    expect(answer.status).toBe(401);
    expect(await inbox()).toEqual([]);
    expect(await world.rows('select * from evidence')).toEqual(before);
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING' });
  });

  test('an unknown reference is stored and answered 200', async () => {
    await givenLostAnswer();
    for (const requestNo of ['test.C999.1.P.1.1', 'prod.C1.1.P.1.1', 'nonsense', 'x'.repeat(300)]) {
      expect(
        await world.callback({ eventId: requestNo.slice(0, 50), requestNo, status: 'SUCCESS', code: 'OK' }),
      ).toMatchObject({ status: 200 });
    }
    expect((await inbox()).map(({ reason }) => reason)).toEqual(Array(4).fill('UNKNOWN_REFERENCE'));
    expect(await world.states()).toEqual({ PROCESSING: 1 });
  });

  test('signed more than 24 h away from now it is stored, makes us ask, and settles nothing', async () => {
    for (const off of [-86_400_001, 86_400_001]) {
      const reference = await givenLostAnswer();
      const tMs = world.runtime.clock.wallMs() + off;
      const { message: _left, ...entry } = world.gateway.lookUp(requestNoOf(reference));
      expect(await world.callback({ eventId: 'E1', ...entry }, { tMs })).toMatchObject({ status: 200 });
      expect(await inbox()).toMatchObject([{ reason: 'OLD' }]);
      expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING' });
      expect(Number((await world.item(reference)).nextCheckAt)).toBeLessThanOrEqual(world.runtime.clock.wallMs());
      await world.sweep();
      expect(await world.calls(reference)).toMatchObject([{ settledBy: 'query', state: 'SUCCEEDED' }]);
      if (off < 0) await world.close();
    }
  });
});

describe('two definite answers that contradict', () => {
  const contradictions = () => world.rows<{ kept: string; other: string }>('select kept, other from contradiction');

  test('FAILED after SUCCESS (a reversal): the first is kept, both are listed once', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    await world.debit();
    for (let i = 0; i < 2; i += 1) {
      await world.callback({
        eventId: `E${i}`,
        requestNo: requestNoOf(reference),
        status: 'FAILED',
        code: 'INSUFFICIENT_FUNDS',
      });
    }
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', plan: 'paid' });
    expect(await contradictions()).toEqual([{ kept: 'SUCCESS G1', other: 'FAILED INSUFFICIENT_FUNDS' }]);
  });

  test('SUCCESS after FAILED holds the plan: no later night presents it', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.fate = () => ({ outcome: 'FAILED', code: 'INSUFFICIENT_FUNDS' });
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'FAILED', plan: 'open' });
    world.gateway.finish(requestNoOf(reference), 'SUCCESS');
    await world.tell(requestNoOf(reference));
    expect(await world.item(reference)).toMatchObject({ state: 'FAILED', plan: 'held' });
    expect(await contradictions()).toHaveLength(1);
    await world.beginNight(2);
    await world.debit();
    expect(await world.items(reference)).toHaveLength(1);
  });

  test('SUCCESS with another amount after FAILED holds the plan as well', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.fate = () => ({ outcome: 'FAILED', code: 'INSUFFICIENT_FUNDS' });
    await world.debit();
    await world.callback({
      eventId: 'E',
      requestNo: requestNoOf(reference),
      status: 'SUCCESS',
      code: 'OK',
      gatewayRef: 'G',
      amount: 5,
      currency: 'CNY',
    });
    expect(await world.item(reference)).toMatchObject({ plan: 'held' });
  });

  /** Attempt 1 is answered EXPIRED by a gateway that had executed it. */
  async function givenLiedExpiry(): Promise<string> {
    await given();
    await world.manyPlans(2);
    await world.debit();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push((debits) =>
      world.gateway.answered(debits.map((d) => ({ requestNo: d.requestNo, status: 'FAILED', code: 'EXPIRED' }))),
    );
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'RETRY_WAIT' });
    return reference;
  }
  const lateSuccess = (reference: string) =>
    world.callback({
      eventId: 'late',
      requestNo: requestNoOf(reference),
      status: 'SUCCESS',
      code: 'OK',
      gatewayRef: 'GX',
      amount: 1_000,
      currency: 'CNY',
    });

  test('SUCCESS while it waits for the next attempt: for people, and no attempt follows', async () => {
    const reference = await givenLiedExpiry();
    await lateSuccess(reference);
    expect(await world.item(reference)).toMatchObject({ state: 'MANUAL', reason: 'CONTRADICTION', plan: 'held' });
    await world.sweepFor(60_000);
    expect(await world.calls(reference)).toHaveLength(1);
  });

  test.each<[string, string, object]>([
    ['voided', 'VOIDED', { status: 'VOIDED', code: 'VOIDED' }],
    ['refused', 'FAILED', { status: 'FAILED', code: 'INSUFFICIENT_FUNDS' }],
  ])('SUCCESS of an older attempt while the next is on its way, which is %s: no third, no later night', async (_what, _status, word) => {
    const reference = await givenLiedExpiry();
    world.gateway.sends.push(timedOut);
    await world.sweep();
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING', attempt: 2 });
    await lateSuccess(reference);
    expect(await world.item(reference)).toMatchObject({ plan: 'held' });
    const second = requestNoOf(reference, 1, 2);
    for (let i = 0; i < 50; i += 1) {
      world.gateway.queries.push((nos) =>
        world.gateway.answered(nos.map((requestNo) => ({ requestNo, ...word }) as never)),
      );
    }
    await world.sweepFor(60_000);
    expect((await world.calls(reference)).map(({ requestNo }) => requestNo)).toEqual([requestNoOf(reference), second]);
    expect(['MANUAL', 'FAILED']).toContain((await world.item(reference)).state);
    expect(await world.item(reference)).toMatchObject({ plan: 'held' });
    await world.beginNight(2);
    await world.debit();
    expect(await world.items(reference)).toHaveLength(1);
  });
});

describe('follow-ups', () => {
  test('run once per item whichever path brought the outcome', async () => {
    const settled: string[] = [];
    await given({
      hooks: {
        onSettledMany: async (items) => {
          settled.push(...items.map(({ requestNo, outcome }) => `${requestNo} ${outcome.state} ${outcome.settledBy}`));
        },
        afterSettled: async () => undefined,
      },
    });
    const [reply = '', query = '', callback = '', file = '', hand = ''] = await world.manyPlans(5);
    const lost = new Set([query, callback, file, hand].map((reference) => requestNoOf(reference)));
    world.gateway.sends.push((debits) => {
      world.gateway.send(debits);
      return world.gateway.answered(
        debits.filter(({ requestNo }) => !lost.has(requestNo)).map(({ requestNo }) => world.gateway.lookUp(requestNo)),
      );
    });
    await world.debit();
    for (let i = 0; i < 2; i += 1) await world.tell(requestNoOf(callback), `E${i}`);
    const booked = world.gateway.books.get(requestNoOf(file));
    if (!booked) throw new Error('not booked');
    const line = {
      gatewayRef: booked.ref,
      requestNo: requestNoOf(file),
      accountNo: booked.debit.accountNo,
      currency: 'CNY',
      amount: '1000',
      settledAt: '',
    };
    for (let i = 0; i < 2; i += 1) await world.drive(world.engine.applySettlementLines([line]));
    for (let i = 0; i < 100; i += 1) {
      world.gateway.queries.push((nos) =>
        world.gateway.answered(
          nos.map((no) => ({ ...world.gateway.lookUp(no), ...(no === requestNoOf(hand) ? { amount: 1 } : {}) })),
        ),
      );
    }
    await world.sweepFor(60_000);
    await world.toCutOff();
    expect(await world.item(hand)).toMatchObject({ state: 'MANUAL' });
    expect(await world.told()).toMatchObject([
      {
        totals: [
          { state: 'MANUAL', count: 1 },
          { state: 'SUCCESS', count: 4 },
        ],
      },
    ]);
    // The scheduler has acknowledged it: what is told once is not told again when the last item is resolved.
    await world.plant(`update x_outbox set dedup_key = 'sent:' || dedup_key where kind = 'slice-settled'`);
    const people = { as: 'success', by: 'ann', approvedBy: 'bob', reason: 'seen in the gateway' } as const;
    await world.drive(world.engine.resolveByHand({ requestNo: requestNoOf(hand), ...people }));
    await expect(
      world.drive(world.engine.resolveByHand({ requestNo: requestNoOf(hand), ...people })),
    ).rejects.toMatchObject({ code: 'STATE_REFUSED' });
    expect(settled.sort()).toEqual(
      [
        [reply, 'reply'],
        [query, 'query'],
        [callback, 'callback'],
        [file, 'file'],
        [hand, 'hand'],
      ]
        .map(([reference = '', by]) => `${requestNoOf(reference)} SUCCESS ${by}`)
        .sort(),
    );
    const outbox = await world.rows<{ dedup_key: string }>(
      `select dedup_key from x_outbox where kind = 'after-settled'`,
    );
    expect(new Set(outbox.map(({ dedup_key }) => dedup_key)).size).toBe(5);
    expect(outbox).toHaveLength(5);
    // Told once: a resolution by hand does not tell the slice again.
    expect(await world.told()).toHaveLength(1);
  });
});

describe('by hand', () => {
  async function givenManual(): Promise<string> {
    await given({ cutOffInMs: 120_000 });
    const [reference = ''] = await world.manyPlans(1);
    const mismatch = (nos: readonly string[]) =>
      world.gateway.answered(nos.map((requestNo) => ({ requestNo, status: 'FAILED', code: 'DUPLICATE_MISMATCH' })));
    world.gateway.sends.push((debits) => mismatch(debits.map((d) => d.requestNo)));
    for (let i = 0; i < 40; i += 1) world.gateway.queries.push(mismatch);
    await world.debit();
    await world.toCutOff();
    world.gateway.queries.length = 0;
    return requestNoOf(reference);
  }
  const people = { by: 'ann', approvedBy: 'bob', reason: 'called the gateway' };
  const resolve = (requestNo: string, more: object) =>
    world.drive(world.engine.resolveByHand({ requestNo, as: 'failed', ...people, ...more }));

  test.each([
    ['the same person twice', { approvedBy: 'ann' }, 'TWO_PEOPLE_NEEDED'],
    ['the same person in other letters', { approvedBy: ' ANN ' }, 'TWO_PEOPLE_NEEDED'],
    ['nobody', { by: ' ' }, 'TWO_PEOPLE_NEEDED'],
    ['no reason', { reason: ' ' }, 'BAD_INPUT'],
  ])('%s is refused', async (_what, more, code) => {
    const no = await givenManual();
    await expect(resolve(no, more)).rejects.toMatchObject({ code });
    expect(await world.states()).toEqual({ MANUAL: 1 });
  });

  test('an unknown number is refused', async () => {
    await givenManual();
    await expect(resolve('test.C99.1.P.1.1', {})).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  });

  test('failed: the plan is open for the next night, with the next presentation', async () => {
    const no = await givenManual();
    await resolve(no, { as: 'failed' });
    expect(await world.item('C1.1.P')).toMatchObject({ state: 'FAILED', plan: 'open' });
    await world.beginNight(2);
    await world.debit();
    expect(await world.item('C1.1.P')).toMatchObject({ state: 'SUCCESS', presentation: 2 });
  });

  test('retry after the cut-off: the next night presents the plan with the next presentation', async () => {
    const no = await givenManual();
    await resolve(no, { as: 'retry' });
    expect(await world.item('C1.1.P')).toMatchObject({ state: 'RETRY_WAIT' });
    await world.beginNight(2);
    await world.debit();
    expect(await world.item('C1.1.P')).toMatchObject({ state: 'SUCCESS', presentation: 2, plan: 'paid' });
    expect(await world.calls('C1.1.P')).toMatchObject([{ presentation: 1 }, { presentation: 2 }]);
  });

  test('retry when the next night has begun: it is not sent for the night that is over, and no number is used twice', async () => {
    const no = await givenManual();
    await world.beginNight(2);
    await resolve(no, { as: 'retry' });
    world.gateway.fate = () => ({ outcome: 'FAILED', code: 'INSUFFICIENT_FUNDS' });
    await world.debit();
    await world.sweepFor(70_000, 5_000);
    expect(await world.item('C1.1.P')).toMatchObject({ state: 'FAILED', presentation: 2, planPresentation: 2 });
    await world.beginNight(3);
    world.gateway.fate = () => ({ outcome: 'SUCCESS', code: 'OK' });
    await world.debit();
    expect(await world.item('C1.1.P')).toMatchObject({ state: 'SUCCESS', presentation: 3 });
  });
});
