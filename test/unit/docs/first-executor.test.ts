import { expect, test } from 'vitest';
import { codeBlocks, readPage, section } from './pages.ts';

const steps = section(readPage('README.md'), 'Your first executor in five minutes');
const [executor, jobs] = codeBlocks(steps).filter(({ language }) => language === 'js');

test('the executor and the jobs of the README are the example, word for word', () => {
  expect(executor?.text).toBe(readPage('executor/examples/first-executor/my-executor.mjs'));
  expect(jobs?.text).toBe(readPage('executor/examples/first-executor/jobs.mjs'));
});

test('they are as short as the README says five minutes take', () => {
  expect(executor?.text.trim().split('\n').length).toBeLessThanOrEqual(15);
  expect(jobs?.text.trim().split('\n').length).toBeLessThanOrEqual(15);
});
