import { type Hints, NO_HINTS } from '../../shared/redis/hints.ts';
import type { Random } from '../../shared/runtime/runtime.ts';
import type { Life, World } from './world.ts';

/** A Redis that lies: what is said over it may be lost, late, doubled or made up, and a lock is had by one, by all or nobody. */
export interface SimulatedHints {
  of(life: Life): Hints;
}

const LATE_MS = 5_000;

export function createSimulatedHints(world: World, random: Random): SimulatedHints {
  const listeners = new Map<string, Set<{ readonly life: Life; hear(body: string): void }>>();
  const locks = new Map<string, number>();

  function say(topic: string, body: string): void {
    for (const { life, hear } of [...(listeners.get(topic) ?? [])]) {
      const times = random.integer(10) === 0 ? 2 : random.integer(5) === 0 ? 0 : 1;
      for (let n = 0; n < times; n++) {
        world.after(random.integer(4) === 0 ? random.integer(LATE_MS) : 1, () => {
          // Now and then nothing that anybody said: a connection that is back.
          if (life.alive) hear(random.integer(20) === 0 ? '' : body);
        });
      }
    }
  }

  return {
    of: (life) => ({
      ...NO_HINTS,
      isHeard: true,
      publish(topic, body = '') {
        if (life.alive) say(topic, body);
      },
      subscribe(topic, hear) {
        const all = listeners.get(topic) ?? new Set();
        const mine = { life, hear };
        listeners.set(topic, all.add(mine));
        return () => all.delete(mine);
      },
      async lock(name, ttlMs) {
        // Flushed: it is forgotten who had it.
        const until = random.integer(8) === 0 ? 0 : (locks.get(name) ?? 0);
        if (until > world.nowMs) return null;
        const mine = world.nowMs + ttlMs;
        locks.set(name, mine);
        return {
          isSure: true,
          release: async () => {
            if (locks.get(name) === mine) locks.delete(name);
          },
        };
      },
    }),
  };
}
