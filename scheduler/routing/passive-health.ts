import type { Clock } from '../../shared/runtime/runtime.ts';

/**
 * What this process has met itself: an executor that refused, could not be reached or gave no clear answer is passed over
 * for a moment, while there are others. A memory of one process and a preference only: leases decide who lives, so two
 * schedulers may differ here and nothing comes of it but a better or worse guess.
 */
export interface PassiveHealth {
  wentWrong(address: string): void;
  wentWell(address: string): void;
  /** The addresses to pass over now. */
  avoided(): ReadonlySet<string>;
}

export function createPassiveHealth(clock: Clock, avoidMs: number): PassiveHealth {
  const until = new Map<string, number>();
  return {
    wentWrong: (address) => void until.set(address, clock.monotonicMs() + avoidMs),
    wentWell: (address) => void until.delete(address),
    avoided() {
      const nowMs = clock.monotonicMs();
      for (const [address, atMs] of until) if (atMs <= nowMs) until.delete(address);
      return new Set(until.keys());
    },
  };
}
