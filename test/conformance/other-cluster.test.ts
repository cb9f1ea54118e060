import { createConnection } from 'mysql2/promise';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimForExecutors, refuseExecutorsOfAnother } from '../../deploy/cli/cluster/refuse-other-cluster.ts';
import { readHolder } from '../../deploy/cli/owner/mysql-store-lock.ts';
import { refuseBesideCluster } from '../../deploy/cli/owner/refuse-beside-cluster.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachStore, type StorePlace } from '../support/each-store.ts';

describeOnEachStore('whose database it is', (newPlace) => {
  let place: StorePlace;
  let store: SqlStore;
  beforeEach(async () => {
    place = await newPlace();
    store = await openSqlStore({ url: place.url, durability: 'warn' }, { runtime: systemRuntime(), logger });
  });
  afterEach(async () => {
    await store.close();
    await place.drop();
  });
  const make = async (...texts: readonly string[]) => {
    for (const text of texts) await store.transaction('make', (tx) => tx.run(text));
  };

  test('of nobody, where the other part has no tables; of whoever came first, where it has', async () => {
    await refuseExecutorsOfAnother(store, 'north');
    await refuseBesideCluster(store);
    await make('create table x_cluster (id int, name varchar(64))', 'insert into x_cluster (id) values (1)');
    await claimForExecutors(store, 'north');
    await expect(claimForExecutors(store, 'south')).rejects.toThrow(/are of the cluster "north"/);
    await expect(refuseExecutorsOfAnother(store, 'south')).rejects.toThrow(/are of the cluster "north"/);
  });

  test('a table that is there and cannot be read is not taken for none', async () => {
    const cannotBeRead = { code: 'SQL_FAILED' };
    await make('create table x_cluster (id int)');
    await expect(refuseExecutorsOfAnother(store, 'north')).rejects.toMatchObject(cannotBeRead);
    await make('create table s_cluster (id int)');
    await expect(claimForExecutors(store, 'north')).rejects.toMatchObject(cannotBeRead);
    await make('create table s_scheduler_node (id int)');
    await expect(refuseBesideCluster(store)).rejects.toMatchObject(cannotBeRead);
    if (store.dialect === 'sqlite') return;
    const night = await createConnection({ uri: place.url });
    await night.query(`select get_lock(left(concat('daybreak.night.', database()), 64), 0)`);
    expect(await readHolder(store)).toBeNull();
    await make('create table store_owner (id int)');
    await expect(readHolder(store)).rejects.toMatchObject(cannotBeRead);
    await night.end();
  });
});
