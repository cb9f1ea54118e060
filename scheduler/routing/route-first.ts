/** FIRST: the first address of the sorted list. */
export const routeFirst = <T>(sorted: readonly T[]): T | null => sorted[0] ?? null;
