import { expect, test } from 'vitest';
import { createAnswersFirst } from '../../../../executor/node/answers-first.ts';

function given() {
  let nowMs = 5_000;
  const first = createAnswersFirst({ monotonicMs: () => nowMs });
  return {
    ...first,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

test('few that wait begin at once, however fast they arrive', () => {
  const first = given();
  for (let n = 0; n < 10; n++) {
    first.arrived();
    expect(first.holdsBack(49)).toBe(false);
  }
});

test('many wait while others arrive, and begin when none has come for a moment', () => {
  const first = given();
  first.arrived();
  expect(first.holdsBack(50)).toBe(true);
  first.pass(99);
  expect(first.holdsBack(50)).toBe(true);
  first.pass(1);
  expect(first.holdsBack(50)).toBe(false);
});

test('under a load that does not end they wait a second and a half, once', () => {
  const first = given();
  const held: boolean[] = [];
  for (let n = 0; n < 40; n++) {
    first.arrived();
    held.push(first.holdsBack(1_000));
    first.pass(50);
  }
  expect(held).toEqual([...new Array(30).fill(true), ...new Array(10).fill(false)]);
  // The next burst, after all of these have begun, is another one.
  first.holdsBack(0);
  first.arrived();
  expect(first.holdsBack(1_000)).toBe(true);
});
