import { describe, expect, test } from 'vitest';
import { AttemptStopped } from '../../../../executor/handler/attempt.ts';
import { classifyOutcome, MESSAGE_CHARS_MAX, RESULT_CHARS_MAX } from '../../../../executor/handler/classify-outcome.ts';
import { DaybreakError } from '../../../../shared/errors.ts';

describe('a handler that was left alone', () => {
  test('and returned nothing succeeded', () => {
    expect(classifyOutcome({ kind: 'returned', value: undefined }, null)).toEqual({
      code: 200,
      message: '',
      result: null,
    });
  });

  test('and returned null says null', () => {
    expect(classifyOutcome({ kind: 'returned', value: null }, null)).toMatchObject({ code: 200, result: 'null' });
  });

  test('and returned too much succeeded all the same: failing it would have it done again', () => {
    const outcome = classifyOutcome({ kind: 'returned', value: 'x'.repeat(RESULT_CHARS_MAX) }, null);
    expect(outcome).toMatchObject({
      code: 200,
      result: null,
      message: expect.stringContaining('the result is not sent'),
    });
  });

  test('and threw one of ours keeps code and retryable', () => {
    const error = new DaybreakError('DOWNSTREAM_UNREACHABLE', 'no answer from the gateway');
    const outcome = classifyOutcome({ kind: 'threw', error }, null);
    expect(outcome).toMatchObject({ code: 500, message: 'DOWNSTREAM_UNREACHABLE: no answer from the gateway' });
    expect(JSON.parse(outcome.result ?? '')).toEqual({
      error: { code: 'DOWNSTREAM_UNREACHABLE', message: 'no answer from the gateway', retryable: true },
    });
  });

  test.each([
    ['a text', 'oops'],
    ['nothing', undefined],
    ['a number', 7],
  ])('and threw %s failed', (_, error) => {
    expect(classifyOutcome({ kind: 'threw', error }, null)).toMatchObject({ code: 500, message: String(error) });
  });

  test('and threw a novel has it cut', () => {
    const outcome = classifyOutcome({ kind: 'threw', error: new Error('x'.repeat(200_000)) }, null);
    expect(outcome.message).toHaveLength(MESSAGE_CHARS_MAX);
  });
});

describe('a handler that was told to stop', () => {
  const timeout = new AttemptStopped('timeout');

  test('did not succeed, whatever it returns', () => {
    expect(classifyOutcome({ kind: 'returned', value: { done: 3 } }, timeout)).toEqual({
      code: 502,
      message: 'job execute timeout ',
      result: '{"done":3}',
    });
  });

  test('and threw the reason, or an AbortError, has nothing to add', () => {
    for (const error of [timeout, new DOMException('aborted', 'AbortError'), new Error('read', { cause: timeout })]) {
      expect(classifyOutcome({ kind: 'threw', error }, timeout).message).toBe('job execute timeout ');
    }
  });

  test('and threw something else has that said as well', () => {
    const error = new Error('the disk is full');
    expect(classifyOutcome({ kind: 'threw', error }, timeout).message).toBe('job execute timeout  (the disk is full)');
  });
});
