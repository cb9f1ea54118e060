import { createLogger } from '../shared/logger.ts';
import { systemRuntime } from '../shared/runtime/system-runtime.ts';
import { migrate } from '../shared/sql/migrate.ts';
import { openSqlStore } from '../shared/sql/open-store.ts';
import type { SqlStore } from '../shared/sql/sql.ts';
import { schedulerMigrations } from './storage/migrations/scheduler-migrations.ts';

/**
 * Opens a store for a scheduler, brings it to this version, and leaves the closing to the caller. `url` is `sqlite:PATH`
 * or `mysql://USER:PASSWORD@HOST:PORT/DATABASE`. Throws BAD_OPTION, STORE_UNREACHABLE, STORE_BUSY or STORE_UNFIT.
 * @example
 * const store = await openSchedulerStore('sqlite:./scheduler.db');
 */
export async function openSchedulerStore(url: string): Promise<SqlStore> {
  const logger = createLogger({ name: 'scheduler' });
  const store = await openSqlStore(url, { runtime: systemRuntime(), logger });
  await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
  return store;
}
