import { expect, test } from 'vitest';
import { BREAK_MS } from '../../../../scheduler/registry/listening.ts';
import { retireSilentExecutors } from '../../../../scheduler/registry/retire-silent-executors.ts';
import { rescueLostAttempts } from '../../../../scheduler/run/rescue-lost-attempts.ts';
import { DEFAULT_SETTINGS } from '../../../../scheduler/settings.ts';
import { viewStatus } from '../../../../scheduler/status.ts';
import { givenRuns, only } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';
import { givenContext } from '../../../support/given-scheduler-context.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

async function given() {
  const given = await givenRuns([job(1, 'work', { route: 'FIRST', onNodeLoss: 'fail' })], {
    settings: DEFAULT_SETTINGS,
  });
  const { store, runtime } = given;
  const states = async () => (await viewStatus(store)).executors.map(({ state }) => state);
  /** A pass each second. */
  const passes = async (ctx: typeof given.ctx, seconds: number) => {
    for (let pass = 0; pass < seconds; pass++) {
      await runtime.advance(SECOND);
      await retireSilentExecutors(ctx);
    }
    await rescueLostAttempts(ctx);
  };
  const newProcess = () => givenContext(store, DEFAULT_SETTINGS, { client: given.client, runtime });
  return { ...given, states, passes, newProcess };
}

test('an executor that is quiet gets no new work after 45 s and is gone after 90', async () => {
  const { ctx, passes, states } = await given();
  await passes(ctx, 44);
  expect(await states()).toEqual(['alive', 'alive']);
  await passes(ctx, 1);
  expect(await states()).toEqual(['silent', 'silent']);
  await passes(ctx, 45);
  expect(await states()).toEqual([]);
});

test('a scheduler that was away for long takes nothing from executors before they had the time to be heard', async () => {
  const { runtime, passes, states, newProcess, trigger, dispatch, view, report } = await given();
  const runId = await trigger('work');
  const sent = only(await dispatch());
  await runtime.advance(10 * MINUTE);
  const after = newProcess();
  await passes(after, 40);
  expect(await states()).toEqual(['alive', 'alive']);
  expect((await view(runId)).state).toBe('running');
  // It was kept in a file, and peers look at their files every 30 s.
  expect(await report(sent)).toBe('taken');
  await passes(after, 60);
  expect(await states()).toEqual([]);
});

test('nor does one whose process stood still, or whose store was away', async () => {
  const { ctx, runtime, passes, states } = await given();
  await passes(ctx, 20);
  await runtime.advance(10 * MINUTE);
  await passes(ctx, 40);
  expect(await states()).toEqual(['alive', 'alive']);
});

test('a break that is too short to cost a beat changes nothing', async () => {
  const { ctx, runtime, passes, states } = await given();
  await passes(ctx, 60);
  await runtime.advance(BREAK_MS - SECOND);
  await passes(ctx, 1);
  expect(await states()).toEqual(['silent', 'silent']);
  await passes(ctx, 15);
  expect(await states()).toEqual([]);
});
