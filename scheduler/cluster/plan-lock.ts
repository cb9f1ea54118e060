import type { Hints } from '../../shared/redis/hints.ts';
import type { BodyReport } from '../clockwork.ts';

/** A scheduler that died with it is waited for no longer than this: fires are written two seconds ahead. */
const LOCK_MS = 800;
/** Whoever has it may have read the schedules before the one that this pass was woken for was stored. */
const LOOK_AGAIN_MS = 100;

/**
 * One scheduler plans at a time, so that the others do not read and judge the same schedules. With the lock stolen they do,
 * and of two plans for one instant the row of its schedule takes the first (compare-and-set on the cursor).
 */
export async function planAlone(hints: Hints, plan: () => Promise<BodyReport>): Promise<BodyReport> {
  const lock = await hints.lock('plan-fires', LOCK_MS);
  if (lock === null) return { wakeInMs: LOOK_AGAIN_MS };
  try {
    return await plan();
  } finally {
    await lock.release();
  }
}
