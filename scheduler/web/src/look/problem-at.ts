import { ApiProblem } from '../api/client.ts';

/** What the API finds wrong with one field, e.g. `schedule.text`; null when nothing. */
export function problemAt(error: unknown, path: string): string | null {
  if (!(error instanceof ApiProblem)) return null;
  const found = error.fields.filter((problem) => problem.path === path).map(({ message }) => message);
  return found.length === 0 ? null : found.join(' ');
}
