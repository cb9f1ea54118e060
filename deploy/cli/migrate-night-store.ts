import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import { node } from '../../executor/storage/migrations/0001-node.ts';
import { slices } from '../../executor/storage/migrations/0002-slices.ts';
import { money } from '../../executor/storage/migrations/0003-money.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import type { Logger } from '../../shared/logger.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';

/** Brings a store of nights to this version: the executor's tables and the scheduler's, which never read each other. */
export async function migrateNightStore(store: SqlStore, logger: Logger): Promise<void> {
  await migrate(store, [node, slices, money, settlement], { logger, component: 'executor' });
  await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
}
