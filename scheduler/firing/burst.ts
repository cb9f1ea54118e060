import type { Runtime } from '../../shared/runtime/runtime.ts';

/** Whether much of what is due has not been taken by its executors yet, as far as this process knows. */
export interface Burst {
  /** So many are due, or on their way. */
  began(count: number): void;
  /** So many of them were decided, or answered. */
  ended(count: number): void;
  /**
   * Resolves when it is over, or has been waited for long enough. For work that must not hold back what is due: the results
   * of those that came first in a burst cost the store as much as the fires of those that are still to come, and nobody is
   * late by them.
   */
  over(): Promise<void>;
}

/** Fewer than these are no burst: a result that waited for each of them would be slower, and none of them faster. */
const BURST = 50;
/** Then it goes on beside them: who has sent results waits for an answer, and sends them again without one. */
const WAIT_MAX_MS = 1_500;

export function createBurst(runtime: Pick<Runtime, 'sleep'>): Burst {
  let open = 0;
  let over: PromiseWithResolvers<void> | null = null;

  return {
    began(count) {
      open += count;
    },
    ended(count) {
      open -= count;
      if (open >= BURST) return;
      over?.resolve();
      over = null;
    },
    async over() {
      if (open < BURST) return;
      over ??= Promise.withResolvers<void>();
      const enough = new AbortController();
      const waited = runtime.sleep(WAIT_MAX_MS, enough.signal).catch((error: unknown) => {
        if (!enough.signal.aborted) throw error;
      });
      await Promise.race([over.promise, waited]);
      enough.abort();
    },
  };
}
