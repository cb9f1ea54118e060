import { CommitUnknownError } from '../../shared/errors.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';

/** A store of which one answer to a COMMIT is lost: what was committed is there, and whoever asked for it does not know. */
export interface UnsureStore {
  readonly store: SqlStore;
  /** From now on commits are counted, and the answer to the n-th (1 = the next) is lost. */
  loseAnswer(n: number): void;
  /** The name of the transaction whose answer was lost; null while none was. */
  readonly lost: string | null;
}

/** @param counts which transactions count; default all */
export function unsureStore(real: SqlStore, counts: (name: string) => boolean = () => true): UnsureStore {
  let left = Number.POSITIVE_INFINITY;
  let lost: string | null = null;
  return {
    store: {
      ...real,
      async transaction(name, body, options) {
        const value = await real.transaction(name, body, options);
        if (!counts(name)) return value;
        left -= 1;
        if (left !== 0) return value;
        lost = name;
        throw new CommitUnknownError(`the answer to the COMMIT of "${name}" was lost, as the test wants it`);
      },
    },
    loseAnswer(n) {
      left = n;
      lost = null;
    },
    get lost() {
      return lost;
    },
  };
}
