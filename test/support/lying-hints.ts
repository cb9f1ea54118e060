import { type Hints, NO_HINTS } from '../../shared/redis/hints.ts';

/** A Redis that was flushed a moment ago: everybody who asks gets the lock, and is told that it is surely theirs. */
export const STOLEN_LOCKS: Hints = {
  ...NO_HINTS,
  isHeard: true,
  lock: async () => ({ isSure: true, release: async () => undefined }),
};

/** Soft locks that hold, in one process. */
export function givenLocks(): Hints & { readonly held: ReadonlySet<string> } {
  const held = new Set<string>();
  return {
    ...NO_HINTS,
    isHeard: true,
    held,
    async lock(name) {
      if (held.has(name)) return null;
      held.add(name);
      return { isSure: true, release: async () => void held.delete(name) };
    },
  };
}
