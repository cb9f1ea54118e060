import type { Clock } from '../../shared/runtime/runtime.ts';

/**
 * How long this process has been listening to executors without a break. What nobody could hear is no silence: after a
 * start, a stall of the process or an outage of the store, executors have all their time anew to be heard, and what they
 * could not tell meanwhile comes before it is missed. A memory of one process: another scheduler of the same store that
 * has listened all the time judges by the leases as they are.
 */
export interface Listening {
  /** Called by bodies after the store has answered them; milliseconds since the start or the last break. */
  listenedMs(): number;
}

/** Bodies look each second. Half of the beat that executors of xxl-job have: a break that short costs no beat. */
export const BREAK_MS = 15_000;

export function createListening(clock: Clock): Listening {
  let sinceMs = clock.monotonicMs();
  let lastMs = sinceMs;
  return {
    listenedMs() {
      const nowMs = clock.monotonicMs();
      if (nowMs - lastMs > BREAK_MS) sinceMs = nowMs;
      lastMs = nowMs;
      return nowMs - sinceMs;
    },
  };
}
