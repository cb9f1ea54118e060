/** ROUND: one after the other, by a counter of the job's own that is kept in the store and so is the whole cluster's. */
export const routeRound = <T>(sorted: readonly T[], counter: number): T | null =>
  sorted[counter % Math.max(1, sorted.length)] ?? null;
