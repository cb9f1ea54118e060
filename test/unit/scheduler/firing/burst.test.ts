import { expect, test } from 'vitest';
import { acceptCallbackList } from '../../../../scheduler/callback/accept-callback-list.ts';
import { createBurst } from '../../../../scheduler/firing/burst.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { givenRuns } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

test('few that are due are no burst, and nobody waits for them', async () => {
  const burst = createBurst(createFakeRuntime());
  burst.began(49);
  await burst.over();
});

test('a burst is over when nearly all of it was answered', async () => {
  const burst = createBurst(createFakeRuntime());
  burst.began(100);
  let isOver = false;
  const over = burst.over().then(() => {
    isOver = true;
  });
  burst.ended(50);
  await Promise.resolve();
  expect(isOver).toBe(false);
  burst.ended(1);
  await over;
});

test('results wait while a burst is on, and are taken then', async () => {
  const given = await givenRuns([job(1, 'work', { route: 'ROUND' })]);
  const runId = await given.trigger('work');
  const [sent] = await given.dispatch();
  given.ctx.burst.began(1_000);
  const list = [{ logId: sent?.logId, handleCode: 200 }];
  const taken = acceptCallbackList(given.ctx, list, async () => true);
  await given.ctx.runtime.yieldTurn();
  expect((await given.view(runId)).state).toBe('running');
  given.ctx.burst.ended(1_000);
  await taken;
  expect((await given.view(runId)).state).toBe('succeeded');
});

test('a burst that does not end holds results back no longer than their sender waits', async () => {
  const runtime = createFakeRuntime();
  const burst = createBurst(runtime);
  burst.began(1_000);
  const over = burst.over();
  await runtime.advance(1_500);
  await over;
});

test('what was sent and answered is no part of a burst any more', async () => {
  const given = await givenRuns([job(1, 'work', { shardTotal: 60 })]);
  given.ctx.burst.began(49);
  await given.trigger('work');
  await given.dispatch();
  await given.ctx.burst.over();
});
