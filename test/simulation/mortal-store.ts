import { CommitUnknownError, StoreUnreachableError } from '../../shared/errors.ts';
import type { Random } from '../../shared/runtime/runtime.ts';
import type { SqlReader, SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { Life, World } from './world.ts';

export interface StoreFaults {
  /** The chance of a transaction to fail before its commit, and to lose the answer after it. */
  failure: number;
}

/**
 * The store as one process sees it. A process may die at any statement, right before and right after any commit; what it
 * waited for is then never answered, and an open transaction is rolled back, as a database does with a lost connection.
 */
export function mortalStore(given: {
  store: SqlStore;
  life: Life;
  world: World;
  random: Random;
  faults: StoreFaults;
  doom: Doom;
}): SqlStore {
  const { store, life, world, random, faults, doom } = given;
  const step = (): void => {
    doom.pass(life);
    if (!life.alive) throw new Error(`${life.name} is dead`);
  };

  return {
    dialect: store.dialect,
    label: store.label,
    transaction: (name, body, options) =>
      new Promise((resolve, reject) => {
        if (!life.alive) return;
        const draw = faults.failure === 0 ? 1 : random.next();
        const fate = draw < faults.failure ? 'fails' : draw < 2 * faults.failure ? 'answer_lost' : 'holds';
        store
          .transaction(
            name,
            async (tx) => {
              step();
              const value = await body(guarded(tx, step));
              // A body that swallowed the death of its process must not commit the half of its work.
              step();
              if (fate === 'fails') throw new StoreUnreachableError(name);
              await markCommit(tx);
              return value;
            },
            options,
          )
          .then(
            (value) => {
              if (life.alive) world.note(`${life.name} ${name} ${fate}`);
              doom.pass(life);
              if (!life.alive) return;
              if (fate === 'answer_lost') reject(new CommitUnknownError(name));
              else resolve(value);
            },
            async (error: unknown) => {
              await burnIds(store);
              if (life.alive) reject(error);
            },
          )
          .catch(reject);
      }),
    read: (name, body) =>
      new Promise((resolve, reject) => {
        if (!life.alive) return;
        store
          .read(name, async (tx) => {
            step();
            return body(tx);
          })
          .then(
            (value) => life.alive && resolve(value),
            (error: unknown) => life.alive && reject(error),
          );
      }),
    figures: (overMs) => store.figures(overMs),
    health: () => store.health(),
    close: () => Promise.resolve(),
  };
}

/** When a process that is doomed dies: at the so-and-so-manieth statement or commit from now. */
export interface Doom {
  /** Null: not doomed. */
  left: number | null;
  pass(life: Life): void;
}

export function createDoom(): Doom {
  return {
    left: null,
    pass(life) {
      if (this.left === null) return;
      this.left -= 1;
      if (this.left > 0) return;
      this.left = null;
      life.kill();
    },
  };
}

// SQLite gives an id that was rolled back once more, MariaDB never does. With the same id again, what left before its
// commit could not be told from what was stored.
const burnIds = (store: SqlStore) =>
  store.transaction('burn-ids', (tx) => tx.run(`update sqlite_sequence set seq = seq + 1`));

// The history of the checker is cut into transactions, since what holds, holds at each commit.
const markCommit = (tx: SqlTx) =>
  tx.run(`insert into h_history (what) select 'commit' where
    (select what from h_history order by seq desc limit 1) <> 'commit'`);

function guarded(tx: SqlTx, step: () => void): SqlTx {
  const checked =
    <Args extends unknown[], T>(act: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      step();
      return act(...args);
    };
  return {
    dialect: tx.dialect,
    nowMs: tx.nowMs,
    forUpdate: tx.forUpdate,
    forShare: tx.forShare,
    forUpdateSkipLocked: tx.forUpdateSkipLocked,
    all: checked(tx.all) as SqlReader['all'],
    get: checked(tx.get) as SqlReader['get'],
    arrays: checked(tx.arrays),
    run: checked(tx.run),
    insertReturningId: checked(tx.insertReturningId),
    insertRows: checked(tx.insertRows),
    updateRows: checked(tx.updateRows),
    deleteRows: checked(tx.deleteRows),
    get kysely() {
      step();
      return tx.kysely;
    },
  };
}
