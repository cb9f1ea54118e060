import { resolve } from 'node:path';
import type { Given } from './options/parse-command-line.ts';
import { type StoreLocation, storeLocation } from './options/store-location.ts';

/** The store that `status` and `resolve` look into. */
export function whereOptions({ values }: Given, cwd: string): { home: string; store: StoreLocation } {
  const home = resolve(cwd, values.home ?? './daybreak-data');
  return { home, store: storeLocation(values.store, home, cwd) };
}
