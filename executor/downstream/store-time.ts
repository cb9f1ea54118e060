/** What this process knows of the store's clock between two looks at it: not earlier than, not later than. */
export interface StoreTime {
  /** The store's clock is not past this at that monotonic instant. */
  latest(monotonicMs: number): number;
  /** The monotonic instant at which the store's clock is surely past `storeMs`. */
  surelyPast(storeMs: number): number;
}

/** The store's clock was read as `nowMs` at some instant between the monotonic `sinceMs` and `untilMs`. */
export function readStoreTime(read: { nowMs: number; sinceMs: number; untilMs: number }): StoreTime {
  const { nowMs, sinceMs, untilMs } = read;
  return {
    latest: (monotonicMs) => nowMs + monotonicMs - sinceMs,
    surelyPast: (storeMs) => storeMs - nowMs + untilMs,
  };
}
