import { afterEach, expect, test } from 'vitest';
import { createMetrics, type Metrics } from '../../../shared/metrics.ts';

const made: Metrics[] = [];
const fresh = (): Metrics => {
  const metrics = createMetrics();
  made.push(metrics);
  return metrics;
};
afterEach(() => {
  for (const metrics of made.splice(0)) metrics.close();
});

test('counters, gauges and histograms are scraped under our prefix', async () => {
  const metrics = fresh();
  const calls = metrics.counter({ name: 'calls_total', help: 'Calls.', labels: ['outcome'] });
  calls.add(2, { outcome: 'SUCCESS' });
  calls.add(1, { outcome: 'SUCCESS' });
  metrics.gauge({ name: 'open_items', help: 'Open.' }).set(7);
  metrics.histogram({ name: 'chunk_seconds', help: 'Chunks.', buckets: [0.1, 1] }).observe(0.5);
  const { body, contentType } = await metrics.scrape();
  expect(contentType).toContain('text/plain');
  expect(body).toContain('daybreak_calls_total{outcome="SUCCESS"} 3');
  expect(body).toContain('daybreak_open_items 7');
  expect(body).toContain('daybreak_chunk_seconds_bucket{le="0.1"} 0');
  expect(body).toContain('daybreak_chunk_seconds_bucket{le="1"} 1');
});

test('an observed gauge is asked at each scrape', async () => {
  const metrics = fresh();
  let value = 1;
  metrics.observedGauge({ name: 'depth', help: 'Depth.' }, () => value);
  expect((await metrics.scrape()).body).toContain('daybreak_depth 1');
  value = 2;
  expect((await metrics.scrape()).body).toContain('daybreak_depth 2');
});

test('two registries in one process know nothing of each other, and one refuses a name twice', async () => {
  const [first, second] = [fresh(), fresh()];
  first.counter({ name: 'x_total', help: 'X.' }).add(1);
  second.counter({ name: 'x_total', help: 'X.' });
  expect((await second.scrape()).body).toContain('daybreak_x_total 0');
  expect(() => first.counter({ name: 'x_total', help: 'X.' })).toThrow(/already been registered/);
});

test('a stall of the event loop shows', async () => {
  const metrics = fresh();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const untilMs = performance.now() + 80;
  while (performance.now() < untilMs);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const seconds = Number(/event_loop_delay_max_seconds ([0-9.e-]+)/.exec((await metrics.scrape()).body)?.[1]);
  expect(seconds).toBeGreaterThan(0.04);
});
