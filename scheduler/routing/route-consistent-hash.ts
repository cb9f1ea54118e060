import { createHash } from 'node:crypto';

const NODES_PER_ADDRESS = 100;

/**
 * CONSISTENT_HASH: the same job goes to the same executor, and when one comes or goes only its share of the jobs moves.
 * Hash for hash what xxl-job computes, so that after a migration every job stays where it was: a ring of 100 points per
 * address, the point at or after the job's own, else the first.
 */
export function routeConsistentHash<T extends { readonly registeredAs: string }>(
  sorted: readonly T[],
  jobId: number,
): T | null {
  const ring = new Map<number, T>();
  for (const executor of sorted) {
    for (let node = 0; node < NODES_PER_ADDRESS; node++) {
      ring.set(ringHash(`SHARD-${executor.registeredAs}-NODE-${node}`), executor);
    }
  }
  const points = [...ring.keys()].sort((a, b) => a - b);
  const wanted = ringHash(String(jobId));
  const point = points.find((each) => each >= wanted) ?? points[0];
  return point === undefined ? null : (ring.get(point) ?? null);
}

/** The first four bytes of the MD5, little endian, unsigned. MD5 because the peers use it; nothing secret hangs on it. */
export const ringHash = (text: string): number => createHash('md5').update(text).digest().readUInt32LE(0);
