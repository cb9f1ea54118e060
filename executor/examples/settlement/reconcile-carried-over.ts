import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

/**
 * Notes the items of earlier nights that are in flight (PROCESSING) as a night begins, so that its report can say
 * what became of them. Call it in the transaction that begins the night, before any sweep; a later call adds nothing
 * wrong, but misses what was settled in between.
 */
export async function noteCarriedOver(
  tx: SqlTx,
  night: { readonly id: number; readonly chainRunId: number | null; readonly startedAtMs: number },
): Promise<number> {
  const rows = await tx.arrays(
    `select o.run_id, o.slice_no, o.seq
       from open_item o
       join slice_run r on r.run_id = o.run_id
       join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
      where i.state = 'PROCESSING' and r.created_at < ? and (r.chain_run_id is null or r.chain_run_id <> ?)`,
    [night.startedAtMs, night.chainRunId ?? -1],
  );
  return tx.insertRows(
    { table: 'night_carried_over', columns: ['night_id', 'run_id', 'slice_no', 'seq'], onConflict: 'ignore' },
    rows.map((row) => [night.id, ...row]),
  );
}

/** When the oldest call of what was carried over was stored, or null when nothing was. */
export async function oldestCarriedSend(db: SqlReader, nightId: number): Promise<number | null> {
  const row = await db.get<{ at: number | null }>(
    `select min(c.stored_at) as at
       from night_carried_over k
       join item i on i.run_id = k.run_id and i.slice_no = k.slice_no and i.seq = k.seq
       join slice_run r on r.run_id = k.run_id
       join call_out c on c.downstream_id = r.downstream_id and c.subject = i.subject and c.presentation = i.presentation
      where k.night_id = ?`,
    [nightId],
  );
  return row?.at ?? null;
}
