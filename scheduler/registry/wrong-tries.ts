import type { Clock } from '../../shared/runtime/runtime.ts';

/** Counts wrong secrets per caller. A memory of one process: a cluster of three bears three times as many, which is as few. */
export interface WrongTries {
  /** False: so many wrong ones came from there within the last minute that nothing is looked at. */
  mayTry(from: string): boolean;
  note(from: string): void;
}

export interface TryLimits {
  /** From one caller within a minute. Default 10. */
  readonly triesMax?: number;
  /** Beyond so many callers with wrong tries at a time, no further one is heard. Default 1,000. */
  readonly callersMax?: number;
}

const WINDOW_MS = 60_000;

export function createWrongTries(clock: Clock, { triesMax = 10, callersMax = 1_000 }: TryLimits = {}): WrongTries {
  const tries = new Map<string, { sinceMs: number; count: number }>();
  return {
    mayTry(from) {
      const nowMs = clock.monotonicMs();
      for (const [caller, { sinceMs }] of tries) {
        // In the order in which they began, so that the first that is young ends it.
        if (nowMs - sinceMs < WINDOW_MS) break;
        tries.delete(caller);
      }
      const known = tries.get(from);
      return known === undefined ? tries.size < callersMax : known.count < triesMax;
    },
    note(from) {
      const { sinceMs, count } = tries.get(from) ?? { sinceMs: clock.monotonicMs(), count: 0 };
      tries.set(from, { sinceMs, count: count + 1 });
    },
  };
}
