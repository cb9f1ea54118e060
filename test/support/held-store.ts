import type { SqlStore } from '../../shared/sql/sql.ts';

/** A store over which one transaction is stopped right before its commit, with all of its locks. */
export interface HeldStore {
  readonly store: SqlStore;
  /** Resolves when a transaction of that name has done its work. */
  readonly arrived: Promise<void>;
  /** It commits, or its process has died and it is rolled back. */
  end(how: 'commit' | 'die'): void;
}

/** The first transaction of this name is held; all others pass. */
export function holdTransaction(store: SqlStore, name: string): HeldStore {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<'commit' | 'die'>();
  let held = false;
  let dead = false;
  return {
    arrived,
    end,
    store: {
      ...store,
      read: (what, body) => store.read(what, body),
      transaction: (what, body, options) =>
        store.transaction(
          what,
          async (tx) => {
            if (dead) throw new Error('the process has died');
            const value = await body(tx);
            if (what !== name || held) return value;
            held = true;
            arrive();
            dead = (await ended) === 'die';
            if (dead) throw new Error('the process has died');
            return value;
          },
          options,
        ),
    },
  };
}
