import { DatabaseSync } from 'node:sqlite';

/**
 * Copies everything that the one night in a store has left, `nights` times: as many rows of the same shape as so many
 * real nights leave, in seconds. Copies get ids below those of the real night, as older rows have, and dates before it.
 */
export function plantNights(file: string, nights: number): { plans: number } {
  const db = new DatabaseSync(file);
  // A bench's rows need not outlive a power cut.
  db.exec('pragma synchronous = off; pragma cache_size = -65536');
  const plans = Number(db.prepare('select count(*) as n from plan').get()?.n);
  const offsets = { plan: 10 * plans, other: 100_000 };
  db.exec(
    'create temp table copies as with recursive k(k) as (select 1 union all select k + 1 from k limit 100000) select k from k',
  );
  db.exec(`delete from copies where k > ${Math.trunc(nights)}`);
  for (const table of tablesOf(db)) {
    const columns = columnsOf(db, table);
    const values = columns.map((column) => copied(table, column, offsets));
    db.exec(`insert into "${table}" (${columns.join(', ')}) select ${values.join(', ')} from copies, "${table}" t`);
  }
  db.exec('drop table copies');
  db.close();
  return { plans: plans * nights };
}

/** What belongs to the store and not to one night; and plan_open, which the next night prunes of what is paid. */
const KEPT =
  /^(sqlite_|schema_migration|downstream|plan_open|x_outbox|s_chain$|s_chain_version|s_job|s_executor|s_open|s_planned|s_schedule)/;

function tablesOf(db: DatabaseSync): string[] {
  const rows = db.prepare(`select name from sqlite_master where type = 'table' order by name`).all();
  return rows.map(({ name }) => String(name)).filter((name) => !KEPT.test(name));
}

const columnsOf = (db: DatabaseSync, table: string): string[] =>
  db
    .prepare('select name from pragma_table_info(?)')
    .all(table)
    .map(({ name }) => String(name));

const PLAN_IDS = ['subject', 'plan_id', 'first_plan_id', 'last_plan_id', 'activated_to', 'high_water'];
const OTHER_IDS = /^(id|.*_run_id|run_id|night_id|file_id|evidence_id|fire_id|log_id)$/;

function copied(table: string, column: string, offsets: { plan: number; other: number }): string {
  if (PLAN_IDS.includes(column) || (table === 'plan' && column === 'id')) return `t.${column} - k * ${offsets.plan}`;
  if (OTHER_IDS.test(column)) return `t.${column} - k * ${offsets.other}`;
  if (column === 'business_date' || column === 'due_date') return `date(t.${column}, '-' || k || ' days')`;
  if (column === 'contract_no') return `'H' || k || t.contract_no`;
  if (column === 'request_no' || column === 'first_request_no') return `replace(t.${column}, '.C', '.H' || k || 'C')`;
  if (['sha256', 'dedup_key', 'request_id'].includes(column)) return `k || '-' || t.${column}`;
  return `t.${column}`;
}
