import type { SqlStore, SqlTx } from '../../../shared/sql/sql.ts';

/**
 * Does something in a transaction that is always undone, and says what it gave. So a dry run is what the scheduler itself
 * would do, by the very code that does it, and not what a second account of it believes; other transactions never see
 * any of it. Its effects (wakes, alarms, messages) are the caller's to drop.
 */
export async function undone<T>(store: SqlStore, name: string, body: (tx: SqlTx) => Promise<T>): Promise<T> {
  try {
    return await store.transaction(name, async (tx) => {
      throw new Undo(await body(tx));
    });
  } catch (error) {
    if (error instanceof Undo) return error.given as T;
    throw error;
  }
}

/** Thrown to have a transaction taken back. */
class Undo extends Error {
  readonly given: unknown;
  constructor(given: unknown) {
    super('taken back, as it was meant to be');
    this.name = 'Undo';
    this.given = given;
  }
}
