import type { Clock } from '../../shared/runtime/runtime.ts';

/**
 * When executors may be asked again on behalf of a run that nobody could take: after 1 s, then twice as long each time,
 * to 30 s. A memory of this process; a new one asks at once.
 */
export interface AskingPatience {
  /** 0: ask now. Else so many milliseconds are to pass first. */
  waitMs(runId: number): number;
  nobodyCould(runId: number): void;
  /** Forgets the runs that wait no more. */
  keepOnly(runIds: ReadonlySet<number>): void;
}

const FIRST_MS = 1_000;
const MAX_MS = 30_000;

export function createAskingPatience(clock: Clock, { firstMs = FIRST_MS, maxMs = MAX_MS } = {}): AskingPatience {
  const notes = new Map<number, { times: number; askAtMs: number }>();
  return {
    waitMs: (runId) => Math.max(0, (notes.get(runId)?.askAtMs ?? 0) - clock.monotonicMs()),
    nobodyCould(runId) {
      const times = (notes.get(runId)?.times ?? 0) + 1;
      const pauseMs = Math.min(maxMs, firstMs * 2 ** (times - 1));
      notes.set(runId, { times, askAtMs: clock.monotonicMs() + pauseMs });
    },
    keepOnly(runIds) {
      for (const runId of notes.keys()) if (!runIds.has(runId)) notes.delete(runId);
    },
  };
}
