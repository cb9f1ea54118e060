import { expect, onTestFinished, test } from 'vitest';
import { settlementInspections } from '../../executor/examples/settlement/inspect-settlement.ts';
import { runCountsInspections } from '../../executor/inspect/run-counts.ts';
import type { RunCounts } from '../../shared/protocol/inspect.ts';
import { timedOut } from '../support/money-gateway.ts';
import { MoneyWorld, realTime } from '../support/money-world.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

const RUN = { runId: 101 };
/** One debit in a request, so that one answer can be lost and the others are not. */
const ONE_BY_ONE = { capabilities: { batchMax: 1 } };
const amounts = (count: number) => Array.from({ length: count }, (_, at) => ({ amountMinor: 100 + at }));

const moneyOf = ({ states }: RunCounts) => ({
  count: states.reduce((sum, { count }) => sum + count, 0),
  amount: states.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), 0n),
});
const countsOf = ({ states }: RunCounts) => Object.fromEntries(states.map(({ state, count }) => [state, count]));

/** Three debits in one slice, of which one has no outcome; then it gets one. */
async function oneStaysOpen(world: MoneyWorld): Promise<void> {
  const inspections = settlementInspections(world.store, world.engine);
  const ask = async () => (await inspections['run.counts']?.(RUN)) as RunCounts;
  expect(await ask()).toEqual({ total: 0, worked: 0, settled: 0, uncounted: 0, states: [] });
  await world.plans(...amounts(3));
  world.gateway.sends.push(timedOut);
  world.gateway.queries.push(timedOut);
  await world.debit();
  const open = await ask();
  expect(open).toMatchObject({ total: 3, worked: 3, settled: 2, uncounted: 0 });
  expect(countsOf(open)).toEqual({ PROCESSING: 1, SUCCESS: 2 });
  expect(moneyOf(open)).toEqual({ count: 3, amount: 303n });
  await world.plant(`update item set state = 'MANUAL' where run_id = 101 and state = 'PROCESSING'`);
  await world.plant('update slice set settled_count = 3, open_count = 0, history_no = history_no + 1');
  const judged = await ask();
  expect(judged).toMatchObject({ total: 3, worked: 3, settled: 3, uncounted: 0 });
  expect(countsOf(judged)).toEqual({ MANUAL: 1, SUCCESS: 2 });
  expect(moneyOf(judged)).toEqual({ count: 3, amount: 303n });
}

test('counts and money are those of now, with one item of the only slice open', async () => {
  const world = await MoneyWorld.open(ONE_BY_ONE);
  onTestFinished(() => world.close());
  await oneStaysOpen(world);
});

describeWith(['MariaDB'], 'a settling executor on MariaDB', () => {
  test('answers the same', async () => {
    const database = await createMysqlDatabase();
    const world = await MoneyWorld.open({ ...ONE_BY_ONE, url: database.url, runtime: realTime() });
    onTestFinished(async () => {
      await world.close();
      await database.drop();
    });
    await oneStaysOpen(world);
  });
});

test('one answer looks at so many items; what it does not come to is said to be uncounted, then counted', async () => {
  const world = await MoneyWorld.open();
  onTestFinished(() => world.close());
  await world.plans(...amounts(120));
  await world.debit();
  const inspections = runCountsInspections(world.store, 1);
  const ask = async () => (await inspections['run.counts']?.(RUN)) as RunCounts;
  const slices = await world.rows<{ n: number }>('select item_count as n from slice where run_id = 101');
  expect(slices.length).toBeGreaterThan(1);
  for (let at = 0; at < slices.length; at++) {
    const counted = await ask();
    expect(counted.settled).toBe(120);
    expect(moneyOf(counted).count + counted.uncounted).toBe(120);
    expect(counted.uncounted).toBeGreaterThan(at === slices.length - 1 ? -1 : 0);
  }
  expect(moneyOf(await ask())).toEqual({ count: 120, amount: 19_140n });
  expect(countsOf(await ask())).toEqual({ SUCCESS: 120 });
  // What has not changed is not looked at again.
  await world.plant(`update item set state = 'FAILED' where run_id = 101`);
  expect(countsOf(await ask())).toEqual({ SUCCESS: 120 });
});

test('a slice that nobody touched is what was frozen; one that was split is never counted twice', async () => {
  const world = await MoneyWorld.open();
  onTestFinished(() => world.close());
  await world.plans(...amounts(120));
  await world.debit();
  const inspections = runCountsInspections(world.store, 1_000);
  const ask = async () => (await inspections['run.counts']?.(RUN)) as RunCounts;
  await ask();
  await world.plant(
    `update slice set cursor_seq = lo - 1, sent_to_seq = lo - 1, settled_count = 0, history_no = history_no + 1
      where run_id = 101 and slice_no = 0`,
  );
  const [first] = await world.rows<{ n: number }>(
    'select item_count as n from slice where run_id = 101 and slice_no = 0',
  );
  expect(countsOf(await ask())).toEqual({ PENDING: first?.n, SUCCESS: 120 - (first?.n ?? 0) });
  // The rows have moved, and the reading is of before: as after a split that came between the statements.
  await world.plant(
    'update slice set item_count = item_count - 1, settled_count = 1 where run_id = 101 and slice_no = 0',
  );
  expect(await ask()).toMatchObject({ total: 119, uncounted: (first?.n ?? 0) - 1 });
});
