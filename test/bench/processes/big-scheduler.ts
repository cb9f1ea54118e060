// `fork(big-scheduler.ts, [STORE_URL, TOKEN, PAGE_FOLDER])`: a scheduler with its admin and the page, as a process of its
// own. Sends `{ url, setupToken }`, then answers each message with its figures.
import { createScheduler } from '../../../scheduler/create-scheduler.ts';
import { schedulerMigrations } from '../../../scheduler/storage/migrations/scheduler-migrations.ts';
import { createLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { migrate } from '../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import { tellFigures } from './tell-figures.ts';

const [storeUrl = '', accessToken = '', pageFolder = ''] = process.argv.slice(2);
const logger = createLogger({ name: 'scheduler', level: 'error' });
const store = await openSqlStore({ url: storeUrl }, { runtime: systemRuntime(), logger });
await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
let setupToken = '';
const scheduler = createScheduler({
  store,
  accessToken,
  logger,
  jobs: [
    { id: 1, name: 'talk', handler: 'talk', group: 'big', route: 'ROUND', timeoutSeconds: 3_600 },
    { id: 2, name: 'shards', handler: 'shard', group: 'big', route: 'SHARDING_BROADCAST', shardTotal: 1_000 },
  ],
  admin: {
    requestsPerSecond: 10_000,
    onSetupLink: ({ url }) => (setupToken = url.split('#')[1] ?? ''),
    ...(pageFolder === '' ? {} : { pageFolder }),
  },
});
tellFigures();
process.once('SIGTERM', async () => {
  await scheduler.stop({ drainMs: 100 });
  await store.close();
  process.exit(0);
});
await scheduler.start();
process.send?.({ url: scheduler.url, setupToken });
