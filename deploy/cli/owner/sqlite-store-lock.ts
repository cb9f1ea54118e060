import { dirname } from 'node:path';
import { isDaybreakError, StoreBusyError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import { makeFolder } from '../make-folder.ts';
import type { StoreLocation } from '../options/store-location.ts';
import { ownerFileOf, readOwnerFile } from './owner-file.ts';
import { type HeldStore, heldMessage } from './store-lock.ts';

export interface HoldOptions {
  /** How long to wait for another process to let go. */
  readonly waitMs: number;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

/** SQLite's exclusive lock is the operating system's: it ends with the process, whichever way that ends. */
export async function holdSqliteStore(
  location: Extract<StoreLocation, { kind: 'sqlite' }>,
  { waitMs, runtime, logger }: HoldOptions,
): Promise<HeldStore> {
  makeFolder(dirname(location.path), 'store');
  try {
    const store = await openSqlStore({ url: location.url, busyWaitMs: waitMs }, { runtime, logger });
    return { store, lost: new AbortController().signal, release: () => store.close() };
  } catch (error) {
    if (!isDaybreakError(error, 'STORE_BUSY')) throw error;
    const { pid, since } = error.details;
    if (typeof pid !== 'number' || typeof since !== 'string') throw error;
    const owner = readOwnerFile(ownerFileOf(location.path));
    // The note of a night that was killed names another process: only the holder's own says what it is doing.
    const command = owner?.pid === pid ? owner.command : null;
    throw new StoreBusyError(heldMessage({ pid, since, command }), { cause: error, details: { pid, since, command } });
  }
}
