import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_RETRY } from '../../../../scheduler/definition/job-definition.ts';
import { decideRetry, type Failure, type RetryQuestion, readFailure } from '../../../../scheduler/run/retry-policy.ts';

const nowMs = Date.UTC(2026, 10, 20);
const broken: Failure = { code: 500, message: 'the gateway is down', errorCode: null, retryable: null };
const ask = (more: Partial<RetryQuestion>, chance = 0) =>
  decideRetry(
    {
      retry: { ...DEFAULT_RETRY, count: 3 },
      failuresBefore: 0,
      failure: broken,
      defaultFirstMs: 250,
      nowMs,
      ...more,
    },
    { next: () => chance },
  );

describe('a shard that failed', () => {
  test('is tried again, and says which try of how many it was and when the next one comes', () => {
    expect(ask({ failuresBefore: 1 })).toEqual({
      kind: 'again',
      waitMs: 500,
      reason: 'try 2 of 4 failed, the next one comes at 2026-11-20T00:00:00.500Z: the gateway is down',
    });
  });

  test('has failed after its last try', () => {
    expect(ask({ failuresBefore: 3 })).toEqual({ kind: 'over', reason: 'try 4 of 4 failed: the gateway is down' });
  });

  test('of a job without retries says what the handler said, and nothing of tries', () => {
    expect(ask({ retry: DEFAULT_RETRY })).toEqual({ kind: 'over', reason: 'the gateway is down' });
    expect(ask({ retry: DEFAULT_RETRY, failure: { ...broken, message: ' ' } })).toEqual({
      kind: 'over',
      reason: 'code 500',
    });
  });

  test('waits longer each time, up to the maximum, less what chance takes off', () => {
    const retry = { ...DEFAULT_RETRY, count: 9, firstMs: 100, factor: 3, maxMs: 1_000, jitter: 0.5 };
    const wait = (failuresBefore: number, chance: number) => {
      const verdict = ask({ retry, failuresBefore }, chance);
      return verdict.kind === 'again' ? verdict.waitMs : null;
    };
    expect([0, 1, 2, 3].map((before) => wait(before, 0))).toEqual([100, 300, 900, 1_000]);
    expect([0, 1, 2, 3].map((before) => wait(before, 0.8))).toEqual([60, 180, 540, 600]);
  });

  test('never waits longer than the maximum, and never less than what jitter leaves', () => {
    const retries = fc.record({
      count: fc.constant(1_000_000),
      firstMs: fc.integer({ min: 1, max: 10_000 }),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      maxMs: fc.integer({ min: 10_000, max: 1_000_000 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      on: fc.constant(['FAILED']),
    });
    fc.assert(
      fc.property(retries, fc.nat(2_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (retry, before, chance) => {
        const verdict = ask({ retry, failuresBefore: before }, chance);
        if (verdict.kind !== 'again') throw new Error(verdict.reason);
        expect(verdict.waitMs).toBeLessThanOrEqual(retry.maxMs);
        expect(verdict.waitMs).toBeGreaterThanOrEqual(Math.floor(retry.firstMs * (1 - retry.jitter)));
      }),
    );
  });
});

describe('what is tried again', () => {
  const verdictOf = (on: readonly string[], failure: Partial<Failure>) =>
    ask({ retry: { ...DEFAULT_RETRY, count: 1, on }, failure: { ...broken, ...failure } }).kind;

  test.each([
    ['FAILED, for 500', ['FAILED'], { code: 500 }, 'again'],
    ['FAILED, for a code of its own', ['FAILED'], { code: 7 }, 'again'],
    ['not a time-out under FAILED', ['FAILED'], { code: 502 }, 'over'],
    ['TIMEOUT', ['TIMEOUT'], { code: 502 }, 'again'],
    ['not a failure under TIMEOUT', ['TIMEOUT'], { code: 500 }, 'over'],
    ['an error code by its name', ['GATEWAY_BUSY'], { errorCode: 'GATEWAY_BUSY' }, 'again'],
    ['not another error code', ['GATEWAY_BUSY'], { errorCode: 'NO_SUCH_ACCOUNT' }, 'over'],
    ['an error code that says that it is retryable', ['FAILED'], { errorCode: 'X', retryable: true }, 'again'],
    ['nothing that says that it is not', ['FAILED', 'X'], { errorCode: 'X', retryable: false }, 'over'],
    ['nothing that was cancelled', ['FAILED', 'CANCELLED'], { errorCode: 'CANCELLED' }, 'over'],
    ['nothing that was killed', ['FAILED'], { message: 'scheduling center kill job. [job running, killed]' }, 'over'],
    [
      'nothing that was covered',
      ['FAILED'],
      { message: 'block strategy effect：Cover Early [job running, killed]' },
      'over',
    ],
  ] as const)('%s', (_, on, failure, kind) => {
    expect(verdictOf(on, failure)).toBe(kind);
  });

  test('and what is not says why', () => {
    const retry = { ...DEFAULT_RETRY, count: 2, on: ['TIMEOUT'] };
    expect(ask({ retry, failure: { ...broken, errorCode: 'NO_SUCH_ACCOUNT' } }).reason).toBe(
      'try 1 of 3, not tried again (retry.on has neither FAILED nor NO_SUCH_ACCOUNT: it names TIMEOUT): the gateway is down',
    );
  });

  test.each([
    ['BAD_INPUT', 'BAD_INPUT: no such day', 'try 1 of 3, not tried again: BAD_INPUT: no such day'],
    ['BAD_INPUT', 'no such day', 'try 1 of 3, not tried again (BAD_INPUT is not retryable): no such day'],
    ['BAD', 'BAD_INPUT: no such day', 'try 1 of 3, not tried again (BAD is not retryable): BAD_INPUT: no such day'],
    [null, 'no such day', 'try 1 of 3, not tried again (its error is not retryable): no such day'],
  ])('a code (%s) is said once: %s', (errorCode, message, reason) => {
    const retry = { ...DEFAULT_RETRY, count: 2 };
    expect(ask({ retry, failure: { ...broken, errorCode, message, retryable: false } }).reason).toBe(reason);
  });
});

describe('a failure is read from the result', () => {
  test.each([
    [null, null, null],
    ['no JSON', null, null],
    ['7', null, null],
    ['null', null, null],
    ['{"error":null}', null, null],
    ['{"error":{"code":"GATEWAY_BUSY","retryable":true}}', 'GATEWAY_BUSY', true],
    ['{"error":{"code":7,"retryable":"yes"}}', null, null],
    ['{"error":{"code":"X"}}', 'X', null],
  ])('%s', (result, errorCode, retryable) => {
    expect(readFailure({ code: 500, message: 'no', result })).toEqual({
      code: 500,
      message: 'no',
      errorCode,
      retryable,
    });
  });
});
