import { expect, test } from 'vitest';
import { type Body, createClockwork, nodeCronTicker, type Ticker } from '../../../scheduler/clockwork.ts';
import { silentLogger as logger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';

/** A ticker that a test winds by hand. */
function handTicker() {
  const ticks = new Map<string, { cron: string; tick: () => void }>();
  const ticker: Ticker = ({ name, cron, tick }) => {
    ticks.set(name, { cron, tick });
    return {
      async stop() {
        ticks.delete(name);
      },
    };
  };
  return { ticker, ticks };
}

function bodyOf(run: Body['run']): Body {
  return { name: 'evaluate-edges', cron: '* * * * * *', run };
}

test('a body passes at its start and at each tick, and with the ticker stopped never again', async () => {
  const runtime = createFakeRuntime();
  const { ticker, ticks } = handTicker();
  let passes = 0;
  const body = bodyOf(async () => {
    passes += 1;
    return {};
  });
  const clockwork = createClockwork({ bodies: [body], runtime, logger, ticker, onFailure: () => undefined });
  clockwork.start();
  await runtime.advance(5_000);
  expect(passes).toBe(1);
  ticks.get('evaluate-edges')?.tick();
  await runtime.advance(0);
  expect(passes).toBe(2);
  await clockwork.stop();
  expect(ticks.size).toBe(0);
  await runtime.advance(3_600_000);
  expect(passes).toBe(2);
});

test('what falls due between two ticks gets an exact pass', async () => {
  const runtime = createFakeRuntime();
  const { ticker } = handTicker();
  const passedAtMs: number[] = [];
  const body = bodyOf(async () => {
    passedAtMs.push(runtime.clock.monotonicMs());
    return { wakeInMs: passedAtMs.length === 1 ? 321 : null };
  });
  const clockwork = createClockwork({ bodies: [body], runtime, logger, ticker, onFailure: () => undefined });
  clockwork.start();
  await runtime.advance(900);
  expect(passedAtMs).toEqual([0, 321]);
  await clockwork.stop();
});

test('a pass that fails is counted, and the next tick passes again', async () => {
  const runtime = createFakeRuntime();
  const { ticker, ticks } = handTicker();
  const failures: string[] = [];
  let passes = 0;
  const body = bodyOf(async () => {
    passes += 1;
    if (passes === 1) throw new Error('the store is away');
    return {};
  });
  const clockwork = createClockwork({
    bodies: [body],
    runtime,
    logger,
    ticker,
    onFailure: (name) => failures.push(name),
  });
  clockwork.start();
  await runtime.advance(0);
  ticks.get('evaluate-edges')?.tick();
  await runtime.advance(0);
  expect(failures).toEqual(['evaluate-edges']);
  expect(passes).toBe(2);
  await clockwork.stop();
});

test('node-cron ticks each second until it is stopped', async () => {
  const ticked = Promise.withResolvers<void>();
  let ticks = 0;
  const ticker = nodeCronTicker({
    name: 'a-tick',
    cron: '* * * * * *',
    logger,
    tick: () => {
      ticks += 1;
      ticked.resolve();
    },
  });
  // Its timers do not hold the process, so something else has to.
  const holding = new AbortController();
  const held = systemRuntime().sleep(10_000, holding.signal);
  held.catch(() => undefined);
  await ticked.promise;
  holding.abort();
  await ticker.stop();
  expect(ticks).toBe(1);
});
