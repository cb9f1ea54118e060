import { expect, test } from 'vitest';
import { plansInParam } from '../../../../../executor/examples/settlement/plans-param.ts';

test('the parameter names the file, and how much of it may be rejected', () => {
  expect(plansInParam('{"plans": "/data/plans.csv"}')).toEqual({
    path: '/data/plans.csv',
    sha256: null,
    maxRejectPercent: 1,
  });
  // As `fire --param maxRejectPercent=0.5` gives it.
  expect(plansInParam('{"plans": "/p.csv", "maxRejectPercent": "0.5"}')).toMatchObject({ maxRejectPercent: 0.5 });
  expect(plansInParam('')).toMatchObject({ path: '' });
});

test.each([
  ['plans.csv', 'must be a JSON object'],
  ['[]', 'must be a JSON object'],
  ['{"plans": "plans.csv"}', '"plans" must be the whole path'],
  ['{"plans": 5}', '"plans" must be the whole path'],
  ['{"plan": "/x"}', '"plan" is not known'],
  ['{"plans": "/x", "maxRejectPercent": 101}', '"maxRejectPercent" must be a number'],
  ['{"plans": "/x", "maxRejectPercent": "many"}', '"maxRejectPercent" must be a number'],
])('%s is refused', (param, sentence) => {
  expect(() => plansInParam(param)).toThrow(sentence);
});
