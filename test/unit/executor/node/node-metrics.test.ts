import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createNodeMetrics } from '../../../../executor/node/node-metrics.ts';
import { createMetrics } from '../../../../shared/metrics.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/metrics.md'), 'utf8');
const section = page.split(/^## /m).find((part) => part.startsWith('Executor\n')) ?? '';

test('the table "Executor" in docs/metrics.md is what a scrape shows, kinds included', async () => {
  const metrics = createMetrics();
  const nodeMetrics = createNodeMetrics(metrics);
  const pools = ['default', 'reports'].map((name) => ({ name, slots: 8, queueMax: 100 }));
  nodeMetrics.watchSlots(pools, () => ({ used: 0, queued: 0, stuck: 0 }));
  nodeMetrics.watchLines(() => 0);
  nodeMetrics.watchWorkers(() => 0);
  const { body } = await metrics.scrape();
  metrics.close();
  const scraped = [...body.matchAll(/^# TYPE (daybreak_executor_\w+) (\w+)$/gm)].map(
    ([, name, kind]) => `${name} ${kind}`,
  );
  const documented = [...section.matchAll(/^\| `(daybreak_executor_\w+)` \| (\w+) \|/gm)].map(
    ([, name, kind]) => `${name} ${kind}`,
  );
  expect(documented.sort()).toEqual(scraped.sort());
});
