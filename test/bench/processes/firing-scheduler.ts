// `node firing-scheduler.ts STORE_URL TOKEN [--prof]`: a scheduler as a process of its own. Prints its url.
import { createScheduler } from '../../../scheduler/create-scheduler.ts';
import { createLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';

const [url = '', accessToken = ''] = process.argv.slice(2);
const logger = createLogger({ name: 'scheduler', level: 'warn' });
const store = await openSqlStore({ url, connections: 8, durability: 'warn' }, { runtime: systemRuntime(), logger });
const scheduler = createScheduler({ store, accessToken, jobs: [], logger });
process.once('SIGTERM', async () => {
  await scheduler.stop();
  await store.close();
  process.exit(0);
});
await scheduler.start();
process.stdout.write(`${scheduler.url}\n`);
