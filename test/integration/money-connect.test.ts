import { afterEach, describe, expect, test } from 'vitest';
import { badCredentials, refusedConnection, serverError } from '../support/money-gateway.ts';
import { MoneyWorld } from '../support/money-world.ts';

let world: MoneyWorld;
afterEach(() => world.close());

describe('connecting', () => {
  test.each([
    ['batchMax', 0],
    ['batchMax', 1.5],
    ['batchMax', '500'],
    ['maxRequestsPerSecond', 0],
    ['maxRequestsPerSecond', -1],
    ['maxRequestsPerSecond', Number.NaN],
    ['visibilityMs', -1],
    ['keyLifetimeMs', -1],
    ['keyLifetimeMs', undefined],
    ['void', 'yes'],
    ['void', undefined],
  ])('a capability that cannot be (%s %s) is refused by its name', async (field, value) => {
    world = await MoneyWorld.open({ connect: false });
    world.gateway.capabilities = { ...world.gateway.capabilities, [field]: value };
    await expect(world.drive(world.engine.connect({ forMs: 30_000 }))).rejects.toMatchObject({
      code: 'DOWNSTREAM_CAPABILITIES',
      message: expect.stringContaining(`"${field}"`),
      details: { field },
    });
    expect(world.engine.capabilities).toBeNull();
  });

  test.each([
    ['nobody there', refusedConnection, 'DOWNSTREAM_UNREACHABLE'],
    ['5xx', serverError, 'DOWNSTREAM_UNREACHABLE'],
    ['a refused key', badCredentials, 'DOWNSTREAM_CREDENTIALS'],
  ])('%s: tried for 30 s and then refused, naming the origin', async (_what, answer, code) => {
    world = await MoneyWorld.open({ connect: false });
    for (let i = 0; i < 100; i += 1) world.gateway.capabilityAnswers.push(() => answer() as never);
    const startedMs = world.runtime.clock.monotonicMs();
    await expect(world.drive(world.engine.connect({ forMs: 30_000 }))).rejects.toMatchObject({
      code,
      message: expect.stringContaining('simulator'),
    });
    const tookMs = world.runtime.clock.monotonicMs() - startedMs;
    expect(tookMs).toBeGreaterThan(28_000);
    expect(tookMs).toBeLessThan(31_000);
  });

  test('a gateway that comes up within the time is used', async () => {
    world = await MoneyWorld.open({ connect: false });
    for (let i = 0; i < 5; i += 1) world.gateway.capabilityAnswers.push(() => refusedConnection() as never);
    await world.drive(world.engine.connect({ forMs: 30_000 }));
    expect(world.engine.capabilities).toEqual(world.gateway.capabilities);
  });

  test('nothing is debited before the capabilities are known', async () => {
    world = await MoneyWorld.open({ connect: false });
    await world.manyPlans(1);
    await expect(world.debit()).rejects.toMatchObject({ code: 'DOWNSTREAM_UNREACHABLE' });
    expect(world.gateway.requests).toEqual([]);
  });
});

test('what is open is summed per reason and currency, in digits', async () => {
  world = await MoneyWorld.open();
  await world.manyPlans(3, { amountMinor: 99_999_999_999 });
  await world.manyPlans(1, { currency: 'JPY', amountMinor: 7 });
  world.gateway.sends.push(() => serverError());
  await world.debit();
  expect(await world.engine.openSummary()).toMatchObject([
    { reason: 'UNCLEAR', currency: 'CNY', count: 3, amountMinor: '299999999997' },
    { reason: 'UNCLEAR', currency: 'JPY', count: 1, amountMinor: '7' },
  ]);
});
