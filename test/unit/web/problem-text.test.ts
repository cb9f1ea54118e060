import { expect, test } from 'vitest';
import { sayProblem } from '../../../scheduler/web/src/pure/problem-text.ts';

test('what the scheduler says goes on with the sentence of the page', () => {
  expect(sayProblem('Not let in.', 'the name is wrong')).toBe('Not let in: the name is wrong');
  expect(sayProblem('无法进入。', 'the name is wrong')).toBe('无法进入：the name is wrong');
  expect(sayProblem('Not let in.', '')).toBe('Not let in.');
  expect(sayProblem('', 'the name is wrong')).toBe('the name is wrong');
});
