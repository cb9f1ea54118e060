import { expect, test } from 'vitest';
import { createVerbBucket } from '../../../../scheduler/api/verb-bucket.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

test('a hundred a second: a second is saved up, a second is waited, and more is refused', async () => {
  const runtime = createFakeRuntime();
  await runtime.advance(60_000);
  const bucket = createVerbBucket(runtime);
  let done = 0;
  const taken = Array.from({ length: 300 }, async () => {
    const may = await bucket.take('orders');
    done += 1;
    return may;
  });
  await runtime.advance(0);
  // A hundred and one went at once, a hundred wait for their turn, and the others were told.
  expect(done).toBe(200);
  await runtime.advance(500);
  expect(done).toBe(250);
  await runtime.advance(1_000);
  const answers = await Promise.all(taken);
  expect(answers.filter((may) => may)).toHaveLength(201);
});

test('who floods waits for itself', async () => {
  const runtime = createFakeRuntime();
  const bucket = createVerbBucket(runtime);
  const flood = Array.from({ length: 300 }, () => bucket.take('orders'));
  expect(await bucket.take('payroll')).toBe(true);
  await runtime.advance(2_000);
  await Promise.all(flood);
});
