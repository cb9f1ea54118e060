import { DaybreakError } from '../../shared/errors.ts';
import type { Job } from '../definition/job-definition.ts';
import { paramFault } from '../definition/param-fields.ts';

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

/** Throws BAD_INPUT with the field that does not fit, of a parameter that somebody starts a job with. */
export function assertParamFits(job: Job, param: string, path = 'param'): void {
  const fault = paramFault(job.paramFields, param);
  if (fault === null) return;
  const { field, why, words } = fault;
  throw new DaybreakError('BAD_INPUT', `${path} of job "${job.name}" ${words}`, {
    details: { path: field === null ? path : `${path}.${field}`, why, job: job.name },
  });
}

/**
 * What each job of a chain run that somebody starts would get. Throws as `assertParamFits`.
 * @param given only texts of the start are judged: jobs that are taken over from an earlier chain run need none
 */
export function assertChainParamsFit(jobs: readonly Job[], params: ChainParams | undefined, given: boolean): void {
  for (const job of jobs) {
    const param = paramOf(job, storeParams(params));
    if (!given || param !== job.param) assertParamFits(job, param, 'params');
  }
}
