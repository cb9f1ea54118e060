import { expect, test } from 'vitest';
import { DaybreakError, isDaybreakError } from '../../shared/errors.ts';
import { timedOut } from '../support/money-gateway.ts';
import { MoneyWorld } from '../support/money-world.ts';
import { type UnsureStore, unsureStore } from '../support/unsure-store.ts';

const PLANS = 5;
/** Far more commits than a night of so few plans makes. */
const COMMITS_MAX = 200;

/** What brings the outcomes: the reply, a query after a reply that was lost, or a callback. */
type Way = 'reply' | 'query' | 'callback';

/** A premium leg in which the answer to the n-th COMMIT is lost; returns whose it was, or null when there were fewer. */
async function legWithout(n: number, way: Way): Promise<string | null> {
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
    if (way !== 'reply') {
      world.gateway.sends.push((debits) => {
        world.gateway.send(debits);
        return timedOut();
      });
    }
    made[0]?.loseAnswer(n);
    await untilDone(() => world.debit(undefined, { runId: 500 }), world);
    if (way === 'callback') {
      // The gateway sends each again until it is answered.
      for (const requestNo of world.gateway.books.keys()) await untilDone(() => told(world, requestNo), world);
    }
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
    const slices = (await world.told()).map(({ runId, sliceNo }) => `${runId}.${sliceNo}`);
    expect(slices, about).toEqual([...new Set(slices)]);
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

async function told(world: MoneyWorld, requestNo: string): Promise<void> {
  const { status } = await world.tell(requestNo);
  if (status !== 200) throw new DaybreakError('INTERNAL', `the callback was answered ${status}`);
}

test.each([
  ['reply', ['begin-freeze', 'claim-slice', 'store-chunk', 'settle-chunk']],
  ['query', ['claim-open-rows', 'keep-evidence']],
  ['callback', ['settle-callback']],
] as const)('whichever COMMIT goes unanswered, each plan is debited, booked and told once: settled by %s', async (way, seen) => {
  const names = new Set<string>();
  for (let n = 1; n <= COMMITS_MAX; n++) {
    const lost = await legWithout(n, way);
    if (lost === null) break;
    names.add(lost);
  }
  expect([...names]).toEqual(expect.arrayContaining([...seen]));
});
