/** What the decisions below need to know of an attempt. */
export interface QueuedAttempt {
  readonly logId: number;
  readonly jobId: number;
  readonly runId: number;
  readonly shardIndex: number;
  /** Our own scheduler let its run go beside others of the job. Default false. */
  readonly parallel?: boolean;
}

/** PARALLEL is our own scheduler's word: it has judged for the whole group how many runs of the job go side by side. */
export type BlockStrategy = 'SERIAL_EXECUTION' | 'DISCARD_LATER' | 'COVER_EARLY' | 'PARALLEL';

/** Unknown and missing words mean serial, as in xxl-job. */
export function blockStrategyOf(word: string | null | undefined): BlockStrategy {
  return word === 'DISCARD_LATER' || word === 'COVER_EARLY' || word === 'PARALLEL' ? word : 'SERIAL_EXECUTION';
}

/**
 * Whether two attempts may not run at the same time on one node. Runs of a job go one after another, while shards of
 * ONE run go side by side: after a node is lost its heir has two of them, and a queue per job (as xxl-job has it)
 * would make the heir's second shard wait for its first, or under DISCARD_LATER refuse it.
 */
export function standInEachOthersWay(one: QueuedAttempt, other: QueuedAttempt): boolean {
  if (one.jobId !== other.jobId) return false;
  if (one.runId === other.runId) return one.shardIndex === other.shardIndex;
  return one.parallel !== true || other.parallel !== true;
}

export type BlockDecision =
  | { readonly kind: 'queue' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'cover'; readonly kill: readonly number[] };

export function decideBlock(
  strategy: BlockStrategy,
  arriving: QueuedAttempt,
  present: Iterable<QueuedAttempt>,
): BlockDecision {
  // These wait for their turn, whoever is there: thousands that are there need not be looked at.
  if (strategy === 'SERIAL_EXECUTION' || strategy === 'PARALLEL') return { kind: 'queue' };
  const inTheWay = [...present].filter((other) => standInEachOthersWay(arriving, other));
  if (inTheWay.length === 0) return { kind: 'queue' };
  switch (strategy) {
    case 'DISCARD_LATER':
      return { kind: 'refuse' };
    case 'COVER_EARLY':
      return { kind: 'cover', kill: inTheWay.map((other) => other.logId) };
  }
}

export interface SlotLimits<T> {
  readonly slots: number;
  /** How many attempts of one job run at a time; default: as many as there are slots. */
  readonly perJob?: number;
  /** Which of those that run take one of these slots; default all. */
  readonly counts?: (one: T) => boolean;
}

/**
 * Which waiting attempts start now, in order of arrival. One that has to wait for its job holds back the later ones of
 * the same job only, so a busy job never starves the others; free slots bound them all.
 */
export function pickStartable<T extends QueuedAttempt>(
  waiting: readonly T[],
  running: readonly T[],
  limits: number | SlotLimits<T>,
): T[] {
  const { slots, perJob = Infinity, counts = () => true } = typeof limits === 'number' ? { slots: limits } : limits;
  const startable: T[] = [];
  const heldBackJobs = new Set<number>();
  const used = running.filter(counts).length;
  for (const attempt of waiting) {
    if (used + startable.length >= slots) break;
    if (heldBackJobs.has(attempt.jobId)) continue;
    const ofItsJob = [...running, ...startable].filter((other) => other.jobId === attempt.jobId);
    const inTheWay = ofItsJob.some((other) => standInEachOthersWay(attempt, other));
    if (inTheWay || ofItsJob.length >= perJob) heldBackJobs.add(attempt.jobId);
    else startable.push(attempt);
  }
  return startable;
}
