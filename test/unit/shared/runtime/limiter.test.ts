import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLimiter } from '../../../../shared/runtime/limiter.ts';

describe('a limiter', () => {
  test('never runs more than its limit, and runs everything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 20 }),
        async (s, max, count) => {
          const limiter = createLimiter(max);
          let running = 0;
          let most = 0;
          const works = Array.from({ length: count }, (_, i) =>
            limiter.run(async () => {
              most = Math.max(most, ++running);
              await s.schedule(Promise.resolve(), `work ${i}`);
              running--;
              if (i % 3 === 0) throw new Error('on purpose');
              return i;
            }),
          );
          const settled = Promise.allSettled(works);
          await s.waitFor(settled);
          expect((await settled).map((result) => result.status === 'fulfilled')).toEqual(
            works.map((_, i) => i % 3 !== 0),
          );
          expect(most).toBeLessThanOrEqual(max);
          expect(limiter).toMatchObject({ running: 0, waiting: 0 });
        },
      ),
      { numRuns: 50 },
    );
  });

  test('lets the waiting in, in the order in which they came', async () => {
    const limiter = createLimiter(1);
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((i) => limiter.run(async () => void order.push(i))));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('takes a waiting one out when its signal aborts, and never begins it', async () => {
    const limiter = createLimiter(1);
    let release: () => void = () => undefined;
    const first = limiter.run(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    const abort = new AbortController();
    let begun = false;
    const second = limiter.run(async () => {
      begun = true;
    }, abort.signal);
    expect(limiter).toMatchObject({ running: 1, waiting: 1 });
    abort.abort(new Error('killed'));
    await expect(second).rejects.toThrow('killed');
    release();
    await first;
    await limiter.idle();
    expect(begun).toBe(false);
    await expect(limiter.run(async () => 1, abort.signal)).rejects.toThrow('killed');
  });

  test('is idle when nothing runs and nothing waits', async () => {
    const limiter = createLimiter(1);
    await limiter.idle();
    let release: () => void = () => undefined;
    const work = limiter.run(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    const more = limiter.run(async () => undefined);
    let isIdle = false;
    const idle = limiter.idle().then(() => {
      isIdle = true;
    });
    await Promise.resolve();
    expect(isIdle).toBe(false);
    release();
    await Promise.all([work, more, idle]);
    expect(isIdle).toBe(true);
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses the limit %s', (max) => {
    expect(() => createLimiter(max)).toThrow(TypeError);
  });
});
