import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateBucket, RepeatPacer } from '../../../../executor/downstream/rate-bucket.ts';
import { createFakeRuntime, type FakeRuntime } from '../../../support/fake-runtime.ts';

/** The most instants in any window of one second, both ends included. */
function busiestSecond(instants: readonly number[]): number {
  let from = 0;
  let most = 0;
  instants.forEach((atMs, index) => {
    while (atMs - (instants[from] ?? 0) > 1_000) from += 1;
    most = Math.max(most, index - from + 1);
  });
  return most;
}

/** Takes tokens whenever the pattern asks for some; returns when they were given. */
async function play(
  runtime: FakeRuntime,
  pattern: readonly { afterMs: number; wanted: number; restart: boolean }[],
  rate: number,
): Promise<number[]> {
  let bucket = new RateBucket(runtime, rate);
  const given: number[] = [];
  for (const { afterMs, wanted, restart } of pattern) {
    await runtime.advance(afterMs);
    // A new process knows nothing of the one before it.
    if (restart) bucket = new RateBucket(runtime, rate);
    for (let i = 0; i < wanted; i += 1) {
      void bucket.take().then(() => given.push(runtime.clock.monotonicMs()));
    }
  }
  await runtime.advance(3_000);
  return given;
}

describe('the rate bucket', () => {
  test('lets no window of one second have more than the limit, whatever the arrivals, restarts included', async () => {
    const step = fc.record({
      afterMs: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2_500 })),
      wanted: fc.integer({ min: 0, max: 30 }),
      restart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.array(step, { maxLength: 5 }), async (rate, pattern) => {
        // A process that restarts loses its queue: what it had asked for does not leave any more.
        const runtime = createFakeRuntime();
        const given = await play(
          runtime,
          pattern.map((one, at) => ({ ...one, restart: one.restart && at === 0 })),
          rate,
        );
        expect(busiestSecond(given)).toBeLessThanOrEqual(rate);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    1, 2, 3, 5, 9, 10, 11, 15, 19, 20, 50, 100, 200,
  ])('a process that dies with a full bucket and one that follows stay within %i per second', async (rate) => {
    for (const diesAfterMs of [0, 1, 300, 700, 999]) {
      const runtime = createFakeRuntime();
      const given: number[] = [];
      const stop = new AbortController();
      const take = (bucket: RateBucket, signal?: AbortSignal) =>
        bucket.take(signal ? { signal } : {}).then(
          () => given.push(runtime.clock.monotonicMs()),
          () => undefined,
        );
      const first = new RateBucket(runtime, rate);
      await runtime.advance(5_000);
      for (let i = 0; i < rate * 2; i += 1) void take(first, stop.signal);
      await runtime.advance(diesAfterMs);
      stop.abort(new Error('killed'));
      await runtime.advance(0);
      const second = new RateBucket(runtime, rate);
      for (let i = 0; i < rate * 2; i += 1) void take(second);
      await runtime.advance(2_500);
      expect(busiestSecond(given)).toBeLessThanOrEqual(rate);
    }
  });

  test('is empty at the start and refills at 90 % of the limit', async () => {
    const runtime = createFakeRuntime();
    const given = await play(runtime, [{ afterMs: 0, wanted: 400, restart: false }], 100);
    expect(given[0]).toBeGreaterThan(0);
    expect(given.filter((atMs) => atMs <= 1_000).length).toBeGreaterThanOrEqual(85);
    expect(given.filter((atMs) => atMs <= 1_000).length).toBeLessThanOrEqual(90);
  });

  test('gives in the order of asking', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 10);
    const order: number[] = [];
    for (const no of [1, 2, 3]) void bucket.take().then(() => order.push(no));
    await runtime.advance(1_000);
    expect(order).toEqual([1, 2, 3]);
  });

  test('one who gives up waiting does not stop those behind', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 10);
    const stop = new AbortController();
    const left = bucket.take({ signal: stop.signal }).catch(() => 'left');
    const behind = bucket.take().then(() => 'given');
    await runtime.advance(1);
    stop.abort(new Error('stopped'));
    await runtime.advance(500);
    expect(await Promise.all([left, behind])).toEqual(['left', 'given']);
  });

  test('promises no more than can leave within the horizon, and at least one', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 10);
    expect(bucket.promise(1_000, 2_000)).toBe(18);
    // What is promised is not promised again.
    expect(bucket.promise(1_000, 2_000)).toBe(1);
    bucket.giveBack(10);
    expect(bucket.promise(1_000, 2_000)).toBe(9);
    expect(bucket.hasRoom(2_000)).toBe(false);
    expect(bucket.hasRoom(4_000)).toBe(true);
  });

  test('with less than one request a horizon there is room when a token is nearly there, and not before', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 0.02);
    expect(bucket.hasRoom(5_000)).toBe(false);
    await runtime.advance(50_000);
    expect(bucket.hasRoom(5_000)).toBe(false);
    await runtime.advance(1_000);
    expect(bucket.hasRoom(5_000)).toBe(true);
  });

  test('a token that was taken for nothing is put back', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 0.02);
    await runtime.advance(60_000);
    await bucket.take();
    expect(bucket.hasRoom(5_000)).toBe(false);
    bucket.putBack();
    expect(bucket.hasRoom(5_000)).toBe(true);
    bucket.putBack();
    await bucket.take();
    // Never more than the bucket holds.
    expect(bucket.hasRoom(5_000)).toBe(false);
  });

  test('what is taken on a promise gives the promise back', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 10);
    expect(bucket.promise(5, 1_000)).toBe(5);
    for (let i = 0; i < 5; i += 1) void bucket.take({ promised: true }).catch(() => undefined);
    await runtime.advance(1_000);
    expect(bucket.promise(9, 1_000)).toBeGreaterThanOrEqual(9);
  });

  test('lets nothing leave before Retry-After', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 100);
    await runtime.advance(2_000);
    bucket.holdFor(5_000);
    bucket.holdFor(1_000);
    let atMs = 0;
    void bucket.take().then(() => {
      atMs = runtime.clock.monotonicMs();
    });
    await runtime.advance(10_000);
    expect(atMs).toBeGreaterThanOrEqual(7_000);
    expect(atMs).toBeLessThan(7_100);
  });
});

describe('a bucket with a share', () => {
  const GOOD_MS = 400;

  test('what it lends is within its share at whatever moment of its time it is used', async () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 250 }),
      take: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 12 })),
      lend: fc.oneof({ weight: 3, arbitrary: fc.constant(50) }, fc.constant(0)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(2, 5, 12, 50),
        fc.array(step, { minLength: 8, maxLength: 40 }),
        async (share, steps) => {
          const runtime = createFakeRuntime();
          const bucket = new RateBucket(runtime, 100, true);
          const stop = new AbortController();
          bucket.grant({ perSecond: share, untilMs: 1_000_000 });
          const own: number[] = [];
          const lent: { atMs: number; count: number }[] = [];
          await runtime.advance(1_000);
          for (const { afterMs, take, lend } of steps) {
            await runtime.advance(afterMs);
            const atMs = runtime.clock.monotonicMs();
            for (let i = 0; i < take; i += 1) {
              bucket.take({ signal: stop.signal }).then(
                () => own.push(runtime.clock.monotonicMs()),
                () => undefined,
              );
            }
            const count = bucket.lend(lend, atMs + GOOD_MS, atMs + GOOD_MS + 1_000);
            if (count > 0) lent.push({ atMs, count });
          }
          await runtime.advance(500);
          stop.abort();
          const endMs = runtime.clock.monotonicMs();
          for (let from = 0; from < endMs; from += 10) {
            const sent = own.filter((atMs) => atMs >= from && atMs < from + 1_000).length;
            const usable = lent.filter(({ atMs }) => atMs < from + 1_000 && atMs + GOOD_MS > from);
            const borrowed = usable.reduce((sum, { count }) => sum + count, 0);
            expect(sent + borrowed).toBeLessThanOrEqual(share);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('lends nothing that would be used after its lease, and keeps one request a second', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 100, true);
    bucket.grant({ perSecond: 50, untilMs: 2_000 });
    await runtime.advance(1_700);
    expect(bucket.lend(5, 2_100, 3_100)).toBe(0);
    bucket.grant({ perSecond: 4, untilMs: 5_000 });
    // Of the larger share nothing is left by then, and of the smaller one three may go.
    expect(bucket.lend(5, 2_100, 3_100)).toBe(3);
    await runtime.advance(400);
    expect(bucket.perSecond).toBe(1);
  });

  test('what it lends is not used here as well', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 100, true);
    bucket.grant({ perSecond: 50, untilMs: 60_000 });
    await runtime.advance(1_000);
    expect(bucket.lend(5, 1_400, 2_400)).toBe(5);
    let left = 0;
    void bucket.take().then(() => {
      left += 1;
    });
    await runtime.advance(0);
    expect(left).toBe(0);
    await runtime.advance(100);
    expect(left).toBe(1);
  });

  test('uses what it borrowed first, and not a moment longer than it is good', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 100, true);
    const whose: string[] = [];
    bucket.onTokens = (one) => whose.push(one);
    bucket.borrow(2, 300);
    await bucket.take();
    await runtime.advance(300);
    let left = 0;
    void bucket.take().then(() => {
      left += 1;
    });
    await runtime.advance(5_000);
    expect(left).toBe(0);
    bucket.grant({ perSecond: 10, untilMs: 20_000 });
    await runtime.advance(500);
    expect(whose).toEqual(['borrowed', 'own']);
  });

  test('without a share nothing leaves, and none is left over when a share has run out', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 100, true);
    expect(bucket.hasRoom(60_000)).toBe(false);
    bucket.grant({ perSecond: 100, untilMs: 1_000 });
    await runtime.advance(1_000);
    expect(bucket.hasRoom(60_000)).toBe(false);
    const given = await givenOf(runtime, bucket, 5);
    expect(given).toBe(0);
  });

  test("a token that was taken for nothing is lost: it may have been another process's", async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 100, true);
    bucket.grant({ perSecond: 10, untilMs: 60_000 });
    await runtime.advance(1_000);
    await bucket.take();
    bucket.putBack();
    let left = 0;
    void bucket.take().then(() => {
      left += 1;
    });
    await runtime.advance(50);
    expect(left).toBe(0);
  });

  test('is filled by the share that it had at each moment, and not by the one that it has when asked', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 100, true);
    bucket.grant({ perSecond: 11, untilMs: 60_000 });
    for (let n = 0; n < 10; n += 1) {
      await runtime.advance(1_000);
      expect(bucket.lend(1, 20_000, 20_000)).toBe(1);
    }
    await runtime.advance(9_000);
    // One request a second is left; its token is taken a second before the other ten come back.
    await bucket.take();
    await runtime.advance(1_000);
    let left = 0;
    void bucket.take().then(() => {
      left += 1;
    });
    await runtime.advance(0);
    expect(left).toBe(0);
  });

  async function givenOf(runtime: FakeRuntime, bucket: RateBucket, wanted: number): Promise<number> {
    let given = 0;
    for (let i = 0; i < wanted; i += 1) {
      void bucket.take().then(() => {
        given += 1;
      });
    }
    await runtime.advance(3_000);
    return given;
  }
});

describe('the pacer of repeats', () => {
  test('lets 10 % of the first sends of a minute repeat within a minute, and no more', async () => {
    const runtime = createFakeRuntime();
    const pacer = new RepeatPacer(runtime);
    pacer.noteFirstSends(10_000);
    expect(pacer.allow(700)).toBe(700);
    expect(pacer.allow(700)).toBe(300);
    expect(pacer.allow(700)).toBe(0);
    await runtime.advance(60_000);
    expect(pacer.allow(5_000)).toBe(1_000);
  });

  test('counts by the sliding minute', async () => {
    const runtime = createFakeRuntime();
    const pacer = new RepeatPacer(runtime);
    pacer.noteFirstSends(10_000);
    expect(pacer.allow(600)).toBe(600);
    await runtime.advance(30_000);
    expect(pacer.allow(5_000)).toBe(400);
    await runtime.advance(30_000);
    expect(pacer.allow(5_000)).toBe(600);
  });

  test('a few repeats are always allowed: what was lost at the end has to be repeated too', () => {
    const pacer = new RepeatPacer(createFakeRuntime());
    expect(pacer.allow(1_000)).toBe(RepeatPacer.FLOOR_PER_MINUTE);
  });
});
