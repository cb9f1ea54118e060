import { describe, expect, test } from 'vitest';
import {
  maySendAt,
  nextCheckDelayMs,
  type SweepRules,
  sendDeadlineOf,
  stepAfterAbsence,
  stepAfterRefusedOther,
  type UnclearCall,
} from '../../../../executor/downstream/next-step.ts';

const TIMEOUT = 10_000;
const rules = (more: Partial<SweepRules> = {}): SweepRules => ({
  visibilityMs: 60_000,
  gatewayTimeoutMs: TIMEOUT,
  cutOffAtMs: 10_000_000,
  canVoid: true,
  clockOffsetMs: 0,
  ...more,
});
// Stored at 0: send deadline 15 s, visible at 75 s.
const call = (more: Partial<UnclearCall> = {}): UnclearCall => ({
  storedAt: 0,
  sendDeadlineAt: 15_000,
  expireAt: 1_000_000,
  keyDeadAt: 5_000_000,
  sends: 1,
  accepted: false,
  ...more,
});
const notFound = { kind: 'not_found', missingCount: 0 } as const;
const missing = (missingCount: number) => ({ kind: 'missing', missingCount }) as const;

describe('after "not found"', () => {
  test('nothing is allowed before send deadline + visibility', () => {
    for (const nowMs of [0, 15_000, 60_000, 74_999]) {
      expect(stepAfterAbsence(call(), notFound, nowMs, rules())).toBe('query');
    }
  });
  test('then the same request number is repeated while expireAt lies ahead', () => {
    expect(stepAfterAbsence(call(), notFound, 75_000, rules())).toBe('repeat');
    expect(stepAfterAbsence(call(), notFound, 999_999, rules())).toBe('repeat');
  });
  test('from expireAt on it is voided', () => {
    expect(stepAfterAbsence(call(), notFound, 1_000_000, rules())).toBe('void');
  });
  test('expireAt is on the clock of the downstream', () => {
    expect(stepAfterAbsence(call(), notFound, 990_000, rules({ clockOffsetMs: 10_000 }))).toBe('void');
    expect(stepAfterAbsence(call(), notFound, 1_005_000, rules({ clockOffsetMs: -10_000 }))).toBe('repeat');
  });
  test('without a void it is asked and nothing else', () => {
    expect(stepAfterAbsence(call(), notFound, 2_000_000, rules({ canVoid: false }))).toBe('query');
  });
  test('what was called PROCESSING is never voided', () => {
    expect(stepAfterAbsence(call({ accepted: true }), notFound, 2_000_000, rules())).toBe('query');
  });
  test('near and after the death of the key it is neither sent nor voided', () => {
    const dead = call({ keyDeadAt: 500_000 });
    for (const nowMs of [500_000 - TIMEOUT, 500_000, 700_000, 2_000_000]) {
      expect(stepAfterAbsence(dead, notFound, nowMs, rules())).toBe('query');
    }
  });
  test('no repeat whose deadline lies after the cut-off, and no void at the cut-off', () => {
    expect(stepAfterAbsence(call(), notFound, 100_000, rules({ cutOffAtMs: 114_999 }))).toBe('query');
    expect(stepAfterAbsence(call(), notFound, 100_000, rules({ cutOffAtMs: 115_000 }))).toBe('repeat');
    expect(stepAfterAbsence(call(), notFound, 1_000_000, rules({ cutOffAtMs: 1_000_000 }))).toBe('query');
  });
  test('a later repeat has a deadline of its own: the wait begins anew', () => {
    expect(stepAfterAbsence(call({ sendDeadlineAt: 115_000, sends: 2 }), notFound, 174_999, rules())).toBe('query');
    expect(stepAfterAbsence(call({ sendDeadlineAt: 115_000, sends: 2 }), notFound, 175_000, rules())).toBe('repeat');
  });
});

describe('an answer without the entry', () => {
  test('allows nothing before the third', () => {
    for (const count of [1, 2]) expect(stepAfterAbsence(call(), missing(count), 100_000, rules())).toBe('query');
    expect(stepAfterAbsence(call(), missing(3), 100_000, rules())).toBe('repeat');
  });
  test('allows nothing before the visibility, however many', () => {
    expect(stepAfterAbsence(call(), missing(9), 74_999, rules())).toBe('query');
  });
});

test('anything else is asked again', () => {
  expect(stepAfterAbsence(call(), { kind: 'other', missingCount: 9 }, 4_000_000, rules())).toBe('query');
});

describe('a refusal with an unknown code', () => {
  test('is asked again until a query after the visibility repeats it', () => {
    expect(stepAfterRefusedOther(call(), { repeated: false }, 900_000, rules())).toBe('query');
    expect(stepAfterRefusedOther(call(), { repeated: true }, 59_999, rules())).toBe('query');
  });
  test('is then voided, and without a void believed', () => {
    expect(stepAfterRefusedOther(call(), { repeated: true }, 80_000, rules())).toBe('void');
    expect(stepAfterRefusedOther(call(), { repeated: true }, 80_000, rules({ canVoid: false }))).toBe('fail');
  });
  test('is not voided after PROCESSING, after the key has died, or at the cut-off', () => {
    expect(stepAfterRefusedOther(call({ accepted: true }), { repeated: true }, 80_000, rules())).toBe('query');
    expect(stepAfterRefusedOther(call({ keyDeadAt: 85_000 }), { repeated: true }, 80_000, rules())).toBe('query');
    expect(stepAfterRefusedOther(call(), { repeated: true }, 80_000, rules({ cutOffAtMs: 80_000 }))).toBe('query');
  });
});

test('the send deadline is the gateway timeout and 5 s away, and may touch the cut-off but not cross it', () => {
  expect(sendDeadlineOf(1_000, TIMEOUT)).toBe(16_000);
  expect(maySendAt(1_000, { gatewayTimeoutMs: TIMEOUT, cutOffAtMs: 16_000 })).toBe(true);
  expect(maySendAt(1_001, { gatewayTimeoutMs: TIMEOUT, cutOffAtMs: 16_000 })).toBe(false);
});

describe('the next look', () => {
  const delay = (checks: number, visibilityMs: number, leftMs = 10_000_000) =>
    nextCheckDelayMs(checks, 0, { visibilityMs, cutOffAtMs: leftMs });
  test.each([
    [1_000, 1_000],
    [10_000, 5_000],
    [60_000, 30_000],
    [600_000, 30_000],
  ])('with a visibility of %i ms is first %i ms away', (visibilityMs, expected) => {
    expect(delay(0, visibilityMs)).toBe(expected);
  });
  test('doubles up to 60 s', () => {
    expect([0, 1, 2, 3, 4, 5, 500].map((checks) => delay(checks, 10_000))).toEqual([
      5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000,
    ]);
  });
  test('is at most a tenth of what is left to the cut-off', () => {
    expect(delay(4, 10_000, 100_000)).toBe(10_000);
    expect(delay(0, 60_000, 100_000)).toBe(10_000);
  });
});
