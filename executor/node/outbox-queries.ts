import type { SqlReader, SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { OutboxKind } from './outbox.ts';

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
 * The oldest due rows of a kind. On MySQL several processes send from one table, so the rows are claimed by moving
 * their instant; the embedded store has one process and one sender, which saves that write and its fsync.
 */
export async function takeDueMessages(store: SqlStore, kind: OutboxKind, limit: number): Promise<OutboxRow[]> {
  const due = await store.read('look-at-outbox', (db) => selectDue(db, kind, limit, ''));
  if (store.dialect === 'sqlite' || due.length === 0) return due;
  return await store.transaction('claim-outbox', async (tx) => {
    const rows = await selectDue(tx, kind, limit, tx.forUpdateSkipLocked);
    await moveNextTry(
      tx,
      rows.map((row) => [row.id, tx.nowMs + CLAIM_MS, row.tries]),
    );
    return rows;
  });
}

/** Relies on the index x_outbox_due (kind, next_try_at). */
async function selectDue(db: SqlReader, kind: OutboxKind, limit: number, lock: string): Promise<OutboxRow[]> {
  const rows = await db.all<OutboxRow>(
    `select id, body, tries, created_at from x_outbox where kind = ? and next_try_at <= ?
     order by next_try_at, id limit ?${lock}`,
    [kind, db.nowMs, limit],
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

export async function countMessages(store: SqlStore, kind?: OutboxKind): Promise<number> {
  const where = kind === undefined ? '' : ' where kind = ?';
  const row = await store.read('count-outbox', (db) =>
    db.get<{ waiting: number }>(`select count(*) as waiting from x_outbox${where}`, kind === undefined ? [] : [kind]),
  );
  return row?.waiting ?? 0;
}

async function moveNextTry(tx: SqlTx, rows: readonly (readonly [number, number, number])[]): Promise<void> {
  await tx.updateRows({ table: 'x_outbox', key: ['id'], set: ['next_try_at', 'tries'] }, rows);
}
