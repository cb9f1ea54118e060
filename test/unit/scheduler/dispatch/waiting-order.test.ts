import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAskingPatience } from '../../../../scheduler/dispatch/asking-patience.ts';
import { inWaitingOrder } from '../../../../scheduler/dispatch/waiting-order.ts';
import { wireBlockWord } from '../../../../scheduler/dispatch/wire-block-word.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

describe('who is looked at first', () => {
  const run = (runId: number, priority: number, createdAt = 0) => ({ runId, priority, createdAt });
  const ids = (runs: { runId: number; priority: number; createdAt: number }[], nowMs = 0) =>
    inWaitingOrder(runs, nowMs, 1_000).map((each) => each.runId);
  test('by priority, then by age', () => {
    expect(ids([run(1, 5), run(2, 1), run(3, 5), run(4, 1)])).toEqual([2, 4, 1, 3]);
  });
  test('whoever has waited long enough goes before fresh ones of any priority', () => {
    expect(ids([run(9, 1, 7_999), run(2, 9)], 7_999)).toEqual([9, 2]);
    expect(ids([run(9, 1, 8_000), run(2, 9)], 8_000)).toEqual([2, 9]);
  });
  test('runs of one priority stand in the order of their ids, however long they wait', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50_000), { minLength: 1 }), fc.integer({ min: 1, max: 9 }), (ages, priority) => {
        // A later id was made later.
        const made = ages.toSorted((a, b) => a - b).map((createdAt, index) => run(index + 1, priority, createdAt));
        expect(ids(made, 60_000)).toEqual(made.map((each) => each.runId));
      }),
    );
  });
});

test('executors are asked again with growing pauses, and forgotten with their run', async () => {
  const { clock, advance } = createFakeRuntime();
  const patience = createAskingPatience(clock);
  expect(patience.waitMs(1)).toBe(0);
  const pauses = [];
  for (let times = 0; times < 7; times++) {
    patience.nobodyCould(1);
    pauses.push(patience.waitMs(1));
    await advance(patience.waitMs(1));
    expect(patience.waitMs(1)).toBe(0);
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  patience.keepOnly(new Set());
  patience.nobodyCould(1);
  expect(patience.waitMs(1)).toBe(1_000);
});

test('the word on the wire: the job’s own for a peer, one that cannot refuse what was let go for ours', () => {
  const words = (['SERIAL_EXECUTION', 'DISCARD_LATER', 'COVER_EARLY', 'PARALLEL'] as const).map((word) => [
    wireBlockWord(word, true),
    wireBlockWord(word, false),
  ]);
  expect(words).toEqual([
    ['SERIAL_EXECUTION', 'SERIAL_EXECUTION'],
    ['DISCARD_LATER', 'SERIAL_EXECUTION'],
    ['COVER_EARLY', 'COVER_EARLY'],
    ['SERIAL_EXECUTION', 'PARALLEL'],
  ]);
});
