import type { Runtime } from '../../shared/runtime/runtime.ts';

/** Whether much of what is due has not been taken by its executors yet, as far as this process knows. */
export interface Burst {
  /** So many are due, or on their way to this place (the address of an executor). */
  began(place: string, count: number): void;
  /** So many of them were decided, or answered; `inTime: false`: their time was over, and no answer had come. */
  ended(place: string, count: number, how?: { readonly inTime: boolean }): void;
  /**
   * Resolves when it is over, or has been waited for long enough. For work that must not hold back what is due: the results
   * of those that came first in a burst cost the store as much as the fires of those that are still to come, and nobody is
   * late by them.
   */
  over(): Promise<void>;
}

/** What is due in this process and not decided yet. */
export const DUE = 'due';

/** Fewer than these are no burst: a result that waited for each of them would be slower, and none of them faster. */
const BURST = 50;
/** Then it goes on beside them: who has sent results waits for an answer, and sends them again without one. */
const WAIT_MAX_MS = 1_500;
/** A place where nothing has moved for so long hangs: what is on its way there is not made faster by anybody's waiting. */
const STILL_AFTER_MS = 1_500;

interface Place {
  open: number;
  movedAtMs: number;
}

export function createBurst({ clock, sleep }: Pick<Runtime, 'clock' | 'sleep'>): Burst {
  const places = new Map<string, Place>();
  let ebbed: PromiseWithResolvers<void> | null = null;

  /** For how long it is a burst if nothing moves any more: until fewer are where something has moved. 0 or less: it is none. */
  function lastsMs(): number {
    const nowMs = clock.monotonicMs();
    let open = 0;
    for (const place of [...places.values()].sort((a, b) => b.movedAtMs - a.movedAtMs)) {
      open += place.open;
      if (open >= BURST) return place.movedAtMs + STILL_AFTER_MS - nowMs;
    }
    return 0;
  }

  return {
    began(name, count) {
      const place = places.get(name) ?? { open: 0, movedAtMs: clock.monotonicMs() };
      place.open += count;
      if (place.open > 0) places.set(name, place);
    },
    ended(name, count, { inTime } = { inTime: true }) {
      const place = places.get(name);
      if (place === undefined) return;
      place.open -= count;
      if (inTime) place.movedAtMs = clock.monotonicMs();
      if (place.open <= 0) places.delete(name);
      if (lastsMs() > 0) return;
      ebbed?.resolve();
      ebbed = null;
    },
    async over() {
      const giveUpMs = clock.monotonicMs() + WAIT_MAX_MS;
      for (;;) {
        const waitMs = Math.min(lastsMs(), giveUpMs - clock.monotonicMs());
        if (waitMs <= 0) return;
        ebbed ??= Promise.withResolvers<void>();
        await firstOf(ebbed.promise, waitMs);
      }
    },
  };

  async function firstOf(event: Promise<void>, ms: number): Promise<void> {
    const enough = new AbortController();
    const waited = sleep(ms, enough.signal).catch((error: unknown) => {
      if (!enough.signal.aborted) throw error;
    });
    await Promise.race([event, waited]);
    enough.abort();
  }
}
