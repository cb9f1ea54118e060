import { claimExecutorCluster, executorClusterName } from '../../../executor/storage/executor-cluster-queries.ts';
import { clusterName } from '../../../scheduler/storage/sql/scheduler-node-queries.ts';
import { isDaybreakError } from '../../../shared/errors.ts';
import type { SqlReader, SqlStore } from '../../../shared/sql/sql.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Takes a store for the executors of a cluster. Executors of two clusters would work each other's slices and share one rate
 * of the gateway, so another name is refused, be it that of executors before or of the schedulers whose database it is as well.
 */
export async function claimForExecutors(store: SqlStore, name: string): Promise<void> {
  await refuseSchedulersOfAnother(store, name);
  const owner = await store.transaction('claim-executor-cluster', (tx) => claimExecutorCluster(tx, name));
  if (owner !== name) throw otherCluster(store, { theirs: owner, whose: 'executors', ours: name });
  // Once more, now that the name is on record: of schedulers and executors that start together, one sees the other.
  await refuseSchedulersOfAnother(store, name);
}

/** For a scheduler, before its start and after it. Throws UsageError that names both clusters. */
export async function refuseExecutorsOfAnother(store: SqlStore, name: string): Promise<void> {
  const theirs = await nameIn(store, executorClusterName);
  if (theirs !== null && theirs !== name) throw otherCluster(store, { theirs, whose: 'executors', ours: name });
}

async function refuseSchedulersOfAnother(store: SqlStore, name: string): Promise<void> {
  const theirs = await nameIn(store, clusterName);
  if (theirs !== null && theirs !== name) throw otherCluster(store, { theirs, whose: 'schedulers', ours: name });
}

async function nameIn(store: SqlStore, read: (db: SqlReader) => Promise<string | null>): Promise<string | null> {
  try {
    return await store.read('whose-cluster', read);
  } catch (error) {
    // The other part has no tables here: it lives elsewhere, or has not been started yet.
    if (isDaybreakError(error, 'SQL_NO_TABLE')) return null;
    throw error;
  }
}

const otherCluster = (
  store: SqlStore,
  {
    theirs,
    whose,
    ours,
  }: { readonly theirs: string; readonly whose: 'schedulers' | 'executors'; readonly ours: string },
): UsageError =>
  new UsageError(
    `the ${whose} in ${store.label} are of the cluster "${theirs}", and this process is of "${ours}": ` +
      `start it with --cluster ${theirs}, or give it a database of its own`,
  );
