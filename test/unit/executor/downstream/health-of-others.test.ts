import { expect, test } from 'vitest';
import { DownstreamHealth } from '../../../../executor/downstream/downstream-health.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

function given() {
  const runtime = createFakeRuntime();
  const told: string[] = [];
  const asked: number[] = [];
  const downstream = { isWell: true };
  const health = new DownstreamHealth({
    runtime,
    logger: silentLogger,
    probe: async () => {
      asked.push(runtime.clock.monotonicMs());
      return downstream.isWell;
    },
    onWell: async () => undefined,
  });
  health.onPause = (why) => told.push(`paused ${why}`);
  health.onWell = () => told.push('well');
  return { runtime, told, asked, downstream, health };
}

test('what another process says is not believed: this one asks once, and goes on when it is answered', async () => {
  const { runtime, told, asked, health } = given();
  await health.suspect('BREAKER_OPEN');
  await health.suspect('BREAKER_OPEN');
  expect(health.pausedWhy).toBeNull();
  expect(asked).toHaveLength(1);
  await runtime.advance(5_000);
  await health.suspect('BREAKER_OPEN');
  expect(asked).toHaveLength(2);
  expect(told).toEqual([]);
  health.stop();
});

test('when it is not answered either it pauses, and does not tell what it was told', async () => {
  const { told, downstream, health } = given();
  downstream.isWell = false;
  await health.suspect('CREDENTIALS');
  expect(health.pausedWhy).toBe('CREDENTIALS');
  expect(told).toEqual([]);
  health.stop();
});

test('its own pause is told, and so is its end', async () => {
  const { runtime, told, health } = given();
  health.pause('CREDENTIALS');
  expect(told).toEqual(['paused CREDENTIALS']);
  await runtime.advance(5_000);
  expect(told).toEqual(['paused CREDENTIALS', 'well']);
});

test('a process that is in its back-off asks at once when another was answered', async () => {
  const { runtime, asked, downstream, health } = given();
  downstream.isWell = false;
  health.pause('BREAKER_OPEN');
  await runtime.advance(120_000);
  downstream.isWell = true;
  const before = asked.length;
  // The back-off is half a minute by now.
  await runtime.advance((asked.at(-1) ?? 0) + 1_000 - runtime.clock.monotonicMs());
  health.lookNow();
  await runtime.advance(0);
  expect(asked.length).toBe(before + 1);
  expect(health.pausedWhy).toBeNull();
});
