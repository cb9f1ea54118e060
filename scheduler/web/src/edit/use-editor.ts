import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Blocker, useBlocker, useNavigate } from 'react-router';
import type { FieldProblem } from '../api/client.ts';
import { writePath } from './at-path.ts';
import { type DefinitionRef, pathOf } from './definition-ref.ts';
import type { Draft } from './settings.tsx';
import { byPath, problemsOf, useCheck } from './use-check.ts';

export interface Editor<T> {
  readonly value: T;
  readonly change: (next: (now: T) => T) => void;
  /** For the fields that are data. */
  readonly draft: Draft;
  readonly problems: ReadonlyMap<string, string>;
  /** Why it could not be saved, as long as nothing was changed since. */
  readonly error: unknown;
  readonly isChanged: boolean;
  readonly isBusy: boolean;
  readonly blocker: Blocker;
  readonly save: () => Promise<void>;
}

/** A definition while it is edited: checked by the API whenever typing pauses, saved whole, not left without a word. */
export function useEditor<T extends object>({
  before,
  check,
  save: store,
}: {
  readonly before: T;
  readonly check: (value: T, signal: AbortSignal) => Promise<{ problems: readonly FieldProblem[] }>;
  readonly save: (value: T) => Promise<DefinitionRef>;
}): Editor<T> {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [value, setValue] = useState(before);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const isChanged = value !== before;
  const checked = useCheck(value, (signal) => (isChanged ? check(value, signal) : Promise.resolve({ problems: [] })));
  const blocker = useBlocker(isChanged && !isBusy);
  const change = (next: (now: T) => T) => {
    // What was refused is another definition now: saving it may be tried again.
    setError(null);
    setValue(next);
  };
  const save = async () => {
    setIsBusy(true);
    setError(null);
    try {
      const saved = await store(value);
      await client.invalidateQueries();
      void navigate(pathOf(saved));
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  };
  const problems = checked.size > 0 ? checked : byPath(problemsOf(error));
  const draft = {
    value,
    problems,
    onChange: (path: string, next: unknown) => change((now) => writePath(now, path, next)),
  };
  return { value, change, draft, problems, error, isChanged, isBusy, blocker, save };
}
