import { createScheduler } from '../../../scheduler/create-scheduler.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';
import { STEADY_SETTINGS } from '../../support/given-scheduler.ts';

/** A scheduler of a cluster as a process of its own: `node scheduler-process.ts STORE_URL WALL_OFFSET_MS`. Prints its url. */
const [url = '', offset = '0'] = process.argv.slice(2);
const system = systemRuntime();
const runtime = {
  ...system,
  clock: { ...system.clock, wallMs: () => system.clock.wallMs() + Number(offset) },
};
const store = await openSqlStore({ url, connections: 6, durability: 'warn' }, { runtime, logger: silentLogger });
const scheduler = createScheduler({
  store,
  runtime,
  logger: silentLogger,
  accessToken: TEST_TOKEN,
  jobs: [],
  settings: { ...STEADY_SETTINGS, resendAfterMs: 100, dispatchTimeoutMs: 1_000 },
});

process.once('SIGTERM', async () => {
  await scheduler.stop({ drainMs: 1_000 });
  await store.close();
  process.exit(0);
});

await scheduler.start();
process.stdout.write(`${scheduler.url}\n`);
