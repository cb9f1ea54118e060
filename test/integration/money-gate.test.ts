import { afterEach, describe, expect, test } from 'vitest';
import { timedOut } from '../support/money-gateway.ts';
import { expectTruth } from '../support/money-truth.ts';
import { MoneyWorld, type PlanGiven, requestNoOf, type WorldOptions } from '../support/money-world.ts';

let world: MoneyWorld;
const given = async (options: WorldOptions = {}): Promise<MoneyWorld> => {
  world = await MoneyWorld.open(options);
  return world;
};
afterEach(async () => {
  await expectTruth(world);
  expectPremiumsFirst();
  await world.close();
});

/** I4: no principal request at the gateway before its premium was executed there, if it has one. */
function expectPremiumsFirst(): void {
  for (const [requestNo, { arrivedAtMs }] of world.gateway.books) {
    const [environment, contract, period, letter] = requestNo.split('.');
    if (letter !== 'R') continue;
    const premiums = [...world.gateway.books].filter(([no]) =>
      no.startsWith(`${environment}.${contract}.${period}.P.`),
    );
    if (premiums.length === 0) continue;
    const paidAtMs = premiums.flatMap(([, { outcome, arrivedAtMs: at }]) => (outcome === 'SUCCESS' ? at : []));
    expect(Math.min(...paidAtMs), `premium of ${requestNo}`).toBeLessThan(Math.min(...arrivedAtMs));
  }
}

const PRINCIPAL = 'A.1.R';
const both = (premium: PlanGiven = {}): PlanGiven[] => [
  { contractNo: 'A', ...premium },
  { contractNo: 'A', leg: 'PRINCIPAL' },
];
let rejects = 1;
const reject = (contractNo: string, period: number, code = 'AMOUNT_INVALID', chainRunId = 1) =>
  world.plant(
    `insert into plan_reject (file_id, line_no, code, raw, contract_no, period)
     values ((select file_id from night where chain_run_id = ?), ?, ?, x'78', ?, ?)`,
    [chainRunId, ++rejects, code, contractNo, period],
  );

describe('the gate of a principal', () => {
  test('premium SUCCESS tonight: debited', async () => {
    await given();
    await world.plans(...both());
    await world.debit();
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'SUCCESS' });
  });

  test('premium SUCCESS in an earlier night: debited', async () => {
    await given();
    await world.plans({ contractNo: 'A' });
    await world.debit();
    await world.beginNight(2);
    await world.plans({ contractNo: 'A', leg: 'PRINCIPAL' });
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'SUCCESS' });
  });

  test.each<[string, PlanGiven[]]>([
    ['no premium at all', []],
    ['a premium that is due later', [{ contractNo: 'A', dueDate: '2026-11-21' }]],
    ['a premium of another period', [{ contractNo: 'A', period: 2 }]],
    ['a premium of another contract', [{ contractNo: 'B' }]],
  ])('none due (%s): debited', async (_what, premiums) => {
    await given();
    await world.plans(...premiums, { contractNo: 'A', leg: 'PRINCIPAL' });
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'SUCCESS' });
  });

  test.each([
    'INSUFFICIENT_FUNDS',
    'ACCOUNT_CLOSED',
    'LIMIT_EXCEEDED',
  ])('premium FAILED with %s tonight: BLOCKED', async (code) => {
    await given();
    await world.plans(...both(), { contractNo: 'B' }, { contractNo: 'B', leg: 'PRINCIPAL' });
    world.gateway.fate = ({ requestNo }) =>
      requestNo.startsWith('test.A.1.P') ? { outcome: 'FAILED', code } : { outcome: 'SUCCESS', code: 'OK' };
    await world.debit();
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({
      state: 'BLOCKED',
      reason: 'PREMIUM_FAILED',
      plan: 'open',
      attempt: 0,
    });
    expect(await world.item('B.1.R')).toMatchObject({ state: 'SUCCESS' });
    expect((await world.told()).flatMap(({ totals }) => totals).map(({ state }) => state)).toContain('BLOCKED');
  });

  test('BLOCKED leaves the plan open: when the premium is paid in the next night it is debited', async () => {
    await given();
    await world.plans(...both());
    world.gateway.fate = () => ({ outcome: 'FAILED', code: 'INSUFFICIENT_FUNDS' });
    await world.debit();
    await world.debitPrincipals();
    world.gateway.fate = () => ({ outcome: 'SUCCESS', code: 'OK' });
    await world.beginNight(2);
    await world.debitPrincipals({ runId: 900 });
    // Due again tonight, not failed tonight: it waits for tonight's outcome.
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'PENDING', open: 'PREMIUM_OPEN' });
    await world.debit();
    await world.sweepFor(3_000);
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'SUCCESS', presentation: 1 });
  });

  test('premium given up in an earlier night: BLOCKED', async () => {
    await given();
    await world.plans(...both({ state: 'given_up' }));
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'BLOCKED', reason: 'PREMIUM_FAILED' });
  });

  test('premium line rejected in tonight file: BLOCKED(PREMIUM_REJECTED); in another period or night: debited', async () => {
    await given();
    await world.plans({ contractNo: 'A', leg: 'PRINCIPAL' }, { contractNo: 'A', period: 2, leg: 'PRINCIPAL' });
    await reject('A', 1);
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'BLOCKED', reason: 'PREMIUM_REJECTED' });
    expect(await world.item('A.2.R')).toMatchObject({ state: 'SUCCESS' });
    await world.beginNight(2);
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'SUCCESS' });
  });

  test('premium paid though a line of it was rejected tonight: debited', async () => {
    await given();
    await world.plans(...both());
    await reject('A', 1, 'DUPLICATE');
    await world.debit();
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'SUCCESS' });
  });

  test.each([
    ['not sent yet', async () => undefined],
    [
      'in flight',
      async () => {
        world.gateway.sends.push((debits) => {
          world.gateway.send(debits);
          return timedOut();
        });
        await world.debit();
      },
    ],
    [
      'PROCESSING at the gateway',
      async () => {
        world.gateway.fate = ({ requestNo }) =>
          requestNo.includes('.P.') ? { outcome: 'PROCESSING', code: 'OK' } : { outcome: 'SUCCESS', code: 'OK' };
        await world.debit();
      },
    ],
  ])('premium %s: it waits with a row in the open table, and at the cut-off it is PENDING, never BLOCKED', async (_what, premium) => {
    await given({ cutOffInMs: 60_000 });
    await world.plans(...both(), { contractNo: 'B', leg: 'PRINCIPAL' });
    await premium();
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'PENDING', open: 'PREMIUM_OPEN', attempt: 0 });
    expect(await world.item('B.1.R')).toMatchObject({ state: 'SUCCESS' });
    for (let i = 0; i < 200; i += 1) {
      world.gateway.queries.push((nos) =>
        world.gateway.answered(nos.map((requestNo) => ({ requestNo, status: 'PROCESSING', code: 'OK' }))),
      );
    }
    await world.sweepFor(50_000, 2_000);
    await world.toCutOff();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'PENDING', attempt: 0 });
    expect(await world.rows(`select * from call_out where request_no like 'test.A.1.R%'`)).toEqual([]);
  });

  test.each<['SUCCESS' | 'FAILED', string]>([
    ['SUCCESS', 'SUCCESS'],
    ['FAILED', 'BLOCKED'],
  ])('a premium that ends %s later: the sweep gates the waiting principal anew', async (outcome, state) => {
    await given();
    await world.plans(...both());
    world.gateway.fate = ({ requestNo }) =>
      requestNo.includes('.P.') ? { outcome: 'PROCESSING', code: 'OK' } : { outcome: 'SUCCESS', code: 'OK' };
    await world.debit();
    await world.debitPrincipals();
    await world.sweepFor(10_000);
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'PENDING' });
    world.gateway.finish(requestNoOf('A.1.P'), outcome);
    await world.tell(requestNoOf('A.1.P'));
    await world.sweepFor(3_000);
    expect(await world.item(PRINCIPAL)).toMatchObject({ state });
    expect(await world.told()).toHaveLength(2);
  });

  test.each<['SUCCESS' | 'FAILED', string]>([
    // Nothing is sent after the cut-off; but a premium that failed blocks, and then nothing is unresolved.
    ['FAILED', 'BLOCKED'],
    ['SUCCESS', 'PENDING'],
  ])('a premium that the last pass finds %s: its waiting principal is %s', async (outcome, state) => {
    await given({ cutOffInMs: 60_000 });
    await world.plans(...both());
    world.gateway.fate = ({ requestNo }) =>
      requestNo.includes('.P.') ? { outcome: 'PROCESSING', code: 'OK' } : { outcome: 'SUCCESS', code: 'OK' };
    await world.debit();
    await world.debitPrincipals();
    await world.sweepFor(5_000);
    world.gateway.finish(requestNoOf('A.1.P'), outcome);
    await world.toCutOff();
    expect(await world.item('A.1.P')).toMatchObject({ state: outcome });
    expect(await world.item(PRINCIPAL)).toMatchObject({ state, attempt: 0 });
  });

  test('a premium on hold: its principal waits', async () => {
    await given();
    await world.plans(...both({ state: 'held' }));
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'PENDING', open: 'PREMIUM_OPEN' });
  });

  test('is asked in the transaction that stores the call', async () => {
    await given({
      wrapStore: (store) => ({
        ...store,
        async transaction(name, body, how) {
          // The premium is on hold from the instant at which the chunk had been read and was not stored yet.
          if (name === 'store-chunk' && world.runtime.clock.wallMs() > 0 && plotted) {
            plotted = false;
            await store.transaction('plot', (tx) => tx.run(`update plan set state = 'held' where leg = 'PREMIUM'`));
          }
          return store.transaction(name, body, how);
        },
      }),
    });
    let plotted = false;
    await world.plans(...both());
    await world.debit();
    plotted = true;
    await world.debitPrincipals();
    expect(await world.item(PRINCIPAL)).toMatchObject({ state: 'PENDING' });
    expect(world.gateway.books.has(requestNoOf(PRINCIPAL))).toBe(false);
  });

  test('one of a thousand: each principal is judged by its own premium alone, in chunks and in the sweep', async () => {
    await given({ engine: { chunkSize: 30 } });
    const plans: PlanGiven[] = [];
    for (let i = 0; i < 90; i += 1) plans.push({ contractNo: `K${i}` }, { contractNo: `K${i}`, leg: 'PRINCIPAL' });
    await world.plans(...plans);
    const fateOf = (no: number) => (no % 3 === 0 ? 'SUCCESS' : no % 3 === 1 ? 'FAILED' : 'PROCESSING');
    world.gateway.fate = ({ requestNo }) => {
      const [, contract = '', , letter] = requestNo.split('.');
      if (letter === 'R') return { outcome: 'SUCCESS', code: 'OK' };
      const outcome = fateOf(Number(contract.slice(1)));
      return { outcome, code: outcome === 'FAILED' ? 'ACCOUNT_CLOSED' : 'OK' };
    };
    await world.debit();
    await world.debitPrincipals();
    const byFate = async () => {
      const seen: Record<string, Set<string>> = { SUCCESS: new Set(), FAILED: new Set(), PROCESSING: new Set() };
      for (let i = 0; i < 90; i += 1) seen[fateOf(i)]?.add((await world.item(`K${i}.1.R`)).state);
      return Object.fromEntries(Object.entries(seen).map(([fate, states]) => [fate, [...states]]));
    };
    expect(await byFate()).toEqual({ SUCCESS: ['SUCCESS'], FAILED: ['BLOCKED'], PROCESSING: ['PENDING'] });
    for (let i = 2; i < 90; i += 3) world.gateway.finish(`test.K${i}.1.P.1.1`, i % 2 ? 'SUCCESS' : 'FAILED');
    await world.sweepFor(40_000);
    for (let i = 2; i < 90; i += 3) expect((await world.item(`K${i}.1.R`)).state).toBe(i % 2 ? 'SUCCESS' : 'BLOCKED');
  });
});
