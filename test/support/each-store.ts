import { describe } from 'vitest';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createMysqlDatabase } from './mysql-database.ts';
import type { SqlServer } from './server-names.ts';
import { describeWith } from './servers.ts';

/** Where a store is to be opened, and how to take it away when it is closed again. */
export interface StorePlace {
  readonly url: string;
  drop(): Promise<void>;
}

/** Makes a place for a new, empty store each time it is called. */
export type NewStorePlace = () => Promise<StorePlace>;

/** Runs the same tests on the embedded store and on each database server that there is. */
export function describeOnEachStore(title: string, body: (newPlace: NewStorePlace) => void): void {
  describe(`${title}, on SQLite`, () => body(async () => ({ url: 'sqlite::memory:', drop: async () => undefined })));
  describeOnEachServer(title, (server) => body(() => createMysqlDatabase(server)));
}

/** Runs the same tests on each database server that there is. */
export function describeOnEachServer(title: string, body: (server: SqlServer) => void): void {
  for (const server of ['MariaDB', 'MySQL 8'] as const) {
    describeWith([server], `${title}, on ${server}`, () => body(server));
  }
}

export async function emptyTables(store: SqlStore, tables: readonly string[]): Promise<void> {
  await store.transaction('empty', async (tx) => {
    for (const table of tables) await tx.run(`delete from ${table}`);
  });
}
