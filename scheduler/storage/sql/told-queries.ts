import type { SliceSettled, Total } from '../../../shared/protocol/wire.ts';
import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

/** Which of these slices were told before, with what (primary key of s_told_slice). */
export async function toldSlices(
  db: SqlReader,
  runId: number,
  sliceNos: readonly number[],
): Promise<Map<number, Total[]>> {
  const found = new Map<number, Total[]>();
  for (let at = 0; at < sliceNos.length; at += 500) {
    const some = sliceNos.slice(at, at + 500);
    const rows = await db.all<{ sliceNo: number; totals: string }>(
      `select slice_no as sliceNo, totals from s_told_slice
        where run_id = ? and slice_no in (${some.map(() => '?').join(', ')})`,
      [runId, ...some],
    );
    for (const row of rows) found.set(row.sliceNo, JSON.parse(row.totals) as Total[]);
  }
  return found;
}

export async function insertToldSlices(tx: SqlTx, runId: number, slices: readonly SliceSettled[]): Promise<void> {
  await tx.insertRows(
    { table: 's_told_slice', columns: ['run_id', 'slice_no', 'totals', 'told_at'] },
    slices.map((slice) => [runId, slice.sliceNo, JSON.stringify(slice.totals), tx.nowMs]),
  );
}

export async function setManifest(
  tx: SqlTx,
  manifest: { runId: number; sliceCount: number; manifest: string },
): Promise<void> {
  await tx.run(`update s_run set slice_count = ?, manifest = ? where id = ? and manifest is null`, [
    manifest.sliceCount,
    manifest.manifest,
    manifest.runId,
  ]);
}

/** Only with the run's row locked: the sums are read, added to and written back. */
export async function setTold(
  tx: SqlTx,
  told: {
    runId: number;
    slicesTold: number;
    totalsTold: string | null;
    mismatch?: string | null;
    /** Null or absent: as it was. */
    sliceCount?: number | null;
  },
): Promise<void> {
  await tx.run(
    `update s_run set slices_told = ?, totals_told = ?, mismatch = coalesce(mismatch, ?),
       slice_count = coalesce(?, slice_count) where id = ?`,
    [told.slicesTold, told.totalsTold, told.mismatch ?? null, told.sliceCount ?? null, told.runId],
  );
}
