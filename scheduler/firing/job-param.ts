import type { Job } from '../definition/job-definition.ts';

/**
 * Parameters of a chain run: one text for all of its jobs, or a text per job name ('*' stands for every job that has
 * none of its own). A job that is not named keeps its definition's parameter.
 */
export type ChainParams = string | Readonly<Record<string, string>>;

export const storeParams = (params: ChainParams | undefined): string => JSON.stringify(params ?? {});

/** @param stored what `storeParams` gave, or null for a run outside a chain. */
export function paramOf(job: Job, stored: string | null): string {
  if (stored === null) return job.param;
  const params = JSON.parse(stored) as ChainParams;
  if (typeof params === 'string') return params;
  return params[job.name] ?? params['*'] ?? job.param;
}
