import { expect, test } from 'vitest';
import { createPassiveHealth } from '../../../../scheduler/routing/passive-health.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

test('who finds no room comes back one after another, and without delay once somebody was let in', async () => {
  const runtime = createFakeRuntime();
  const health = createPassiveHealth(runtime.clock, 5_000, 250);
  expect([health.backInMs('a'), health.backInMs('a'), health.backInMs('a')]).toEqual([250, 260, 270]);
  expect(health.backInMs('b')).toBe(250);
  await runtime.advance(100);
  expect(health.backInMs('a')).toBe(250);
  for (let turned = 0; turned < 998; turned++) health.backInMs('a');
  expect(health.backInMs('a')).toBe(10_240);
  health.wentWell('a');
  expect(health.backInMs('a')).toBe(250);
});
