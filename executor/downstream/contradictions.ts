import type { SqlTx } from '../../shared/sql/sql.ts';
import type { CallRow } from './call-rows.ts';

/** Lists two definite answers that contradict; the first was kept. False when this pair is listed already. */
export async function listContradiction(
  tx: SqlTx,
  call: CallRow,
  words: { kept: string; other: string; evidenceId: number },
): Promise<boolean> {
  const other = words.other.slice(0, WORD_MAX);
  const listed = await tx.get(
    `select 1 as there from contradiction where run_id = ? and slice_no = ? and seq = ? and request_no = ? and other = ?`,
    [call.runId, call.sliceNo, call.seq, call.requestNo, other],
  );
  if (listed) return false;
  await tx.run(
    `insert into contradiction (downstream_id, run_id, slice_no, seq, request_no, kept, other, evidence_id, at_ms)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      call.downstreamId,
      call.runId,
      call.sliceNo,
      call.seq,
      call.requestNo,
      words.kept.slice(0, WORD_MAX),
      other,
      words.evidenceId,
      tx.nowMs,
    ],
  );
  return true;
}

/** Money is said to have moved under an earlier number of this item: no later number may follow. */
export async function isSaidToBePaid(tx: SqlTx, call: CallRow): Promise<boolean> {
  if (call.attempt === 1) return false;
  const row = await tx.get(
    `select 1 as there from contradiction where run_id = ? and slice_no = ? and seq = ? and other like 'SUCCESS%'`,
    [call.runId, call.sliceNo, call.seq],
  );
  return row !== null;
}

const WORD_MAX = 32;
