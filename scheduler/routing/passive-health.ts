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
  /** Somebody found no room there: when to come back, in milliseconds from now. */
  backInMs(address: string): number;
}

/** What comes back to a full executor does so one after another, this part of the first wait apart: 100 a second. */
const APART = 25;

/** @param againMs the wait before whoever was turned away first comes back. */
export function createPassiveHealth(clock: Clock, avoidMs: number, againMs = 250): PassiveHealth {
  const until = new Map<string, number>();
  /** When the last one of those that found no room comes back. */
  const lastBack = new Map<string, number>();
  return {
    wentWrong: (address) => void until.set(address, clock.monotonicMs() + avoidMs),
    wentWell(address) {
      until.delete(address);
      // There is room: who comes now does not line up behind those that came before there was.
      lastBack.delete(address);
    },
    avoided() {
      const nowMs = clock.monotonicMs();
      for (const [address, atMs] of until) if (atMs <= nowMs) until.delete(address);
      return new Set(until.keys());
    },
    backInMs(address) {
      const nowMs = clock.monotonicMs();
      const atMs = Math.max(nowMs + againMs, (lastBack.get(address) ?? 0) + againMs / APART);
      lastBack.set(address, atMs);
      return Math.ceil(atMs - nowMs);
    },
  };
}
