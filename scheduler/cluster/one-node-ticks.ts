import type { RunCoordinator } from 'node-cron';
import type { Hints } from '../../shared/redis/hints.ts';

/**
 * Bodies for which one scheduler of a cluster is enough: node-cron asks here before a tick of theirs, and of several
 * schedulers one is told yes. A soft lock and nothing more: with it stolen, lost, or no Redis at all each of them does the
 * pass, and the rows see to it that it is done once.
 *
 * The lock is left to run out: another scheduler's clock reaches the same second later, and is to find it taken.
 */
export function oneNodeTicks(hints: Hints): RunCoordinator {
  return {
    async shouldRun(slot, ttlMs) {
      return (await hints.lock(`tick:${slot}`, ttlMs)) !== null;
    },
  };
}

/** How long a second of the clock stays one node's: longer than clocks that are set by a time server differ. */
export const TICK_LOCK_MS = 5_000;
