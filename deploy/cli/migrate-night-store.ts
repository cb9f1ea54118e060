import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import type { Logger } from '../../shared/logger.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import type { Migration, SqlStore } from '../../shared/sql/sql.ts';

/** One of the two parts that may share a store; neither reads a table of the other. */
export interface StorePart {
  readonly component: 'executor' | 'scheduler';
  readonly migrations: readonly Migration[];
}

/** The executors' tables, with those of the settlement. */
export const EXECUTOR_PART: StorePart = { component: 'executor', migrations: [...executorMigrations, settlement] };
export const SCHEDULER_PART: StorePart = { component: 'scheduler', migrations: schedulerMigrations };

/** Brings a store of nights to this version: the executor's tables and the scheduler's. */
export async function migrateNightStore(store: SqlStore, logger: Logger): Promise<void> {
  for (const { component, migrations } of [EXECUTOR_PART, SCHEDULER_PART]) {
    await migrate(store, migrations, { logger, component });
  }
}
