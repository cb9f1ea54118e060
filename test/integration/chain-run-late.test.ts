import { expect, onTestFinished, test } from 'vitest';
import { timedOut } from '../support/money-gateway.ts';
import { MoneyWorld } from '../support/money-world.ts';

/** Night 2 is on: a premium whose answer was lost, and the principal that waits for it. */
async function givenWaitingPrincipal(): Promise<{ world: MoneyWorld; principal: string }> {
  const world = await MoneyWorld.open();
  onTestFinished(() => world.close());
  await world.beginNight(2);
  const [, principal = ''] = await world.plans({ contractNo: 'C1' }, { contractNo: 'C1', leg: 'PRINCIPAL' });
  world.gateway.sends.push(timedOut);
  await world.debit();
  await world.debitPrincipals();
  expect(await world.item(principal)).toMatchObject({ state: 'PENDING', open: expect.any(String) });
  return { world, principal };
}

test('a process that was frozen and begins an earlier chain run takes nothing from the one that is on', async () => {
  const { world, principal } = await givenWaitingPrincipal();
  const before = await world.items(principal);
  const late = world.newEngine();
  await world.drive(late.connect({ forMs: 30_000 }));
  await world.drive(late.beginChainRun({ chainRunId: 1, cutOffAtMs: world.cutOffAtMs, exclusive: false }));
  expect(await world.items(principal)).toEqual(before);
});

test('what an earlier chain run left waiting is free for a later one', async () => {
  const { world, principal } = await givenWaitingPrincipal();
  const later = world.newEngine();
  await world.drive(later.connect({ forMs: 30_000 }));
  await world.drive(later.beginChainRun({ chainRunId: 3, cutOffAtMs: world.cutOffAtMs, exclusive: false }));
  expect(await world.item(principal)).toMatchObject({ state: 'PENDING', open: null });
});

test('a process in which a later chain run has begun does not go back to an earlier one', async () => {
  const { world } = await givenWaitingPrincipal();
  const back = world.engine.beginChainRun({ chainRunId: 1, cutOffAtMs: world.cutOffAtMs, exclusive: false });
  await expect(back).rejects.toMatchObject({
    code: 'CANCELLED',
    message: expect.stringContaining('chain run 2 has begun'),
  });
});
