import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { Attempt } from '../handler/attempt.ts';
import {
  type Acceptance,
  type AttemptEnding,
  acceptAttempts,
  endAttempts,
  knownLogIds,
  type NodeIdentity,
} from './attempt-queries.ts';
import { createGroupCommit } from './group-commit.ts';

/** Writes attempts down and their ends, with as few commits as it takes. */
export interface AttemptJournal {
  /** Those of one call in one transaction; one answer for each, in order. */
  accept(attempts: readonly Attempt[]): Promise<readonly Acceptance[]>;
  /** Whether an attempt of this number was ever taken, here or by another node of the store. */
  isKnown(logId: number): Promise<boolean>;
  /** The outcome and the message that tells of it. */
  end(ending: AttemptEnding): Promise<void>;
}

/** Messages in one transaction; each holds at most 400 attempts, and most hold one. */
const ACCEPTS_MAX = 32;
const ENDS_MAX = 500;
const LOOKS_MAX = 500;

/** What a commit takes on a good disk: handlers that end at once are hundreds by then, and would be a commit for each few. */
const ENDS_FOR_MS = 5;

export function createAttemptJournal(
  store: SqlStore,
  node: NodeIdentity,
  runtime: Pick<Runtime, 'yieldTurn' | 'clock'>,
): AttemptJournal {
  const accept = createGroupCommit((lists: readonly (readonly Attempt[])[]) => acceptLists(lists), ACCEPTS_MAX);
  const end = createGroupCommit((ends: readonly AttemptEnding[]) => endThem(ends), ENDS_MAX, {
    runtime,
    forMs: ENDS_FOR_MS,
  });

  const isKnown = createGroupCommit((logIds: readonly number[]) => lookUp(logIds), LOOKS_MAX);

  async function lookUp(logIds: readonly number[]): Promise<readonly boolean[]> {
    const known = await knownLogIds(store, logIds);
    return logIds.map((logId) => known.has(logId));
  }

  async function acceptLists(lists: readonly (readonly Attempt[])[]): Promise<readonly (readonly Acceptance[])[]> {
    const all = await acceptAttempts(store, lists.flat(), node);
    let from = 0;
    return lists.map((list) => {
      const part = all.slice(from, from + list.length);
      from += list.length;
      return part;
    });
  }

  async function endThem(ends: readonly AttemptEnding[]): Promise<readonly undefined[]> {
    await endAttempts(store, ends, node);
    return ends.map(() => undefined);
  }

  return { accept, isKnown, end };
}
