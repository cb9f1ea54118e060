import { expect, test } from 'vitest';
import { type DevNights, devNightHandlers } from '../../../deploy/cli/dev/dev-nights.ts';
import type { DebitJob } from '../../../executor/downstream/money-engine.ts';
import type { ChainRunView } from '../../../scheduler/chain/chain-run-view.ts';
import { givenContext } from '../../support/given-context.ts';

/** Chain runs at work by id, and what was cancelled. Whatever else is asked for would fail: there is no store. */
function givenNights(active: Readonly<Record<number, string>>) {
  const cancelled: [number, string][] = [];
  const scheduler: DevNights['scheduler'] = {
    status: async () => ({
      executors: [],
      schedulers: [],
      openRuns: [],
      activeChainRuns: Object.keys(active).map((id) => ({ id: Number(id), state: 'running' })),
    }),
    chainRun: async (id) => ({ chain: active[id] }) as ChainRunView,
    cancelChainRun: async (id, reason) => cancelled.push([id, reason]) > 0,
  };
  const handlers = devNightHandlers({
    scheduler,
    money: { debitJobs: [] as readonly DebitJob[] },
  } as unknown as DevNights);
  const run = (name: string, chainRunId: number | null) =>
    handlers.find((handler) => handler.name === name)?.run({ ...givenContext().ctx, chainRunId });
  return { cancelled, run };
}

test('a night that begins while an earlier one is at work is cancelled, and debits nothing', async () => {
  const { run, cancelled } = givenNights({ 3: 'nightly-settlement', 5: 'nightly-settlement' });
  expect(await run('import-plans', 5)).toBeNull();
  expect(cancelled).toEqual([[5, 'chain run 3 is still at work']]);
});

test('neither itself, nor a later one, nor a chain of somebody else holds a night up', async () => {
  const { run, cancelled } = givenNights({ 3: 'of mine', 5: 'nightly-settlement', 6: 'nightly-settlement' });
  // It goes on to its store, which is not there.
  await expect(run('import-plans', 5)).rejects.toThrow(TypeError);
  expect(cancelled).toEqual([]);
});

test('a job of the night that is fired alone says what to fire instead', async () => {
  await expect(givenNights({}).run('reconcile', null)).rejects.toThrow('fire the chain');
});
