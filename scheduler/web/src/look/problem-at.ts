import { ApiProblem } from '../api/client.ts';

/** What the API finds wrong with one field, e.g. `schedule.text`; null when nothing. */
export function problemAt(error: unknown, path: string): string | null {
  if (!(error instanceof ApiProblem)) return null;
  const found = error.fields.filter((problem) => problem.path === path).map(({ message }) => message);
  return found.length === 0 ? null : found.join('; ');
}

/** Whether it is about this job, where many are started at once. */
export const ofJob = (error: unknown, job: string): boolean => error instanceof ApiProblem && error.details.job === job;

/** Whether all that the API finds wrong stands beside these fields, so that nothing of it is left to be said elsewhere. */
export const isAllBeside = (error: unknown, paths: ReadonlySet<string>): boolean =>
  error instanceof ApiProblem && error.fields.length > 0 && error.fields.every(({ path }) => paths.has(path));
