import { expect, test } from 'vitest';
import { isDaybreakError } from '../../shared/errors.ts';
import { MoneyWorld } from '../support/money-world.ts';
import { type UnsureStore, unsureStore } from '../support/unsure-store.ts';

const PLANS = 5;
/** Far more commits than a night of so few plans makes. */
const COMMITS_MAX = 200;

/** A premium leg in which the answer to the n-th COMMIT is lost; returns whose it was, or null when there were fewer. */
async function legWithout(n: number): Promise<string | null> {
  const made: UnsureStore[] = [];
  const world = await MoneyWorld.open({
    wrapStore: (store) => {
      const unsure = unsureStore(store);
      made.push(unsure);
      return unsure.store;
    },
  });
  try {
    const references = await world.manyPlans(PLANS);
    made[0]?.loseAnswer(n);
    await untilDone(() => world.debit(undefined, { runId: 500 }), world);
    for (let second = 0; second < 120 && (await world.states()).SUCCESS !== PLANS; second++) {
      await untilDone(() => world.sweep(), world);
      await world.runtime.advance(1_000);
    }
    const lost = made[0]?.lost ?? null;
    const about = `the answer to "${lost}" (commit ${n}) was lost`;
    expect(await world.states(), about).toEqual({ SUCCESS: PLANS });
    expect(
      [...world.gateway.books.values()].map(({ executions }) => executions),
      about,
    ).toEqual(references.map(() => 1));
    for (const reference of references) expect(await world.calls(reference), about).toHaveLength(1);
    const [ledger] = await world.rows<{ n: number; total: number }>(
      'select count(*) as n, sum(amount_minor) as total from ledger',
    );
    expect({ ...ledger }, about).toEqual({ n: PLANS, total: PLANS * 1_000 });
    const told = (await world.told()).flatMap(({ sliceNo }) => sliceNo);
    expect(new Set(told).size, about).toBe(told.length);
    return lost;
  } finally {
    await world.close();
  }
}

/** As its scheduler does: what ended without an outcome is begun again, later. */
async function untilDone(work: () => Promise<unknown>, world: MoneyWorld): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isDaybreakError(error) || tries > 5) throw error;
      await world.runtime.advance(11_000);
    }
  }
}

test('whichever COMMIT of a leg goes unanswered, each plan is debited once, booked once and told once', async () => {
  const names = new Set<string>();
  for (let n = 1; n <= COMMITS_MAX; n++) {
    const lost = await legWithout(n);
    if (lost === null) break;
    names.add(lost);
  }
  expect([...names]).toEqual(expect.arrayContaining(['freeze-slice', 'claim-slice', 'store-chunk', 'settle-chunk']));
});
