import { expect, test } from 'vitest';
import { createConnectionPlaces } from '../../../../shared/sql/connection-places.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const given = (total: number, waitMs = 1_000) => {
  const runtime = createFakeRuntime();
  return { runtime, places: createConnectionPlaces({ total, waitMs, label: 'mysql://db/x', runtime }) };
};

test('lets so many in at once, the others in the order in which they came', async () => {
  const { places } = given(2);
  const order: string[] = [];
  const first = await places.take();
  const second = await places.take();
  const waiting = ['a', 'b', 'c'].map(async (name) => {
    const leave = await places.take();
    order.push(name);
    return leave;
  });
  expect([places.inUse, places.waiting]).toEqual([2, 3]);
  first();
  second();
  (await waiting[0])?.();
  await Promise.all(waiting);
  expect(order).toEqual(['a', 'b', 'c']);
  expect([places.inUse, places.waiting]).toEqual([2, 0]);
});

test('a place that is given back twice is given back once', async () => {
  const { places } = given(1);
  const leave = await places.take();
  leave();
  leave();
  await places.take();
  expect(places.inUse).toBe(1);
});

test('who waits for too long is told what to do, and takes no place from others', async () => {
  const { places, runtime } = given(1);
  const leave = await places.take();
  const late = places.take();
  const refused = expect(late).rejects.toMatchObject({
    code: 'STORE_OVERLOADED',
    retryable: true,
    message: expect.stringMatching(/within 1000 ms: all 1 are at work.*more\s+connections/),
  });
  await runtime.advance(1_000);
  await refused;
  expect(places.waiting).toBe(0);
  leave();
  expect(places.inUse).toBe(0);
  (await places.take())();
});

test('a place that comes in the same instant as the end of the wait is not lost', async () => {
  const { places, runtime } = given(1);
  const leave = await places.take();
  const late = places.take();
  const over = runtime.advance(1_000);
  leave();
  (await late)();
  await over;
  expect([places.inUse, places.waiting]).toEqual([0, 0]);
});

test('nobody who had a place leaves a timer behind', async () => {
  const { places, runtime } = given(1);
  const leave = await places.take();
  const next = places.take();
  leave();
  (await next)();
  expect(runtime.waiting).toBe(0);
});
