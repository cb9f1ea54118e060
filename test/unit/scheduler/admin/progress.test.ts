import { expect, test } from 'vitest';
import { countsOfAll, type ProgressFacts, progressOf } from '../../../../scheduler/admin/night/progress.ts';

const NOW = 1_000_000;
const total = (count: number) => ({ group: 'PREMIUM', currency: 'CNY', count, amountMinor: String(count * 100) });
const facts = (given: Partial<ProgressFacts>): ProgressFacts => ({
  nowMs: NOW,
  startedAtMs: NOW - 10_000,
  endedAtMs: null,
  shardsDone: 0,
  shardsTotal: 2,
  slicesDone: 0,
  slicesTotal: 4,
  frozen: [total(200)],
  told: [],
  counts: null,
  ...given,
});
const counts = { total: 200, worked: 100, settled: 96, states: [] };

test('one open item in each slice keeps nothing at 0: done, pace and estimate are of what executors answer', () => {
  expect(progressOf(facts({ counts }))).toMatchObject({
    itemsDone: 96,
    itemsOpen: 4,
    itemsTotal: 200,
    itemsPerSecond: 10,
    etaAtMs: NOW + 10_000,
  });
});

test('where nobody could be asked it is what was told, and no estimate of nothing', () => {
  expect(progressOf(facts({}))).toMatchObject({ itemsDone: 0, itemsOpen: null, itemsPerSecond: null, etaAtMs: null });
  expect(progressOf(facts({ told: [total(50)] }))).toMatchObject({ itemsDone: 50, etaAtMs: NOW + 30_000 });
});

test('when all is sent, an item that stays open makes no estimate, and does not slow the pace down for ever', () => {
  const allSent = { total: 200, worked: 200, settled: 199, states: [] };
  expect(progressOf(facts({ counts: allSent }))).toMatchObject({
    itemsDone: 199,
    itemsOpen: 1,
    itemsPerSecond: null,
    etaAtMs: null,
  });
  expect(progressOf(facts({ counts: allSent, endedAtMs: NOW }))).toMatchObject({
    itemsDone: 199,
    itemsOpen: 1,
    itemsPerSecond: 20,
    etaAtMs: null,
  });
});

test('before the first item and in the first moments nothing is estimated', () => {
  expect(progressOf(facts({ counts: { total: 200, worked: 0, settled: 0, states: [] } })).etaAtMs).toBeNull();
  expect(progressOf(facts({ counts, startedAtMs: NOW - 1_000 }))).toMatchObject({
    itemsPerSecond: null,
    etaAtMs: null,
  });
});

test('an answer that is not about all that was frozen is not shown', () => {
  const answer = { ...counts, uncounted: 200 };
  expect(countsOfAll(answer, [total(150), total(50)])).toBe(answer);
  expect(countsOfAll({ ...answer, total: 0 }, [total(200)])).toBeNull();
  expect(countsOfAll(answer, [])).toBeNull();
  expect(countsOfAll({ ...answer, total: 0 }, [])).toBeNull();
});

test('what two people have to decide is not done, whether it was told or answered', () => {
  const manual = { ...total(3), state: 'MANUAL' };
  expect(progressOf(facts({ counts: { ...counts, states: [manual] } }))).toMatchObject({ itemsDone: 93, itemsOpen: 7 });
  const told = [{ ...total(47), state: 'SUCCESS' }, manual];
  expect(progressOf(facts({ told }))).toMatchObject({ itemsDone: 47, etaAtMs: NOW + 30_000 });
});
