import { expect, onTestFinished, test } from 'vitest';
import { RateShares } from '../../executor/downstream/rate-shares.ts';
import { rateShares } from '../../executor/storage/migrations/0006-rate-shares.ts';
import { silentLogger } from '../../shared/logger.ts';
import { NO_HINTS } from '../../shared/redis/hints.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

const LIMIT = 50;

describeWith(['MariaDB'], 'shares of a rate on MariaDB', () => {
  test('processes that ask at the same instant get no more than the limit together', async () => {
    const database = await createMysqlDatabase();
    onTestFinished(() => database.drop());
    const runtime = systemRuntime();
    const stores: SqlStore[] = [];
    onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
    for (let n = 0; n < 4; n++) stores.push(await openSqlStore(database.url, { runtime, logger: silentLogger }));
    await migrate(stores[0] as SqlStore, [rateShares], { logger: silentLogger, component: 'executor' });
    for (let downstreamId = 1; downstreamId <= 15; downstreamId++) {
      const given = { hints: NO_HINTS, runtime, logger: silentLogger, downstreamId, maxRequestsPerSecond: LIMIT };
      const processes = stores.map((store) => new RateShares({ ...given, store, leaseMs: 600_000 }));
      await Promise.all(processes.map((process) => process.setLimit(LIMIT)));
      for (const { bucket } of processes) bucket.hasRoom(1_000);
      await Promise.all(processes.map((process) => process.look()));
      const held = processes.reduce((sum, process) => sum + process.held.units, 0);
      expect(held).toBe(LIMIT);
    }
  });
});
