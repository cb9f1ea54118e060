import type { Hints } from '../../shared/redis/hints.ts';
import type { BodyReport } from '../clockwork.ts';

/** Longer than a pass takes where much is to be deleted; a pass that takes longer still goes on. */
const LOCK_MS = 50_000;

/**
 * One scheduler of a cluster deletes what is old. With the lock stolen several do: each deletes what nobody else has locked,
 * and what is gone already is deleted by nobody.
 */
export async function deleteAlone(hints: Hints, prune: () => Promise<BodyReport>): Promise<BodyReport> {
  const lock = await hints.lock('retention', LOCK_MS);
  if (lock === null) return {};
  try {
    return await prune();
  } finally {
    await lock.release();
  }
}
