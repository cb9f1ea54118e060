import type { Job } from '../definition/job-definition.ts';

/**
 * What becomes of a shard whose executor is gone or was started anew. 'auto' hands it to another only when that is safe
 * by construction: the job works slices with a fence of their own, and the executor that had it is one of ours (it told
 * its incarnation), so what it may still be doing is fenced. A peer of another make fences nothing: its work goes
 * elsewhere only when the job says 'reassign' in so many words.
 */
export function afterNodeLoss(
  job: Pick<Job, 'onNodeLoss' | 'sliced'>,
  attempt: { readonly incarnation: string | null },
): 'reassign' | 'fail' {
  if (job.onNodeLoss !== 'auto') return job.onNodeLoss;
  return job.sliced && attempt.incarnation !== null ? 'reassign' : 'fail';
}

/** How the reason of an outcome begins that nobody knows: it is no failure that anybody told. */
export const LOST = 'LOST: ';

/** Whether a run's reason says that the outcome of one of its attempts is not known. */
export const saysLost = (reason: string | null): boolean => reason?.includes(LOST) === true;
