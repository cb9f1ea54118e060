import type { Clock } from '../../shared/runtime/runtime.ts';

/** Whether what waits for its start waits a moment longer, because those who send more of it wait for an answer. */
export interface AnswersFirst {
  /** Run requests have come. */
  arrived(): void;
  holdsBack(queued: number): boolean;
}

/** So many that wait are a burst. */
const BURST = 50;
/** It is over when none has arrived for so long. */
export const QUIET_MS = 100;
/** Once until all that wait have begun: under a load that does not end, what is queued begins as ever. */
const HELD_BACK_MAX_MS = 1_500;

/**
 * While many arrive, those who asked are answered first: thousands of runs that begin meanwhile take the processor from the
 * answers to the others, whose scheduler does not know yet where they are. Seen on two cores with 10,000 due at one instant:
 * 100 us of an executor's processor for each until all were taken when they were held back for half a second, 35 when for
 * as long as they came; the last of them began after 3.0 s either way.
 */
export function createAnswersFirst(clock: Pick<Clock, 'monotonicMs'>): AnswersFirst {
  let arrivedMs = -Infinity;
  let burstSinceMs: number | null = null;

  return {
    arrived() {
      arrivedMs = clock.monotonicMs();
    },
    holdsBack(queued) {
      if (queued < BURST) {
        burstSinceMs = null;
        return false;
      }
      const nowMs = clock.monotonicMs();
      burstSinceMs ??= nowMs;
      return nowMs - arrivedMs < QUIET_MS && nowMs - burstSinceMs < HELD_BACK_MAX_MS;
    },
  };
}
