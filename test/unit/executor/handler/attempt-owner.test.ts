import { expect, test } from 'vitest';
import { attemptOwner } from '../../../../executor/handler/attempt-owner.ts';

test('processes that work one attempt hold their leases under different names', () => {
  const ctx = { executorAddress: 'http://a:9999/', logId: 7 };
  expect(attemptOwner({ ...ctx, workerProcess: null })).toBe('http://a:9999/#7');
  expect([0, 1].map((workerProcess) => attemptOwner({ ...ctx, workerProcess }))).toEqual([
    'http://a:9999/#7.p0',
    'http://a:9999/#7.p1',
  ]);
});
