import { dirname } from 'node:path';
import { StoreBusyError } from '../../../shared/errors.ts';
import { migrate, migrationsBehind } from '../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { makeFolder } from '../make-folder.ts';
import type { StorePart } from '../migrate-night-store.ts';
import type { StoreLocation } from '../options/store-location.ts';
import { UsageError } from '../usage-error.ts';
import type { Service } from './run-service.ts';

export interface ClusterStoreOptions {
  readonly location: StoreLocation;
  readonly part: StorePart;
  /** To a database server, for ordinary work. */
  readonly connections: number;
  /** Brings the tables to this version; false: refuses when they are older. */
  readonly migrate: boolean;
}

/**
 * The database of a process of the cluster: waited for, not held by a night, with the tables of this version. Of several
 * processes that start together one migrates, and the others wait for it. Closed by the stack.
 */
export async function openClusterStore(
  { location, part, connections, migrate: mayMigrate }: ClusterStoreOptions,
  { runtime, logger, wait, say }: Service,
  closing: AsyncDisposableStack,
): Promise<SqlStore> {
  const store = await openStore(location, { runtime, logger, wait }, connections);
  closing.defer(() => store.close());
  await refuseBesideNight(store, location);
  if (mayMigrate) {
    const done = await migrate(store, part.migrations, { logger, component: part.component });
    if (done.length > 0) say(`migrated ${store.label}: ${done.join(', ')}`);
    return store;
  }
  const behind = await migrationsBehind(store, part.migrations, part.component);
  if (behind.length > 0) {
    throw new UsageError(
      `the tables of ${store.label} lack ${behind.join(', ')}: run daybreak migrate, or leave out --no-migrate`,
    );
  }
  return store;
}

export function openStore(
  location: StoreLocation,
  { runtime, logger, wait }: Pick<Service, 'runtime' | 'logger' | 'wait'>,
  connections = CONNECTIONS,
): Promise<SqlStore> {
  if (location.kind === 'sqlite') makeFolder(dirname(location.path), 'store');
  const shown = location.kind === 'sqlite' ? location.url : location.label;
  return wait.until({ name: `--store ${shown}`, wayOut: 'start the database, or name the one that runs' }, () =>
    openSqlStore({ url: location.url, clock: 'required', connections }, { runtime, logger }),
  );
}

export const CONNECTIONS = 10;

/** A night in one process has its database for itself: it believes that nobody else fires or debits in it. */
export async function refuseBesideNight(store: SqlStore, location: StoreLocation): Promise<void> {
  if (location.kind !== 'mysql') return;
  const { readHolder } = await import('../owner/mysql-store-lock.ts');
  const holder = await readHolder(store);
  if (holder === null) return;
  throw new StoreBusyError(
    `process ${holder.pid} on ${holder.host} (${holder.command}) holds ${location.label} for itself since ${holder.since}: ` +
      'wait until it has ended, or give the cluster a database of its own',
    { details: { store: location.label, pid: holder.pid } },
  );
}
