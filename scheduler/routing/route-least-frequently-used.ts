import type { RouteUse } from './route-use.ts';

/**
 * LEAST_FREQUENTLY_USED: whoever was chosen for the job the fewest times, by the cluster's own count. One that was never
 * chosen counts as the least used of the others, and goes before its equals: a newcomer takes its turn at once, and does
 * not get every run until it is even.
 */
export function routeLeastFrequentlyUsed<T extends { readonly address: string }>(
  sorted: readonly T[],
  uses: ReadonlyMap<string, RouteUse>,
): T | null {
  const known = sorted.flatMap((executor) => uses.get(executor.address)?.uses ?? []);
  const leastKnown = known.length === 0 ? 0 : Math.min(...known);
  let best: { executor: T; uses: number } | null = null;
  for (const executor of sorted) {
    const count = uses.get(executor.address)?.uses ?? leastKnown - 0.5;
    if (best === null || count < best.uses) best = { executor, uses: count };
  }
  return best?.executor ?? null;
}

/** What the count of the chosen one becomes; a newcomer's is level with the least of the others once it had its turn. */
export function usesAfter(chosen: string, addresses: readonly string[], uses: ReadonlyMap<string, RouteUse>): number {
  const own = uses.get(chosen)?.uses;
  if (own !== undefined) return own + 1;
  const known = addresses.flatMap((address) => uses.get(address)?.uses ?? []);
  return known.length === 0 ? 1 : Math.min(...known);
}
