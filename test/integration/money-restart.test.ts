import { afterEach, expect, test } from 'vitest';
import type { Answer } from '../support/money-gateway.ts';
import { MoneyWorld } from '../support/money-world.ts';

let world: MoneyWorld;
afterEach(() => world.close());

const cut: Answer = { kind: 'unclear', why: 'reset', status: null, raw: '' };

test('after a restart repeats are paced by the first sends of the night, not by those of the new process', async () => {
  world = await MoneyWorld.open({
    capabilities: { visibilityMs: 10_000, batchMax: 300, maxRequestsPerSecond: 100 },
    engine: { chunkSize: 1_000, slicesAtOnce: 1 },
  });
  await world.manyPlans(3_000);
  // The last request of the night is lost on its way there.
  let left = 3_000;
  for (let no = 0; no < 20; no += 1) {
    world.gateway.sends.push((debits) => {
      left -= debits.length;
      return left <= 0 ? cut : world.gateway.send(debits);
    });
  }
  await world.debit();
  world.gateway.sends.length = 0;
  const lost = 3_000 - world.gateway.books.size;
  expect(lost).toBeGreaterThan(60);
  world.engine = await world.startEngine();
  const before = world.gateway.of('send').length;
  await world.sweepFor(60_000, 1_000);
  const repeated = world.gateway
    .of('send')
    .slice(before)
    .flatMap(({ requestNos }) => requestNos);
  expect(repeated).toHaveLength(lost);
  expect(await world.states()).toEqual({ SUCCESS: 3_000 });
});

test('a chain run that another one has followed debits no more', async () => {
  world = await MoneyWorld.open();
  await world.manyPlans(3);
  await world.beginNight(2, { date: '2026-11-21' });
  await expect(world.debit(undefined, { chainRunId: 1 })).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(world.gateway.books.size).toBe(0);
  expect((await world.debit()).debited).toBe(3);
});
