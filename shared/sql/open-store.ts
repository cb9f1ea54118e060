import { DaybreakError, isDaybreakError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { backoffMs } from '../runtime/backoff.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { maskUrl } from '../secrets.ts';
import { judgeClock } from './judge-clock.ts';
import type { SqlStore } from './sql.ts';

export interface SqlStoreOptions {
  /** `sqlite:PATH`, `sqlite::memory:` or `mysql://user:password@host:port/database`. */
  readonly url: string;
  /** MySQL: connections for ordinary work. Default 10. */
  readonly connections?: number;
  /** MySQL: connections kept for urgent transactions (lease renewals). Default 2. */
  readonly reserved?: number;
  /** MySQL: how long a connection may take to be made. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** MySQL: a statement without an answer for this long means that its connection is dead. Default 300 000. */
  readonly statementTimeoutMs?: number;
  /** MySQL: how long a caller waits for a connection while all are at work. Default 60 000. */
  readonly connectionWaitMs?: number;
  /** MySQL: how long a transaction that has not begun yet tries to reach a server that went away. Default 2000. */
  readonly reconnectMs?: number;
  /** Statements that take longer are counted by name, see `SqlStore.figures`. Default 1000. */
  readonly slowStatementMs?: number;
  /**
   * How long to try again while the server does not answer, takes no writes, or another process has the file: for
   * programs that are started together with their database. What is missing is said once. Default 0.
   */
  readonly waitMs?: number;
  /** A server whose clock is hours away from this machine's is refused, or only warned about (default). */
  readonly clock?: 'required' | 'warn';
  /** MySQL: a server that may lose commits in a power cut is refused (default), or only warned about. */
  readonly durability?: 'required' | 'warn';
  /** SQLite: how long to wait for another process to let go of the file. Default 1000. */
  readonly busyWaitMs?: number;
}

/** What a program may open a store in spite of. */
export type StoreStrictness = Pick<SqlStoreOptions, 'clock' | 'durability'>;

/**
 * Opens a store and asserts that it is fit for money (durability, isolation, versions).
 * Throws BAD_OPTION, STORE_UNREACHABLE (names host and port), STORE_READ_ONLY, STORE_BUSY (names the owner's pid) or
 * STORE_UNFIT (names the setting and what it has to be).
 * @example
 * const store = await openSqlStore('sqlite:./data/daybreak.db', { runtime: systemRuntime(), logger });
 * await migrate(store, executorMigrations, { logger });
 */
export async function openSqlStore(
  where: string | SqlStoreOptions,
  given: { readonly runtime: Runtime; readonly logger: Logger },
): Promise<SqlStore> {
  const options = typeof where === 'string' ? { url: where } : where;
  const store = await untilThere(options, given);
  try {
    judgeClock(store, { logger: given.logger, refuse: options.clock === 'required' });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

const TRY_AGAIN = { firstMs: 200, maxMs: 2_000, factor: 1.5 };

async function untilThere(
  options: SqlStoreOptions,
  given: { readonly runtime: Runtime; readonly logger: Logger },
): Promise<SqlStore> {
  const { runtime, logger } = given;
  const startedMs = runtime.clock.monotonicMs();
  const giveUpMs = startedMs + (options.waitMs ?? 0);
  for (let failures = 1; ; failures++) {
    try {
      const store = await openOnce(options, given);
      const waitedMs = Math.round(runtime.clock.monotonicMs() - startedMs);
      if (failures > 1) logger.info({ store: store.label, waitedMs }, 'the store is there');
      return store;
    } catch (error) {
      const mayCome = isDaybreakError(error) && error.code.startsWith('STORE_') && error.retryable;
      if (!mayCome || runtime.clock.monotonicMs() >= giveUpMs) throw error;
      if (failures === 1) {
        logger.warn({ store: maskUrl(options.url), waitMs: options.waitMs }, `waiting for the store: ${error.message}`);
      }
      await runtime.sleep(backoffMs(failures, runtime.random, TRY_AGAIN));
    }
  }
}

async function openOnce(
  options: SqlStoreOptions,
  given: { readonly runtime: Runtime; readonly logger: Logger },
): Promise<SqlStore> {
  // The drivers are loaded when they are asked for: the embedded default never loads mysql2.
  if (options.url.startsWith('sqlite:')) {
    const { openSqliteStore } = await import('./sqlite-adapter.ts');
    return openSqliteStore({ ...options, ...given, path: sqlitePath(options.url) });
  }
  if (options.url.startsWith('mysql:')) {
    const { openMysqlStore } = await import('./mysql-adapter.ts');
    return openMysqlStore({ ...options, ...given });
  }
  throw new DaybreakError(
    'BAD_OPTION',
    `the store "${maskUrl(options.url)}" is none we know: write sqlite:PATH, sqlite::memory: or mysql://user:password@host:3306/database`,
  );
}

function sqlitePath(url: string): string {
  const path = url.slice('sqlite:'.length);
  if (path === '')
    throw new DaybreakError('BAD_OPTION', 'the store "sqlite:" names no file: write sqlite:PATH or sqlite::memory:');
  return path;
}
