import type { SqlTx } from '../../../shared/sql/sql.ts';

const INT32_MAX = 2 ** 31 - 1;
const TRIES = 100;
/** Jobs that stand in code have ids that a person chose, small ones: those of the API lie beyond them. */
const FIRST = 1_000_000;

/**
 * Takes the next free job id with an empty row, which the caller fills in the same transaction. Two that ask at once get
 * two ids: who finds the row there already (it waits for the other's commit) takes the next. Ids are never used again.
 */
export async function claimJobId(tx: SqlTx, nameOf: (id: number) => string): Promise<number> {
  const row = await tx.get<{ last: number | null }>(`select max(id) as last from s_job`);
  const first = Math.max(FIRST, (row?.last ?? 0) + 1);
  for (let id = first; id <= INT32_MAX && id < first + TRIES; id++) {
    const inserted = await tx.insertRows(
      {
        table: 's_job',
        columns: ['id', 'name', 'version', 'config_hash', 'enabled', 'updated_at'],
        onConflict: 'ignore',
      },
      [[id, nameOf(id), 0, '', 0, tx.nowMs]],
    );
    if (inserted === 1) return id;
  }
  throw new Error('no job id is free');
}
