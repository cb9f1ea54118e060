import { schedulersAlive } from '../../../scheduler/storage/sql/scheduler-node-queries.ts';
import { isDaybreakError, StoreBusyError } from '../../../shared/errors.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';

/**
 * A night in one process fires and debits by itself, and takes what earlier processes held for free: not where the
 * schedulers of a cluster are alive. Call it with the store held: a scheduler that starts later finds it held. Throws STORE_BUSY
 * that names them.
 */
export async function refuseBesideCluster(store: SqlStore): Promise<void> {
  const alive = await schedulersIn(store);
  if (alive.length === 0) return;
  const names = alive.map(({ name }) => name).join(', ');
  throw new StoreBusyError(
    `the schedulers of a cluster are at work in ${store.label} (${names}): start the night there with ` +
      'daybreak fire nightly-settlement --schedulers URL, or stop them, or give the night a database of its own',
    { details: { store: store.label, schedulers: alive.map(({ name }) => name) } },
  );
}

async function schedulersIn(store: SqlStore): Promise<readonly { readonly name: string }[]> {
  try {
    return await store.read('schedulers-alive', (db) => schedulersAlive(db));
  } catch (error) {
    // An older store has no such table, and so no cluster.
    if (isDaybreakError(error, 'SQL_NO_TABLE')) return [];
    throw error;
  }
}
