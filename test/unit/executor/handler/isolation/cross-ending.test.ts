import { expect, test } from 'vitest';
import { AttemptStopped } from '../../../../../executor/handler/attempt.ts';
import { classifyOutcome, type HandlerEnding } from '../../../../../executor/handler/classify-outcome.ts';
import { crossEnding, reviveEnding } from '../../../../../executor/handler/isolation/cross-ending.ts';
import { DaybreakError } from '../../../../../shared/errors.ts';

const circle: { self?: object } = {};
circle.self = circle;

const returned = (value: unknown): HandlerEnding => ({ kind: 'returned', value: value as never });
const threw = (error: unknown): HandlerEnding => ({ kind: 'threw', error });
const cross = (ending: HandlerEnding, stopped: unknown = null) =>
  reviveEnding(JSON.parse(JSON.stringify(crossEnding(ending))), stopped);

test.each([
  ['nothing', returned(undefined)],
  ['null', returned(null)],
  ['a value', returned({ closed: 3, of: ['a'] })],
  ['a bigint', returned({ sum: 1n })],
  ['a circle', returned(circle)],
  ['a function', returned(() => 1)],
  ['a text thrown', threw('oops')],
  ['nothing thrown', threw(undefined)],
  ['an error', threw(new Error('the file is cut', { cause: new Error('short read') }))],
  ['an error with a code', threw(Object.assign(new Error('cut'), { code: 'PLAN_FILE_REFUSED', retryable: false }))],
  ['one of ours', threw(new DaybreakError('DOWNSTREAM_UNREACHABLE', 'no answer'))],
])('%s has the outcome that it has inline', (_, ending) => {
  expect(classifyOutcome(cross(ending), null)).toEqual(classifyOutcome(ending, null));
});

test('name, stack and cause cross, for the run log', () => {
  const error = new TypeError('the file is cut', { cause: new Error('short read') });
  const ending = cross(threw(error));
  expect(ending.kind === 'threw' && ending.error).toMatchObject({ name: 'TypeError', stack: error.stack });
  expect(ending.kind === 'threw' && (ending.error as Error).cause).toMatchObject({ message: 'short read' });
});

test('an error whose cause is itself crosses, too', () => {
  const error: Error = new Error('loop');
  error.cause = error;
  expect(cross(threw(error)).kind).toBe('threw');
});

test('the reason of the stop crosses as the reason, even as a cause', () => {
  const reason = new AttemptStopped('killed');
  const own = new AttemptStopped('killed');
  expect(cross(threw(own), reason)).toEqual({ kind: 'threw', error: reason });
  const outcome = classifyOutcome(cross(threw(new Error('read', { cause: own })), reason), reason);
  expect(outcome.message).toBe('scheduling center kill job. [job running, killed]');
});
