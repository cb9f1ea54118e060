import { statSync } from 'node:fs';
import { isDaybreakError, messageOf } from '../../../shared/errors.ts';
import { createLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { migrateNightStore } from '../migrate-night-store.ts';
import type { StoreLocation } from '../options/store-location.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';
import { askOwner } from './http-control-client.ts';
import { ownerFileOf, readOwnerFile } from './owner-file.ts';
import { holdSqliteStore } from './sqlite-store-lock.ts';

/** How one action is done: by the process that holds the store, or by ourselves in the store. */
export interface AskOrOpen<T> {
  readonly location: StoreLocation;
  readonly action: string;
  readonly body: unknown;
  open(store: SqlStore): Promise<T>;
  /** Answers when there is no store yet. */
  absent(): T;
}

// A night that is just starting holds the store before it answers at its control port.
const WAIT_MS = 10_000;
const RETRY_EVERY_MS = 200;

/**
 * The owner's note is believed only when the store is found locked: a killed process leaves the note and not the lock.
 * A shared store needs neither: it is read and written beside the night.
 */
export async function askOrOpen<T>(call: AskOrOpen<T>): Promise<T> {
  const { location } = call;
  const given = { runtime: systemRuntime(), logger: createLogger({ level: 'error' }) };
  if (location.kind === 'mysql') {
    const store = await openSqlStore(location.url, given);
    return useAndClose(call, store, given.logger);
  }
  if (!isThere(location.path)) return call.absent();
  const giveUpMs = performance.now() + WAIT_MS;
  for (;;) {
    try {
      const held = await holdSqliteStore(location, { ...given, waitMs: 0 });
      return await useAndClose(call, held.store, given.logger);
    } catch (error) {
      if (!isDaybreakError(error, 'STORE_BUSY')) throw error;
      const owner = readOwnerFile(ownerFileOf(location.path));
      if (owner !== null && owner.pid === error.details.pid)
        return (await askOwner(owner, call.action, call.body)) as T;
      if (performance.now() > giveUpMs) throw error;
    }
    await given.runtime.sleep(RETRY_EVERY_MS);
  }
}

/** Only what is certainly absent is "no store yet": a store that may not be looked at can hold open money. */
function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return false;
    throw new UsageError(
      `the store ${inert(path)} cannot be looked at (${messageOf(cause)}): name another with --home or --store`,
      { cause },
    );
  }
}

async function useAndClose<T>(
  call: AskOrOpen<T>,
  store: SqlStore,
  logger: ReturnType<typeof createLogger>,
): Promise<T> {
  try {
    await migrateNightStore(store, logger);
    return await call.open(store);
  } finally {
    await store.close();
  }
}
