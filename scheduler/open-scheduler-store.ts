import { createLogger } from '../shared/logger.ts';
import { systemRuntime } from '../shared/runtime/system-runtime.ts';
import { migrate } from '../shared/sql/migrate.ts';
import { openSqlStore, type StoreStrictness } from '../shared/sql/open-store.ts';
import type { SqlStore } from '../shared/sql/sql.ts';
import { schedulerMigrations } from './storage/migrations/scheduler-migrations.ts';

/**
 * Opens a store for a scheduler, brings it to this version, and leaves the closing to the caller. `url` is `sqlite:PATH`
 * or `mysql://USER:PASSWORD@HOST:PORT/DATABASE`. A server whose clock is hours away from this machine's, or that may lose
 * what it has committed, is refused unless `strictness` says `warn`. Throws BAD_OPTION, STORE_UNREACHABLE, STORE_BUSY or STORE_UNFIT.
 * @example
 * const store = await openSchedulerStore('sqlite:./scheduler.db');
 */
export async function openSchedulerStore(url: string, strictness: StoreStrictness = {}): Promise<SqlStore> {
  const logger = createLogger({ name: 'scheduler' });
  const store = await openSqlStore({ url, clock: 'required', ...strictness }, { runtime: systemRuntime(), logger });
  try {
    await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
