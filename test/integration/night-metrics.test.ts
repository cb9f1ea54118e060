import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openHints } from '../../deploy/cli/cluster/open-hints.ts';
import { migrateNightStore } from '../../deploy/cli/migrate-night-store.ts';
import { type NightParts, startNightNodes } from '../../deploy/cli/night-work.ts';
import type { MoneyEngine } from '../../executor/downstream/money-engine.ts';
import { createMoneyMetrics } from '../../executor/downstream/money-metrics.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';

const read = async (url: string): Promise<string> => (await fetch(`${url}metrics`)).text();

test('in a night money is counted at the first executor, and the rest at scheduler and executors', async () => {
  const runtime = systemRuntime();
  const home = mkdtempSync(join(tmpdir(), 'daybreak-night-metrics-'));
  const closing = new AsyncDisposableStack();
  onTestFinished(async () => {
    await closing.disposeAsync();
    rmSync(home, { recursive: true, force: true });
  });
  const store = await openSqlStore('sqlite::memory:', { runtime, logger: silentLogger });
  closing.defer(() => store.close());
  await migrateNightStore(store, silentLogger);
  const metrics = createMetrics();
  closing.defer(() => metrics.close());
  // A Redis that is not there is counted as well.
  await openHints(
    { redisUrl: 'redis://127.0.0.1:1', cluster: 'night' },
    { runtime, logger: silentLogger, say: () => undefined, metrics },
    closing,
  );
  createMoneyMetrics(metrics, store, 'gateway').walked(5);
  const options = { executors: 2, home, gatewayTimeoutMs: 100 };
  const parts = { options, night: { timeZone: 'UTC' }, store, runtime, logger: silentLogger, metrics };
  const { scheduler, executors } = await startNightNodes(
    parts as unknown as NightParts,
    { engine: { afterSettled: () => Promise.resolve() } as unknown as MoneyEngine, handlers: [] },
    closing,
  );

  const [first = '', second = ''] = await Promise.all(executors.map(({ address }) => read(address)));
  expect(first).toContain('daybreak_slice_items_total{downstream="gateway"} 5');
  expect(first).toContain('daybreak_redis_heard 0');
  expect(second).not.toContain('daybreak_slice_items_total');
  for (const text of [first, second]) {
    expect(text).toContain('daybreak_executor_slots ');
    expect(text).toContain('daybreak_event_loop_delay_max_seconds ');
  }
  const fires = await read(scheduler.url);
  for (const name of [
    'fires_total',
    'fire_lateness_seconds',
    'dispatch_seconds',
    'runs_ended_total',
    'shards_ended_total',
  ]) {
    expect(fires).toContain(`# TYPE daybreak_scheduler_${name} `);
  }
});
