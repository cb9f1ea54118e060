import { describe, expect, test } from 'vitest';
import { createLogger, type Logger, silentLogger } from '../../../../shared/logger.ts';
import { createLoop } from '../../../../shared/runtime/loop.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

function given(body: (signal: AbortSignal) => Promise<unknown>, logger: Logger = silentLogger) {
  const runtime = createFakeRuntime();
  let passes = 0;
  const loop = createLoop({
    name: 'sweep',
    intervalMs: 1000,
    runtime,
    logger,
    backoff: { firstMs: 2000, maxMs: 4000, jitter: 0 },
    body: (signal) => {
      passes++;
      return body(signal);
    },
  });
  return { runtime, loop, passes: () => passes };
}

/** A promise and the function that resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('a loop', () => {
  test('makes a pass at once and then one per interval', async () => {
    const { runtime, loop, passes } = given(async () => undefined);
    expect(passes()).toBe(0);
    loop.start();
    loop.start();
    await runtime.advance(999);
    expect(passes()).toBe(1);
    await runtime.advance(1);
    expect(passes()).toBe(2);
    await runtime.advance(5000);
    expect(passes()).toBe(7);
    await loop.stop();
  });

  test('counts the interval from the end of a pass: passes never overlap', async () => {
    let running = 0;
    let most = 0;
    const { runtime, loop, passes } = given(async () => {
      most = Math.max(most, ++running);
      await runtime.sleep(3000);
      running--;
    });
    loop.start();
    await runtime.advance(12_000);
    expect(most).toBe(1);
    expect(passes()).toBe(4);
    const stopped = loop.stop();
    await runtime.advance(3000);
    await stopped;
  });

  test('lives on after an error, waits longer each time, and logs it', async () => {
    const lines: string[] = [];
    const logger = createLogger({ destination: { write: (line: string) => void lines.push(line) } });
    let isBroken = true;
    const { runtime, loop, passes } = given(async () => {
      if (isBroken) throw new Error('the store is away');
    }, logger);
    loop.start();
    await runtime.advance(1999);
    expect(passes()).toBe(1);
    await runtime.advance(1);
    expect(passes()).toBe(2);
    await runtime.advance(4000);
    expect(passes()).toBe(3);
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({
      loop: 'sweep',
      failures: 3,
      err: { message: 'the store is away' },
    });
    isBroken = false;
    await runtime.advance(4000);
    expect(passes()).toBe(4);
    await runtime.advance(1000);
    expect(passes()).toBe(5);
    await loop.stop();
  });

  test('goes round again at once when its body says that there is more', async () => {
    let left = 5;
    const { runtime, loop, passes } = given(async () => ({ more: --left > 0 }));
    loop.start();
    for (let i = 0; i < 10; i++) await runtime.yieldTurn();
    expect(passes()).toBe(5);
    await loop.stop();
  });

  test('that is woken makes its next pass now', async () => {
    const { runtime, loop, passes } = given(async () => undefined);
    loop.start();
    await runtime.advance(10);
    loop.wake();
    await runtime.advance(0);
    expect(passes()).toBe(2);
    await runtime.advance(999);
    expect(passes()).toBe(2);
    await loop.stop();
  });

  test('that is woken during a pass makes another one after it: the wake is not lost', async () => {
    const first = gate();
    const { runtime, loop, passes } = given(() => first.opened);
    loop.start();
    loop.wake();
    first.open();
    await runtime.advance(0);
    expect(passes()).toBe(2);
    await loop.stop();
  });

  test('ends after the running pass, which is left to end by itself', async () => {
    const work = gate();
    let signal: AbortSignal | null = null;
    const { runtime, loop, passes } = given(async (given) => {
      signal = given;
      await work.opened;
    });
    loop.start();
    let isStopped = false;
    const stopped = loop.stop().then(() => {
      isStopped = true;
    });
    await runtime.advance(10_000);
    expect(isStopped).toBe(false);
    expect(signal).toMatchObject({ aborted: false });
    work.open();
    await stopped;
    await runtime.advance(10_000);
    expect(passes()).toBe(1);
  });

  test('that is stopped without draining aborts the running pass and does not call that a failure', async () => {
    const lines: string[] = [];
    const logger = createLogger({ destination: { write: (line: string) => void lines.push(line) } });
    const { runtime, loop } = given(async (signal) => runtime.sleep(60_000, signal), logger);
    loop.start();
    await runtime.advance(1);
    await loop.stop(false);
    expect(lines).toEqual([]);
  });

  test('that was stopped does not start again', async () => {
    const { runtime, loop, passes } = given(async () => undefined);
    await loop.stop();
    loop.start();
    await runtime.advance(5000);
    expect(passes()).toBe(0);
  });
});
