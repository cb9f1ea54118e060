import { afterEach, describe, expect, test } from 'vitest';
import { pruneOpenPlans } from '../../executor/examples/settlement/prune-open-plans.ts';
import { premiumDebit } from '../../executor/examples/settlement/settlement-jobs.ts';
import { timedOut } from '../support/money-gateway.ts';
import { expectTruth } from '../support/money-truth.ts';
import { MoneyWorld, requestNoOf, type WorldOptions } from '../support/money-world.ts';

let world: MoneyWorld;
const given = async (options: WorldOptions = {}): Promise<MoneyWorld> => {
  world = await MoneyWorld.open({ cutOffInMs: 600_000, ...options });
  return world;
};
afterEach(async () => {
  await expectTruth(world);
  await world.close();
});

const always = <T>(list: T[], what: T, times = 300): void => {
  for (let i = 0; i < times; i += 1) list.push(what);
};
const word = (status: string, code: string) => (nos: readonly string[]) =>
  world.gateway.answered(nos.map((requestNo) => ({ requestNo, status, code })));

/** What a night's import does before the selection is frozen: what was left in flight is asked for first. */
async function nextNight(chainRunId: number): Promise<void> {
  await world.runtime.advance(22 * 3_600_000);
  await world.beginNight(chainRunId);
  await world.drive(pruneOpenPlans(world.store, async () => undefined));
  await world.drive(world.engine.wakeOpenItems());
  await world.sweep();
}

const presentations = async (reference: string) =>
  (await world.calls(reference)).map(({ presentation, attempt }) => `${presentation}.${attempt}`);

describe('three nights on one store', () => {
  test('SUCCESS is never due again', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    await world.debit();
    for (const night of [2, 3]) {
      await nextNight(night);
      await world.debit();
    }
    expect(await world.items(reference)).toHaveLength(1);
    expect(await world.rows('select * from plan_open')).toEqual([]);
  });

  test.each([
    'INSUFFICIENT_FUNDS',
    'LIMIT_EXCEEDED',
  ])('%s is due again, for at most three nights in all', async (code) => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.fate = () => ({ outcome: 'FAILED', code });
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'FAILED', plan: 'open' });
    await nextNight(2);
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'FAILED', plan: 'open', presentation: 2 });
    await nextNight(3);
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'FAILED', plan: 'given_up', presentation: 3 });
    await nextNight(4);
    await world.debit();
    expect(await presentations(reference)).toEqual(['1.1', '2.1', '3.1']);
  });

  test('ACCOUNT_CLOSED gives the plan up at once', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.fate = () => ({ outcome: 'FAILED', code: 'ACCOUNT_CLOSED' });
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ plan: 'given_up' });
    await nextNight(2);
    await world.debit();
    expect(await world.items(reference)).toHaveLength(1);
  });

  test('a refusal and then money: paid in the second night under the second presentation', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.fate = () => ({ outcome: 'FAILED', code: 'INSUFFICIENT_FUNDS' });
    await world.debit();
    world.gateway.fate = () => ({ outcome: 'SUCCESS', code: 'OK' });
    await nextNight(2);
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', plan: 'paid', presentation: 2 });
  });

  test('never sent at the cut-off: due again with the same presentation', async () => {
    await given({ cutOffInMs: 10_000 });
    const [reference = ''] = await world.manyPlans(1);
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'PENDING', attempt: 0 });
    await world.runtime.advance(3_600_000);
    await world.beginNight(2, { cutOffInMs: 600_000 });
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', presentation: 1 });
  });
});

describe('in flight at the cut-off', () => {
  async function givenInFlight(): Promise<string> {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.fate = () => ({ outcome: 'PROCESSING', code: 'OK' });
    await world.debit();
    await world.toCutOff();
    world.gateway.fate = () => ({ outcome: 'SUCCESS', code: 'OK' });
    expect(await world.item(reference)).toMatchObject({ state: 'PROCESSING' });
    return reference;
  }

  test('stays in flight, is swept first, and is not presented again while it is', async () => {
    const reference = await givenInFlight();
    await nextNight(2);
    await world.debit();
    expect(await world.items(reference)).toHaveLength(1);
    expect(world.gateway.of('query').length).toBeGreaterThan(1);
    world.gateway.finish(requestNoOf(reference), 'SUCCESS');
    await world.sweepFor(70_000);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', plan: 'paid' });
    await nextNight(3);
    await world.debit();
    expect(await world.items(reference)).toHaveLength(1);
  });

  test('is settled in the night in which the answer comes', async () => {
    const chainRuns: (number | null)[] = [];
    await given({
      hooks: { onSettledMany: async (items) => void chainRuns.push(...items.map((item) => item.chainRunId)) },
    });
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.fate = () => ({ outcome: 'PROCESSING', code: 'OK' });
    await world.debit();
    await world.toCutOff();
    world.gateway.finish(requestNoOf(reference), 'FAILED');
    await nextNight(2);
    expect(chainRuns).toEqual([2]);
  });

  test('SUCCESS in the sweep that comes first: it is not due', async () => {
    const reference = await givenInFlight();
    world.gateway.finish(requestNoOf(reference), 'SUCCESS');
    await nextNight(2);
    await world.debit();
    expect(await world.items(reference)).toHaveLength(1);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', plan: 'paid' });
  });

  test('INSUFFICIENT_FUNDS in the sweep that comes first: it is due, with the next presentation', async () => {
    const reference = await givenInFlight();
    world.gateway.finish(requestNoOf(reference), 'FAILED');
    await nextNight(2);
    await world.debit();
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', presentation: 2 });
  });

  test('VOIDED in the sweep that comes first: it is due, with a number that was never used', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push(timedOut);
    await world.debit();
    await world.toCutOff();
    always(world.gateway.queries, word('VOIDED', 'VOIDED'), 1);
    await nextNight(2);
    await world.debit();
    expect(await presentations(reference)).toEqual(['1.1', '2.1']);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', presentation: 2 });
  });

  test('VOIDED while the second night is on: not tried again for the first, and due in the third', async () => {
    await given();
    const [reference = ''] = await world.manyPlans(1);
    world.gateway.sends.push(timedOut);
    await world.debit();
    await world.toCutOff();
    always(world.gateway.queries, word('PROCESSING', 'OK'), 1);
    await nextNight(2);
    await world.debit();
    expect(await world.items(reference)).toHaveLength(1);
    always(world.gateway.queries, word('VOIDED', 'VOIDED'), 1);
    await world.sweepFor(120_000, 5_000);
    expect(await presentations(reference)).toEqual(['1.1']);
    await nextNight(3);
    await world.debit();
    expect(await presentations(reference)).toEqual(['1.1', '2.1']);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS', plan: 'paid' });
  });

  test('a chunk that a dead night left between its two transactions is asked for and not presented again', async () => {
    await given({
      wrapStore: (store) => ({
        ...store,
        transaction: (name, body, how) =>
          name === 'settle-chunk' ? new Promise<never>(() => undefined) : store.transaction(name, body, how),
      }),
    });
    const references = await world.manyPlans(4);
    void world.engine.runDebitShard(world.ctx({ runId: 7 }), premiumDebit('test'));
    await world.runtime.advance(2_000);
    expect(world.gateway.of('send')).toHaveLength(1);
    // The gateway forgets for a while, so that the sweep that comes first learns nothing.
    always(world.gateway.queries, word('NOT_FOUND', ''), 1);
    world.engine = await world.startEngine();
    await nextNight(2);
    await world.debit();
    for (const reference of references) expect(await world.items(reference)).toHaveLength(1);
    await world.sweepFor(90_000);
    expect(await world.states()).toEqual({ SUCCESS: 4 });
    for (const reference of references) expect(world.gateway.sendsOf(requestNoOf(reference))).toHaveLength(1);
  });
});

describe('waiting for the next attempt at the cut-off', () => {
  test('the next night presents it anew, with a higher presentation', async () => {
    await given({ cutOffInMs: 100_000 });
    await world.manyPlans(2);
    await world.debit();
    const [reference = ''] = await world.manyPlans(1);
    // Answered so late in the night that no attempt fits before the cut-off.
    await world.runtime.advance(80_000);
    world.gateway.sends.push((debits) => word('FAILED', 'EXPIRED')(debits.map((d) => d.requestNo)));
    await world.debit();
    await world.runtime.advance(10_000);
    await world.sweepFor(5_000);
    expect(await world.item(reference)).toMatchObject({ state: 'RETRY_WAIT' });
    await world.toCutOff();
    expect(await world.item(reference)).toMatchObject({ state: 'RETRY_WAIT' });
    await world.runtime.advance(3_600_000);
    await world.beginNight(2, { cutOffInMs: 600_000 });
    await world.debit();
    expect(await presentations(reference)).toEqual(['1.1', '2.1']);
    expect(await world.item(reference)).toMatchObject({ state: 'SUCCESS' });
    // The first night's slice is not told as settled: its item was left to the second.
    const told = await world.told();
    expect(told.flatMap(({ totals }) => totals).map(({ state }) => state)).not.toContain('RETRY_WAIT');
  });

  test('a slice of which an item was left to the next night is not told as settled when its last open item closes', async () => {
    await given({ cutOffInMs: 100_000 });
    await world.manyPlans(1);
    await world.debit();
    const [left = '', inFlight = ''] = await world.manyPlans(2);
    await world.runtime.advance(80_000);
    world.gateway.sends.push((debits) =>
      world.gateway.answered(
        debits.flatMap((debit) =>
          debit.requestNo === requestNoOf(left)
            ? [{ requestNo: debit.requestNo, status: 'FAILED', code: 'EXPIRED' }]
            : [{ ...world.gateway.execute(debit), status: 'PROCESSING' }],
        ),
      ),
    );
    await world.debit(undefined, { runId: 7 });
    await world.runtime.advance(3_600_000);
    await world.beginNight(2, { cutOffInMs: 600_000 });
    await world.sweepFor(5_000);
    expect(await world.item(inFlight)).toMatchObject({ state: 'SUCCESS' });
    expect((await world.told()).filter(({ runId }) => runId === 7)).toEqual([]);
  });
});
