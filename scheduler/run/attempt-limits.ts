import type { Job } from '../definition/job-definition.ts';

type Limited = Pick<Job, 'timeoutSeconds' | 'slowAfterSeconds'>;

export interface AttemptLimits {
  /** When the scheduler ends the attempt if its executor has not. Null: the job has no time limit. */
  readonly deadlineAt: number | null;
  /** When people hear that it is slow. Null: never. */
  readonly warnAt: number | null;
}

export const NO_LIMITS: AttemptLimits = { deadlineAt: null, warnAt: null };

/** Of a time limit, how much passes before people hear of it, where the job does not say. */
const PART_OF_LIMIT = 0.8;

/** After how many seconds people hear that an attempt is slow; 0: never. */
export const slowAfter = ({ timeoutSeconds, slowAfterSeconds }: Limited): number =>
  slowAfterSeconds ?? timeoutSeconds * PART_OF_LIMIT;

/** The instants at which the scheduler does something about an attempt, counted from when its executor took it. */
export function attemptLimits(job: Limited, fromMs: number, graceMs: number): AttemptLimits {
  const slowMs = slowAfter(job) * 1_000;
  return {
    deadlineAt: job.timeoutSeconds === 0 ? null : fromMs + job.timeoutSeconds * 1_000 + graceMs,
    warnAt: slowMs === 0 ? null : Math.ceil(fromMs + slowMs),
  };
}
