import { useEffect, useMemo, useState } from 'react';
import { ApiProblem, type FieldProblem } from '../api/client.ts';

const PAUSE_MS = 600;

/** Has the API check a definition whenever typing pauses; what is wrong comes back by its field. */
export function useCheck(
  value: unknown,
  check: (signal: AbortSignal) => Promise<{ problems: readonly FieldProblem[] }>,
): ReadonlyMap<string, string> {
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is checked when the definition changes
  useEffect(() => {
    const end = new AbortController();
    const timer = setTimeout(() => {
      // A check that fails says nothing about the definition; saving will.
      check(end.signal).then(
        ({ problems: found }) => setProblems(found),
        () => undefined,
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, [value]);
  return useMemo(() => byPath(problems), [problems]);
}

export const problemsOf = (error: unknown): readonly FieldProblem[] =>
  error instanceof ApiProblem ? error.fields : [];

export function byPath(problems: readonly FieldProblem[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const { path, message } of problems) map.set(path, map.has(path) ? `${map.get(path)}; ${message}` : message);
  return map;
}
