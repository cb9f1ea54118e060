/** LAST: the last address of the sorted list. */
export const routeLast = <T>(sorted: readonly T[]): T | null => sorted.at(-1) ?? null;
