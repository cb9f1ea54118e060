import { expect, test } from 'vitest';
import {
  ASKED_EVERY_MS,
  type AskedRun,
  createLiveCounts,
  REFUSED_FOR_MS,
} from '../../../../scheduler/admin/night/live-counts.ts';
import { DaybreakError } from '../../../../shared/errors.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const RUN = { runId: 7, group: 'settlement' };
const answerOf = (settled: number) => ({ total: 10, worked: 10, settled, uncounted: 10, states: [] });

function given(ask: (run: AskedRun, no: number) => Promise<unknown>) {
  const runtime = createFakeRuntime();
  const asked: number[] = [];
  const counts = createLiveCounts({ runtime, logger: silentLogger }, (run) => {
    asked.push(run.runId);
    return ask(run, asked.length);
  });
  const look = async () => (await counts.of([RUN])).get(RUN.runId)?.settled ?? null;
  return { runtime, asked, counts, look };
}

test('two who look at once, and all who look within 2 s, make one question', async () => {
  const { runtime, asked, look } = given(async (_, no) => answerOf(no));
  expect(await Promise.all([look(), look()])).toEqual([1, 1]);
  await runtime.advance(ASKED_EVERY_MS - 1);
  expect(await look()).toBe(1);
  expect(asked).toHaveLength(1);
  await runtime.advance(1);
  expect(await Promise.all([look(), look()])).toEqual([2, 2]);
  expect(asked).toHaveLength(2);
});

test('whoever looks waits a second for an answer, then sees the one before, and an old one not at all', async () => {
  const { runtime, asked, look } = given((_, no) =>
    no === 1 ? Promise.resolve(answerOf(3)) : new Promise(() => undefined),
  );
  expect(await look()).toBe(3);
  await runtime.advance(ASKED_EVERY_MS);
  const second = look();
  await runtime.advance(1_000);
  expect(await second).toBe(3);
  await runtime.advance(60_000);
  const third = look();
  await runtime.advance(1_000);
  expect(await third).toBeNull();
  // The question that hangs is the only one.
  expect(asked).toHaveLength(2);
});

test('an executor that does not know the question is not asked again for a minute; one that is away is', async () => {
  const old = given(async () => {
    throw new DaybreakError('NOT_FOUND', 'the executors of this group do not answer run.counts');
  });
  expect(await old.look()).toBeNull();
  await old.runtime.advance(REFUSED_FOR_MS - 1);
  expect(await old.look()).toBeNull();
  expect(old.asked).toHaveLength(1);
  await old.runtime.advance(1);
  await old.look();
  expect(old.asked).toHaveLength(2);

  const away = given(async (_, no) => {
    if (no === 1) throw new DaybreakError('EXECUTOR_UNREACHABLE', 'nobody is alive');
    return answerOf(5);
  });
  expect(await away.look()).toBeNull();
  await away.runtime.advance(ASKED_EVERY_MS);
  expect(await away.look()).toBe(5);
});

test('an answer in another shape is none', async () => {
  const { look } = given(async () => ({ ...answerOf(4), total: 'many' }));
  expect(await look()).toBeNull();
});
