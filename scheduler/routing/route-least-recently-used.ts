import type { RouteUse } from './route-use.ts';

/** LEAST_RECENTLY_USED: whoever was chosen for the job the longest time ago; one that never was goes first. */
export function routeLeastRecentlyUsed<T extends { readonly address: string }>(
  sorted: readonly T[],
  uses: ReadonlyMap<string, RouteUse>,
): T | null {
  const usedAt = (executor: T) => uses.get(executor.address)?.lastUsedAt ?? -1;
  let best: T | null = null;
  for (const executor of sorted) {
    if (best === null || usedAt(executor) < usedAt(best)) best = executor;
  }
  return best;
}
