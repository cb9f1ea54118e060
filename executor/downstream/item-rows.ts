import type { SqlTx } from '../../shared/sql/sql.ts';
import type { ItemState } from './item-states.ts';

/** An item as it is under its lock; it moves only from the state and attempt that were read. */
export interface ItemRow {
  readonly runId: number;
  readonly sliceNo: number;
  readonly seq: number;
  readonly subject: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly state: ItemState;
  readonly attempt: number;
  readonly presentation: number;
}

export interface ItemKey {
  readonly runId: number;
  readonly sliceNo: number;
  readonly seq: number;
}

export async function lockItem(tx: SqlTx, key: ItemKey): Promise<ItemRow> {
  const [row] = await tx.arrays(
    `select subject, amount_minor, currency, state, attempt, presentation from item
     where run_id = ? and slice_no = ? and seq = ?${tx.forUpdate}`,
    [key.runId, key.sliceNo, key.seq],
  );
  if (!row) throw new Error(`no item ${key.runId}/${key.sliceNo}/${key.seq} in the store`);
  return {
    runId: key.runId,
    sliceNo: key.sliceNo,
    seq: key.seq,
    subject: Number(row[0]),
    amountMinor: Number(row[1]),
    currency: String(row[2]),
    state: row[3] as ItemState,
    attempt: Number(row[4]),
    presentation: Number(row[5]),
  };
}

/** Compare and set on state and attempt: so there is never more than one live attempt (I3). */
export async function moveItem(
  tx: SqlTx,
  item: ItemRow,
  to: { state: ItemState; reason: string | null; attempt?: number },
): Promise<void> {
  const matched = await tx.run(
    `update item set state = ?, reason = ?, attempt = ?
     where run_id = ? and slice_no = ? and seq = ? and state = ? and attempt = ?`,
    [
      to.state,
      to.reason?.slice(0, 64) ?? null,
      to.attempt ?? item.attempt,
      item.runId,
      item.sliceNo,
      item.seq,
      item.state,
      item.attempt,
    ],
  );
  if (matched !== 1) throw new Error(`item ${item.runId}/${item.sliceNo}/${item.seq} changed under its lock`);
}
