/** RANDOM: any of them. @param chance from 0 up to, not including, 1. */
export const routeRandom = <T>(sorted: readonly T[], chance: number): T | null =>
  sorted[Math.floor(chance * sorted.length)] ?? null;
