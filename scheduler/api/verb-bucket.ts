import type { Runtime } from '../../shared/runtime/runtime.ts';

/** How fast one group may use the verbs that change jobs. */
export interface VerbBucket {
  /** Waits for its turn, at most `waitMsMax`; false: it would take longer. */
  take(group: string): Promise<boolean>;
}

const PER_SECOND = 100;
const WAIT_MS_MAX = 1_000;
const GROUPS_MAX = 10_000;

/** Each group has a bucket of its own (xxl-job has one for all): who floods waits for itself. */
export function createVerbBucket(runtime: Pick<Runtime, 'clock' | 'sleep'>): VerbBucket {
  const stepMs = 1_000 / PER_SECOND;
  // When the next one of a group may go. As much as a second of it is saved up.
  const nextAt = new Map<string, number>();
  return {
    async take(group) {
      const nowMs = runtime.clock.monotonicMs();
      const atMs = Math.max(nextAt.get(group) ?? 0, nowMs - 1_000);
      const waitMs = atMs - nowMs;
      if (waitMs > WAIT_MS_MAX) return false;
      if (nextAt.size >= GROUPS_MAX) nextAt.clear();
      nextAt.set(group, atMs + stepMs);
      if (waitMs > 0) await runtime.sleep(waitMs);
      return true;
    },
  };
}
