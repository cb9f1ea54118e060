import { DaybreakError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { maskUrl } from '../secrets.ts';
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
  /** MySQL: a server that may lose commits in a power cut is refused (default), or only warned about. */
  readonly durability?: 'required' | 'warn';
  /** SQLite: how long to wait for another process to let go of the file. Default 1000. */
  readonly busyWaitMs?: number;
}

/**
 * Opens a store and asserts that it is fit for money (durability, isolation, versions).
 * Throws BAD_OPTION, STORE_UNREACHABLE (names host and port), STORE_BUSY (names the owner's pid) or STORE_UNFIT.
 * @example
 * const store = await openSqlStore('sqlite:./data/daybreak.db', { runtime: systemRuntime(), logger });
 * await migrate(store, executorMigrations, { logger });
 */
export async function openSqlStore(
  where: string | SqlStoreOptions,
  given: { readonly runtime: Runtime; readonly logger: Logger },
): Promise<SqlStore> {
  const options = typeof where === 'string' ? { url: where } : where;
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
