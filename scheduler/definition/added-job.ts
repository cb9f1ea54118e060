import type { Job } from './job-definition.ts';

/** The name of a job that a program added over the API: it is in no file of definitions, and the store alone has it. */
export const addedJobName = (id: number): string => `api-${id}`;

export const isAddedJob = (job: Pick<Job, 'id' | 'name'>): boolean => job.name === addedJobName(job.id);
