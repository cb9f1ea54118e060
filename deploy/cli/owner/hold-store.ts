import type { StoreLocation } from '../options/store-location.ts';
import { type HoldOptions, holdSqliteStore } from './sqlite-store-lock.ts';
import type { HeldStore } from './store-lock.ts';

/** Opens the store for this process alone. Throws STORE_BUSY, naming the holder, after `waitMs`. */
export async function holdStore(
  location: StoreLocation,
  options: HoldOptions & { command: string },
): Promise<HeldStore> {
  if (location.kind === 'sqlite') return holdSqliteStore(location, options);
  const { holdMysqlStore } = await import('./mysql-store-lock.ts');
  return holdMysqlStore(location, options);
}
