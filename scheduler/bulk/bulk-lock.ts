import type { Hints, SoftLock } from '../../shared/redis/hints.ts';

/** So many targets are locked one by one; a longer list is nearly always everything, and has one lock for all. */
const SINGLE_MAX = 20;
/** Longer than a batch takes. */
const LOCK_MS = 10_000;

/**
 * One bulk operation per target at a time, as far as Redis knows. Who finds a lock taken goes on all the same: the rows of
 * s_bulk_target refuse them in words that name who has it, and that needs no Redis. So a stolen, lost or forgotten lock
 * changes nothing but how often two submitters meet at the rows.
 */
export async function lockTargets(hints: Hints, claims: readonly string[]): Promise<() => Promise<void>> {
  const names = claims.length > SINGLE_MAX ? ['*'] : claims;
  const locks: SoftLock[] = [];
  for (const name of names) {
    const lock = await hints.lock(`bulk:${name}`, LOCK_MS);
    if (lock !== null) locks.push(lock);
  }
  return async () => {
    for (const lock of locks) await lock.release();
  };
}
