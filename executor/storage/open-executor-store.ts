import { createLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore, type StoreStrictness } from '../../shared/sql/open-store.ts';
import type { Migration, SqlStore } from '../../shared/sql/sql.ts';
import { executorMigrations } from './migrations/executor-migrations.ts';

/**
 * Opens a store for executors and their batch jobs, brings it to this version, and leaves the closing to the caller.
 * `url` is `sqlite:PATH` (one process at a time) or `mysql://USER:PASSWORD@HOST:PORT/DATABASE`. A server whose clock is hours
 * away from this machine's, or that may lose what it has committed, is refused unless `strictness` says `warn`.
 * Throws BAD_OPTION, STORE_UNREACHABLE, STORE_BUSY or STORE_UNFIT.
 * @param tables Your own tables beside ours: numbered, never edited once they were applied. Default none.
 * @example
 * const store = await openExecutorStore('sqlite:./fees.db', [
 *   { id: '1-fee', statements: () => ['create table fee (order_no varchar(32) primary key, cents bigint not null)'] },
 * ]);
 */
export async function openExecutorStore(
  url: string,
  tables: readonly Migration[] = [],
  strictness: StoreStrictness = {},
): Promise<SqlStore> {
  const logger = createLogger({ name: 'executor' });
  const store = await openSqlStore({ url, clock: 'required', ...strictness }, { runtime: systemRuntime(), logger });
  try {
    await migrate(store, executorMigrations, { logger, component: 'executor' });
    await migrate(store, tables, { logger, component: 'application' });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
