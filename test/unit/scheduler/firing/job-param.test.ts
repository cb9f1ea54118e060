import { expect, test } from 'vitest';
import { readDefinitions } from '../../../../scheduler/definition/read-definitions.ts';
import { paramOf, storeParams } from '../../../../scheduler/firing/job-param.ts';

const [job] = readDefinitions(
  [{ id: 1, name: 'import', handler: 'import', group: 'orders', route: 'ROUND', param: 'own' }],
  [],
).jobs;

test('a job gets its own text of the chain run, else the text for all, else its definition', () => {
  if (job === undefined) throw new Error('no job');
  expect(paramOf(job, null)).toBe('own');
  expect(paramOf(job, storeParams(undefined))).toBe('own');
  expect(paramOf(job, storeParams({ other: 'x' }))).toBe('own');
  expect(paramOf(job, storeParams({ '*': 'all' }))).toBe('all');
  expect(paramOf(job, storeParams({ '*': 'all', import: 'this' }))).toBe('this');
  expect(paramOf(job, storeParams('one text'))).toBe('one text');
});
