import type { SqlTx, SqlValue } from '../../../shared/sql/sql.ts';

const INT32_MAX = 2 ** 31 - 1;
const TRIES = 100;
/** Jobs that stand in code have ids that a person chose, small ones: those of the API lie beyond them. */
const FIRST = 1_000_000;

const PLACEHOLDERS = {
  table: 's_job',
  columns: ['id', 'name', 'version', 'config_hash', 'enabled', 'updated_at'],
  onConflict: 'ignore',
} as const;
const placeholder = (id: number, name: string, nowMs: number): SqlValue[] => [id, name, 0, '', 0, nowMs];

async function nextId(tx: SqlTx): Promise<number> {
  const row = await tx.get<{ last: number | null }>(`select max(id) as last from s_job`);
  return Math.max(FIRST, (row?.last ?? 0) + 1);
}

/**
 * Takes the next free job id with an empty row, which the caller fills in the same transaction. Two that ask at once get
 * two ids: who finds the row there already (it waits for the other's commit) takes the next. Ids are never used again.
 */
export async function claimJobId(tx: SqlTx, nameOf: (id: number) => string): Promise<number> {
  const first = await nextId(tx);
  for (let id = first; id <= INT32_MAX && id < first + TRIES; id++) {
    const inserted = await tx.insertRows(PLACEHOLDERS, [placeholder(id, nameOf(id), tx.nowMs)]);
    if (inserted === 1) return id;
  }
  throw new Error('no job id is free');
}

const AT_ONCE = 500;

/**
 * As `claimJobId`, for many: their ids rise. A row without a definition is never committed, so those that are seen in the
 * range are of this transaction; where somebody else was quicker, the next range has the rest.
 */
export async function claimJobIds(tx: SqlTx, count: number, nameOf: (id: number) => string): Promise<number[]> {
  const ids: number[] = [];
  for (let tries = 0; ids.length < count && tries < TRIES + count / AT_ONCE; tries++) {
    const first = await nextId(tx);
    const wanted = Math.min(AT_ONCE, count - ids.length, INT32_MAX - first + 1);
    const range = Array.from({ length: wanted }, (_, at) => first + at);
    await tx.insertRows(
      PLACEHOLDERS,
      range.map((id) => placeholder(id, nameOf(id), tx.nowMs)),
    );
    const ours = await tx.all<{ id: number }>(
      `select id from s_job where id >= ? and id < ? and config_hash = '' order by id`,
      [first, first + wanted],
    );
    ids.push(...ours.map(({ id }) => id));
  }
  if (ids.length < count) throw new Error('no job id is free');
  return ids;
}
