import { expect, test } from 'vitest';
import { MoneyWorld } from '../support/money-world.ts';
import { type UnsureStore, unsureStore } from '../support/unsure-store.ts';

/** The transactions of a shard by name. None of them may fail it: a debit shard that fails ends its night. */
const COMMITS = ['begin-freeze', 'freeze-slice', 'beat', 'claim-slice', 'store-chunk', 'settle-chunk'] as const;

test.each(COMMITS)('a shard goes on by itself when the answer to its COMMIT of %s is lost', async (name) => {
  const made: UnsureStore[] = [];
  const world = await MoneyWorld.open({
    wrapStore: (store) => {
      const unsure = unsureStore(store, (each) => each === name);
      made.push(unsure);
      return unsure.store;
    },
  });
  try {
    const references = await world.manyPlans(5);
    made[0]?.loseAnswer(1);
    await world.debit(undefined, { runId: 500 });
    expect(made[0]?.lost).toBe(name);
    await world.sweepFor(90_000);
    expect(await world.states()).toEqual({ SUCCESS: references.length });
    const executions = [...world.gateway.books.values()].map((one) => one.executions);
    expect(executions).toEqual(references.map(() => 1));
  } finally {
    await world.close();
  }
});
