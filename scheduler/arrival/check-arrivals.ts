import type { Job } from '../definition/job-definition.ts';
import { refuseDefinition } from '../definition/refuse.ts';
import { arrivalRefusal } from './input-path.ts';

/** Refuses jobs that wait for files where no file may be waited for. Throws CONFIG_INVALID. */
export function checkArrivals(jobs: readonly Pick<Job, 'name' | 'arrival'>[], roots: readonly string[]): void {
  for (const job of jobs) {
    const why = job.arrival === null ? null : arrivalRefusal(job.arrival, roots);
    if (why !== null) refuseDefinition(`job "${job.name}": arrival ${why}`);
  }
}
