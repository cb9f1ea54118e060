import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { readHolder } from '../../deploy/cli/owner/mysql-store-lock.ts';
import { storeOwner } from '../../deploy/cli/storage/0900-store-owner.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

describeWith(['MariaDB'], 'a night on a MySQL server', () => {
  test('is seen from outside as long as it holds the lock, and not by the note that it leaves', async () => {
    const database = await createMysqlDatabase();
    const store = await openSqlStore({ url: database.url, durability: 'warn' }, { runtime: systemRuntime(), logger });
    const night = await createConnection({ uri: database.url });
    try {
      expect(await readHolder(store)).toBeNull();
      await migrate(store, [storeOwner], { logger, component: 'cli' });
      await night.query(`select get_lock(left(concat('daybreak.night.', database()), 64), 0)`);
      await night.query(
        `insert into store_owner (id, pid, host, started_at, command) values (1, 77, 'far', 5, 'daybreak night')`,
      );
      expect(await readHolder(store)).toMatchObject({ pid: 77, startedAtMs: 5, command: 'daybreak night' });
      await night.query('select release_all_locks()');
      expect(await readHolder(store)).toBeNull();
    } finally {
      await night.end();
      await store.close();
      await database.drop();
    }
  });
});
