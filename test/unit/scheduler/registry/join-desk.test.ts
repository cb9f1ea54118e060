import { expect, test } from 'vitest';
import { createJoinDesk } from '../../../../scheduler/registry/join-desk.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const LIFETIME_MS = 600_000;
const given = () => {
  const runtime = createFakeRuntime();
  return { runtime, desk: createJoinDesk(runtime) };
};

test('a token is good once, and then it is known as used', () => {
  const { desk } = given();
  const { token, lifetimeMs } = desk.issue();
  expect(lifetimeMs).toBe(LIFETIME_MS);
  expect(desk.take(token, 'a').kind).toBe('good');
  expect(desk.take(token, 'a')).toEqual({ kind: 'refused', why: 'used' });
});

test('a token that could not be made use of is good again', () => {
  const { desk } = given();
  const { token } = desk.issue();
  const verdict = desk.take(token, 'a');
  if (verdict.kind === 'good') verdict.giveBack();
  expect(desk.take(token, 'a').kind).toBe('good');
});

test('a token is good up to its tenth minute, and then it is known as expired', async () => {
  const { desk, runtime } = given();
  const [early, late] = [desk.issue(), desk.issue()];
  await runtime.advance(LIFETIME_MS - 1);
  expect(desk.take(early.token, 'a').kind).toBe('good');
  await runtime.advance(1);
  expect(desk.take(late.token, 'a')).toEqual({ kind: 'refused', why: 'expired' });
});

test('two tokens differ, and each is good whatever became of the other', () => {
  const { desk } = given();
  const [first, second] = [desk.issue().token, desk.issue().token];
  expect(first).not.toBe(second);
  expect(desk.take(second, 'a').kind).toBe('good');
  expect(desk.take(first, 'a').kind).toBe('good');
});

test('after ten wrong tries a caller is not heard for the rest of the minute, not even with a good token; others are', async () => {
  const { desk, runtime } = given();
  const { token } = desk.issue();
  for (let i = 0; i < 10; i++) expect(desk.take(`join-${i}`, 'a')).toEqual({ kind: 'refused', why: 'wrong' });
  expect(desk.take(token, 'a')).toEqual({ kind: 'refused', why: 'too_many_tries' });
  expect(desk.take(desk.issue().token, 'b').kind).toBe('good');
  await runtime.advance(60_000);
  expect(desk.take(token, 'a').kind).toBe('good');
});

test('wrong tries from a thousand addresses close the desk to further ones', () => {
  const { desk } = given();
  for (let i = 0; i < 1_000; i++) desk.take('wrong', `caller ${i}`);
  expect(desk.take(desk.issue().token, 'one more')).toEqual({ kind: 'refused', why: 'too_many_tries' });
});
