import type { SqlReader, SqlTx, SqlValue } from '../../shared/sql/sql.ts';

/** The open table: what is unclear or waiting, and when it is looked at next. Small, and the only index by instant. */
export interface OpenRow {
  readonly id: number;
  readonly runId: number;
  readonly sliceNo: number;
  readonly seq: number;
  readonly reason: string;
  readonly detail: string | null;
  readonly checks: number;
  readonly missingCount: number;
  readonly missingAt: number;
  readonly batchCap: number | null;
  readonly nextCheckAt: number;
}

const COLUMNS =
  'id, run_id, slice_no, seq, reason, detail, checks, missing_count, missing_at, batch_cap, next_check_at';

export async function findOpenRow(
  db: SqlReader,
  key: { runId: number; sliceNo: number; seq: number },
): Promise<OpenRow | null> {
  const [row] = await db.arrays(`select ${COLUMNS} from open_item where run_id = ? and slice_no = ? and seq = ?`, [
    key.runId,
    key.sliceNo,
    key.seq,
  ]);
  return row ? openRowOf(row) : null;
}

/**
 * Takes due rows of one sweep shard: id mod total = index, not taken by another sweep. The claim is a lease in the
 * row itself; it ends when the row is written again or `claimed_until` passes. Relies on open_item_due.
 */
export async function claimDueRows(
  tx: SqlTx,
  who: { downstreamId: number; shardIndex: number; shardTotal: number; limit: number; claimMs: number; dueBy?: number },
): Promise<readonly OpenRow[]> {
  const rows = await tx.arrays(
    `select ${COLUMNS} from open_item
     where next_check_at <= ? and claimed_until <= ? and downstream_id = ? and id % ? = ?
     order by next_check_at limit ${Math.trunc(who.limit)}${tx.forUpdateSkipLocked}`,
    [who.dueBy ?? tx.nowMs, tx.nowMs, who.downstreamId, who.shardTotal, who.shardIndex],
  );
  const claimedUntil = tx.nowMs + who.claimMs;
  await tx.updateRows(
    { table: 'open_item', key: ['id'], set: ['claimed_until'] },
    rows.map((row) => [row[0] ?? null, claimedUntil]),
  );
  return rows.map(openRowOf);
}

function openRowOf(row: readonly SqlValue[]): OpenRow {
  return {
    id: Number(row[0]),
    runId: Number(row[1]),
    sliceNo: Number(row[2]),
    seq: Number(row[3]),
    reason: String(row[4]),
    detail: row[5] as string | null,
    checks: Number(row[6]),
    missingCount: Number(row[7]),
    missingAt: Number(row[8]),
    batchCap: row[9] === null ? null : Number(row[9]),
    nextCheckAt: Number(row[10]),
  };
}

export interface NewOpenRow {
  readonly downstreamId: number;
  readonly runId: number;
  readonly sliceNo: number;
  readonly seq: number;
  readonly reason: string;
  readonly detail: string | null;
  readonly nextCheckAt: number;
  readonly batchCap: number | null;
}

/** Opens rows that are not there yet; returns how many are new. */
export function insertOpenRows(tx: SqlTx, rows: readonly NewOpenRow[]): Promise<number> {
  if (rows.length === 0) return Promise.resolve(0);
  return tx.insertRows(
    {
      table: 'open_item',
      columns: [
        'downstream_id',
        'run_id',
        'slice_no',
        'seq',
        'reason',
        'detail',
        'opened_at',
        'next_check_at',
        'batch_cap',
      ],
      onConflict: 'ignore',
    },
    rows.map((row) => [
      row.downstreamId,
      row.runId,
      row.sliceNo,
      row.seq,
      row.reason,
      row.detail,
      tx.nowMs,
      row.nextCheckAt,
      row.batchCap,
    ]),
  );
}

export function updateOpenRow(
  tx: SqlTx,
  id: number,
  row: Pick<OpenRow, 'reason' | 'detail' | 'checks' | 'missingCount' | 'missingAt' | 'batchCap' | 'nextCheckAt'>,
): Promise<number> {
  return tx.run(
    `update open_item set reason = ?, detail = ?, checks = ?, missing_count = ?, missing_at = ?, batch_cap = ?,
       next_check_at = ?, claimed_until = 0 where id = ?`,
    [row.reason, row.detail, row.checks, row.missingCount, row.missingAt, row.batchCap, row.nextCheckAt, id],
  );
}

export const closeOpenRow = (tx: SqlTx, id: number): Promise<number> =>
  tx.run('delete from open_item where id = ?', [id]);
