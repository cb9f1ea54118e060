import { join } from 'node:path';
import { isDaybreakError, StoreBusyError } from '../../../shared/errors.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import { makeFolder } from '../make-folder.ts';
import { inert } from '../screen/table.ts';
import type { Service } from './run-service.ts';

/**
 * Makes the folder and has it for this process alone until the stack is closed: two executors with one folder would be one
 * executor under two addresses, prune each other's run logs, and take each other's place where they are held. The lock is
 * SQLite's on an empty file, so it ends with the process, whichever way that ends. Throws STORE_BUSY, naming the holder.
 */
export async function holdDataDir(
  dataDir: string,
  { runtime, logger }: Pick<Service, 'runtime' | 'logger'>,
  closing: AsyncDisposableStack,
): Promise<void> {
  makeFolder(dataDir, 'data-dir');
  try {
    const held = await openSqlStore(`sqlite:${join(dataDir, 'in-use.db')}`, { runtime, logger });
    closing.defer(() => held.close());
  } catch (error) {
    if (!isDaybreakError(error, 'STORE_BUSY')) throw error;
    const { pid, host, since } = error.details;
    const holder =
      pid === undefined ? 'another process works in it' : `process ${pid} on ${host} has worked in it since ${since}`;
    throw new StoreBusyError(
      `--data-dir ${inert(dataDir)} is in use: ${holder}; name a folder of its own for each executor, or stop that process`,
      { cause: error, details: { dataDir, pid, since } },
    );
  }
}
