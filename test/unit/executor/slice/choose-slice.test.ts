import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutAfter,
  handOf,
  lowerBoundMs,
  meanCostMs,
  NOTHING_LEARNED,
  type SliceView,
  splitOrder,
  stealOrder,
} from '../../../../executor/slice/choose-slice.ts';

const NOW = 1_000_000;
const slice = (given: Partial<SliceView> & { sliceNo: number }): SliceView => ({
  homeShard: 0,
  state: 'free',
  leaseUntil: 0,
  epoch: 1,
  cursorSeq: 0,
  sentToSeq: 0,
  readToSeq: 0,
  hi: 100,
  hot: false,
  leasedAt: 0,
  leasedFrom: 0,
  workedMs: 0,
  workedRows: 0,
  ...given,
});
const leased = (given: Partial<SliceView> & { sliceNo: number }): SliceView =>
  slice({ state: 'leased', leaseUntil: NOW + 5_000, leasedAt: NOW - 1_000, ...given });
const numbers = (slices: readonly SliceView[]): number[] => slices.map(({ sliceNo }) => sliceNo);

describe('what is stolen first', () => {
  test('the most rows, when nothing is known of their cost', () => {
    const slices = [slice({ sliceNo: 0, hi: 10 }), slice({ sliceNo: 1, hi: 90 }), slice({ sliceNo: 2, hi: 50 })];
    expect(numbers(stealOrder(slices, NOTHING_LEARNED, NOW))).toEqual([1, 2, 0]);
  });

  test('what is left counts, not what there was', () => {
    const slices = [slice({ sliceNo: 0, hi: 100, cursorSeq: 90 }), slice({ sliceNo: 1, hi: 100, cursorSeq: 50 })];
    expect(numbers(stealOrder(slices, NOTHING_LEARNED, NOW))).toEqual([1, 0]);
  });

  test('a slice whose rows were dear comes before one with more rows', () => {
    const dear = slice({ sliceNo: 0, hi: 100, cursorSeq: 50, workedMs: 5_000, workedRows: 50 });
    const plain = slice({ sliceNo: 1, hi: 200 });
    expect(numbers(stealOrder([plain, dear], { ms: 1_000, rows: 1_000 }, NOW))).toEqual([0, 1]);
  });

  test('what is held is not taken, and what a dead node held is', () => {
    const slices = [leased({ sliceNo: 0 }), leased({ sliceNo: 1, leaseUntil: NOW - 1 }), slice({ sliceNo: 2, hi: 5 })];
    expect(numbers(stealOrder(slices, NOTHING_LEARNED, NOW))).toEqual([1, 2]);
  });

  test('of equal ones the smaller number: everybody tries in one order', () => {
    const slices = [slice({ sliceNo: 3 }), slice({ sliceNo: 1 }), slice({ sliceNo: 2 })];
    expect(numbers(stealOrder(slices, NOTHING_LEARNED, NOW))).toEqual([1, 2, 3]);
  });
});

describe('what is split first', () => {
  const rules = { rowsMin: 10, nowMs: NOW };
  const splitNumbers = (slices: readonly SliceView[]): number[] =>
    splitOrder(slices, NOTHING_LEARNED, rules).map(({ slice: { sliceNo } }) => sliceNo);

  test('rows that are dear are worth a split though they are few', () => {
    const dear = leased({ sliceNo: 0, hi: 24, cursorSeq: 20, leasedAt: NOW - 2_000 });
    const cheap = leased({ sliceNo: 1, hi: 1_004, cursorSeq: 1_000 });
    expect(splitOrder([dear, cheap], NOTHING_LEARNED, rules)).toEqual([{ slice: dear, rowsMin: 3 }]);
  });

  test('what ends last by its own pace, though it has fewer rows left', () => {
    const slow = leased({ sliceNo: 0, hi: 100, cursorSeq: 20 });
    const quick = leased({ sliceNo: 1, hi: 2_000, cursorSeq: 1_000 });
    expect(splitNumbers([quick, slow])).toEqual([0, 1]);
  });

  test('a first chunk that does not end tells that its slice is slow', () => {
    const stuck = leased({ sliceNo: 0, hi: 500, readToSeq: 10, leasedAt: NOW - 60_000 });
    const quick = leased({ sliceNo: 1, hi: 2_000, cursorSeq: 1_000 });
    expect(splitNumbers([quick, stuck])).toEqual([0, 1]);
  });

  test('never a hot key, nothing free, nothing whose rest is in hand or too short', () => {
    const slices = [
      leased({ sliceNo: 0, hot: true, hi: 10_000 }),
      slice({ sliceNo: 1, hi: 10_000 }),
      leased({ sliceNo: 2, hi: 100, readToSeq: 95 }),
      leased({ sliceNo: 3, hi: 2 }),
    ];
    expect(splitOrder(slices, NOTHING_LEARNED, rules)).toEqual([]);
  });
});

describe('where a slice is cut', () => {
  const given = fc
    .record({
      cursorSeq: fc.integer({ min: 0, max: 500 }),
      sent: fc.integer({ min: 0, max: 300 }),
      read: fc.integer({ min: 0, max: 300 }),
      unread: fc.integer({ min: 0, max: 500 }),
      rowsMin: fc.integer({ min: 1, max: 200 }),
    })
    .map(({ cursorSeq, sent, read, unread, rowsMin }) => {
      const sentToSeq = cursorSeq + sent;
      const readToSeq = cursorSeq + read;
      return { cursorSeq, sentToSeq, readToSeq, hi: Math.max(sentToSeq, readToSeq) + unread, rowsMin };
    });

  test('above what is in hand; both sides have rows; the child has enough of them', () => {
    fc.assert(
      fc.property(given, ({ rowsMin, ...at }) => {
        const after = cutAfter(at, rowsMin);
        const hand = handOf(at);
        if (after === null) {
          expect(at.hi - hand).toBeLessThanOrEqual(rowsMin);
          return;
        }
        expect(after).toBeGreaterThanOrEqual(hand);
        expect(after).toBeGreaterThan(at.cursorSeq);
        expect(at.hi - after).toBeGreaterThanOrEqual(rowsMin);
      }),
    );
  });

  test('in the middle of what nobody has taken up', () => {
    expect(cutAfter({ cursorSeq: 100, sentToSeq: 200, readToSeq: 0, hi: 1_000 }, 50)).toBe(600);
  });

  test('all of it goes when half would be too little, but the holder keeps its row', () => {
    expect(cutAfter({ cursorSeq: 100, sentToSeq: 200, readToSeq: 0, hi: 260 }, 50)).toBe(200);
    expect(cutAfter({ cursorSeq: 200, sentToSeq: 200, readToSeq: 0, hi: 260 }, 50)).toBe(201);
  });
});

describe('the least time a run can take', () => {
  test('all that is left, shared by all', () => {
    const slices = [slice({ sliceNo: 0, hi: 1_000 }), slice({ sliceNo: 1, hi: 1_000 })];
    expect(lowerBoundMs(slices, { ms: 200, rows: 100 }, { workers: 4, nowMs: NOW })).toEqual({
      ms: 1_000,
      hotSliceNo: null,
    });
  });

  test('a hot key alone, when that is longer: nobody can share it', () => {
    const slices = [slice({ sliceNo: 0, hi: 1_000 }), slice({ sliceNo: 7, hi: 1_000, hot: true })];
    expect(lowerBoundMs(slices, { ms: 200, rows: 100 }, { workers: 4, nowMs: NOW })).toEqual({
      ms: 2_000,
      hotSliceNo: 7,
    });
  });

  test('what slices were seen to cost counts with what was learned', () => {
    const slices = [slice({ sliceNo: 0, workedMs: 300, workedRows: 100 })];
    expect(meanCostMs(slices, { ms: 100, rows: 100 }, NOW)).toBe(2);
  });
});
