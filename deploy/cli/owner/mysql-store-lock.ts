import { hostname } from 'node:os';
import mysql from 'mysql2';
import {
  type DaybreakError,
  isDaybreakError,
  messageOf,
  StoreBusyError,
  StoreUnreachableError,
} from '../../../shared/errors.ts';
import { migrate } from '../../../shared/sql/migrate.ts';
import { readMysqlPlace } from '../../../shared/sql/mysql-place.ts';
import { wayTo } from '../../../shared/sql/mysql-way.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import type { StoreLocation } from '../options/store-location.ts';
import { storeOwner } from '../storage/0900-store-owner.ts';
import type { HoldOptions } from './sqlite-store-lock.ts';
import { type HeldStore, heldMessage } from './store-lock.ts';

type MysqlLocation = Extract<StoreLocation, { kind: 'mysql' }>;

// Shorter than the shortest idle limit that servers and proxies are commonly given.
const PING_EVERY_MS = 20_000;
/** The lock's name, as SQL: one per database, at most 64 characters. */
const LOCK = `left(concat('daybreak.night.', database()), 64)`;

/** Holds a shared store by a named lock of the server, on a connection of its own: it ends when the process does. */
export async function holdMysqlStore(
  location: MysqlLocation,
  options: HoldOptions & { command: string },
): Promise<HeldStore> {
  const store = await openSqlStore({ url: location.url, clock: 'required' }, options);
  try {
    const lock = await takeLock(location, store, options);
    try {
      await migrate(store, [storeOwner], { logger: options.logger, component: 'cli' });
      await writeOwner(store, options.command);
    } catch (error) {
      lock.release();
      throw error;
    }
    return {
      store,
      lost: lock.lost,
      release: async () => {
        await store.close();
        lock.release();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function takeLock(
  location: MysqlLocation,
  store: SqlStore,
  options: HoldOptions,
): Promise<{ lost: AbortSignal; release(): void }> {
  const connection = mysql.createConnection({ ...wayTo(readMysqlPlace(location.url)), connectTimeout: 5_000 });
  const lost = new AbortController();
  let released = false;
  connection.on('error', (cause) => {
    if (!released)
      lost.abort(new StoreUnreachableError(`the lock on ${location.label} was lost: ${messageOf(cause)}`, { cause }));
  });
  const query = (text: string): Promise<Record<string, unknown>[]> =>
    new Promise((resolve, reject) => {
      connection.query(text, (error: Error | null, rows: unknown) => {
        if (error === null) resolve(rows as Record<string, unknown>[]);
        else reject(new StoreUnreachableError(`${location.label}: ${error.message}`, { cause: error }));
      });
    });
  const seconds = Math.ceil(options.waitMs / 1000);
  const rows = await query(`select get_lock(${LOCK}, ${seconds}) as got`);
  if (rows[0]?.got !== 1) {
    connection.destroy();
    throw await busyError(location, store);
  }
  const pinger = setInterval(() => {
    query('select 1').catch((error: unknown) => {
      if (!released) lost.abort(error);
    });
  }, PING_EVERY_MS);
  pinger.unref();
  return {
    lost: lost.signal,
    release: () => {
      released = true;
      clearInterval(pinger);
      connection.destroy();
    },
  };
}

async function busyError(location: MysqlLocation, store: SqlStore): Promise<DaybreakError> {
  const owner = await readOwner(store);
  return new StoreBusyError(
    owner === null ? `another process works in ${location.label}: wait until it has ended` : heldMessage(owner),
    { details: { store: location.label, pid: owner?.pid } },
  );
}

/** Who works in the store just now, or null. The note alone proves nothing: it outlives its writer, the lock does not. */
export async function readHolder(store: SqlStore): Promise<Awaited<ReturnType<typeof readOwner>>> {
  const row = await store.read('is-store-held', (db) =>
    db.get<{ connection: number | null }>(`select is_used_lock(${LOCK}) as connection`),
  );
  return row?.connection == null ? null : readOwner(store);
}

/** Who worked in the store last, as it wrote itself; null when nobody ever did. */
async function readOwner(
  store: SqlStore,
): Promise<{ pid: number; host: string; startedAtMs: number; since: string; command: string } | null> {
  try {
    const row = await store.read('read-store-owner', (db) =>
      db.get<{ pid: number; host: string; started_at: number; command: string }>(
        'select pid, host, started_at, command from store_owner where id = 1',
      ),
    );
    if (row === null) return null;
    const { pid, host, command } = row;
    return { pid, host, command, startedAtMs: row.started_at, since: new Date(row.started_at).toISOString() };
  } catch (error) {
    // Its table is made by the first owner, which may be doing that just now.
    if (isDaybreakError(error, 'SQL_NO_TABLE')) return null;
    throw error;
  }
}

async function writeOwner(store: SqlStore, command: string): Promise<void> {
  await store.transaction('write-store-owner', async (tx) => {
    await tx.run('delete from store_owner where id = 1');
    await tx.run('insert into store_owner (id, pid, host, started_at, command) values (1, ?, ?, ?, ?)', [
      process.pid,
      hostname().slice(0, 255),
      tx.nowMs,
      command,
    ]);
  });
}
