/** A sweep comes every second, and one that has died holds what it took for a minute: what is later is asked about by nobody. */
export const OVERDUE_AFTER_MS = 90_000;

/** By how much the instant at which an item was to be asked about has passed; null: it is asked about in time. */
export function overdueMs(atMs: number | null, nowMs: number): number | null {
  return atMs === null || nowMs - atMs < OVERDUE_AFTER_MS ? null : nowMs - atMs;
}
