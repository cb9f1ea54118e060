import type { SqlReader, SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { CallbackLane, OutboxKind } from './outbox.ts';

/** What messages lie under: their kind, or for callbacks the lane of a group as well. */
export type OutboxLane = OutboxKind | CallbackLane;

export interface OutboxRow {
  readonly id: number;
  readonly body: string;
  readonly tries: number;
  readonly created_at: number;
}

/** While a process of a shared store has rows in hand, the others leave them alone for this long. */
const CLAIM_MS = 15_000;
/** A request body stays far below the 5 MiB that a peer takes, even with every message in two shapes. */
const BATCH_CHARS_MAX = 1_048_576;

/**
 * The oldest due rows of some lanes. On MySQL several processes send from one table, so the rows are claimed by moving
 * their instant; the embedded store has one process and as a rule one sender, which saves that write and its fsync.
 * @param isShared another sender of this process takes from the same lanes
 */
export async function takeDueMessages(
  store: SqlStore,
  lanes: OutboxLane | readonly OutboxLane[],
  limit: number,
  isShared = false,
): Promise<OutboxRow[]> {
  const kinds = typeof lanes === 'string' ? [lanes] : lanes;
  const due = await store.read('look-at-outbox', (db) => selectDue(db, kinds, limit, ''));
  if ((store.dialect === 'sqlite' && !isShared) || due.length === 0) return due;
  return await store.transaction('claim-outbox', async (tx) => {
    const rows = await selectDue(tx, kinds, limit, tx.forUpdateSkipLocked);
    await moveNextTry(
      tx,
      rows.map((row) => [row.id, tx.nowMs + CLAIM_MS, row.tries]),
    );
    return rows;
  });
}

/** Relies on the index x_outbox_due (kind, next_try_at). */
async function selectDue(
  db: SqlReader,
  kinds: readonly OutboxLane[],
  limit: number,
  lock: string,
): Promise<OutboxRow[]> {
  const rows = await db.all<OutboxRow>(
    `select id, body, tries, created_at from x_outbox where ${isOneOf(kinds)} and next_try_at <= ?
     order by next_try_at, id limit ?${lock}`,
    [...kinds, db.nowMs, limit],
  );
  let chars = 0;
  return rows.filter((row, index) => {
    chars += row.body.length;
    return index === 0 || chars <= BATCH_CHARS_MAX;
  });
}

/** Acknowledged: the rows go. Returns the store's clock, for the age of what was told. */
export async function deleteMessages(store: SqlStore, ids: readonly number[]): Promise<number> {
  return await store.transaction('ack-outbox', async (tx) => {
    await tx.run(`delete from x_outbox where id in (${ids.map(() => '?').join(', ')})`, ids);
    return tx.nowMs;
  });
}

export async function postponeMessages(
  store: SqlStore,
  rows: readonly OutboxRow[],
  delayMs: (tries: number) => number,
): Promise<void> {
  await store.transaction('postpone-outbox', (tx) =>
    moveNextTry(
      tx,
      rows.map((row) => [row.id, tx.nowMs + delayMs(row.tries), row.tries + 1]),
    ),
  );
}

export async function countMessages(store: SqlStore, kinds: readonly OutboxLane[] = []): Promise<number> {
  const where = kinds.length === 0 ? '' : ` where ${isOneOf(kinds)}`;
  const row = await store.read('count-outbox', (db) =>
    db.get<{ waiting: number }>(`select count(*) as waiting from x_outbox${where}`, kinds),
  );
  return row?.waiting ?? 0;
}

/** One kind is written as equality: the index is then read in the order that is asked for. */
const isOneOf = (kinds: readonly OutboxLane[]): string =>
  kinds.length === 1 ? 'kind = ?' : `kind in (${kinds.map(() => '?').join(', ')})`;

async function moveNextTry(tx: SqlTx, rows: readonly (readonly [number, number, number])[]): Promise<void> {
  await tx.updateRows({ table: 'x_outbox', key: ['id'], set: ['next_try_at', 'tries'] }, rows);
}
