import type { SqlReader, SqlStore } from '../../../shared/sql/sql.ts';

type Row = Readonly<Record<string, unknown>>;

/** The ids of one store by names that mean the same in every store: two that made the same in another order have other ids. */
export interface Names {
  readonly runs: ReadonlyMap<number, string>;
  readonly fires: ReadonlyMap<number, string>;
  readonly attempts: ReadonlyMap<number, string>;
}

/** What is of one store alone: its key, and how far its runs were counted. The hold is the one that parts the twins. */
const LEFT_OUT: ReadonlySet<string> = new Set(['s_store_key', 's_run_count_mark', 's_hold']);

export async function tablesOf(store: SqlStore): Promise<string[]> {
  const text =
    store.dialect === 'sqlite'
      ? `select name as name from sqlite_master where type = 'table'`
      : `select table_name as name from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE'`;
  const rows = await store.read('tables', (db) => db.all<{ name: string }>(text));
  return rows.flatMap(({ name }) => (name.startsWith('s_') && !LEFT_OUT.has(name) ? [name] : [])).sort();
}

export async function readNames(db: SqlReader): Promise<Names> {
  const fireRows = await db.all<{ id: number; jobId: number; chainId: number; origin: string; dedupKey: string }>(
    `select id, job_id as jobId, chain_id as chainId, origin, dedup_key as dedupKey from s_fire order by id`,
  );
  const runRows = await db.all<{ id: number; fireId: number }>(`select id, fire_id as fireId from s_run order by id`);
  const runOfFire = new Map(runRows.map((row) => [row.fireId, row.id]));
  const fires = new Map<number, string>();
  const runs = new Map<number, string>();
  // A child's fire is younger than its parent's run.
  for (const { id, jobId, chainId, origin, dedupKey } of fireRows) {
    const key = origin === 'parent' ? `after ${runs.get(Number(dedupKey.slice('run:'.length)))}` : dedupKey;
    const name = `[${jobId === 0 ? `chain ${chainId}` : jobId} ${origin} ${key}]`;
    fires.set(id, name);
    const runId = runOfFire.get(id);
    if (runId !== undefined) runs.set(runId, name);
  }
  const attemptRows = await db.all<{ id: number; runId: number; shardIndex: number; no: number }>(
    `select id, run_id as runId, shard_index as shardIndex, no from s_attempt`,
  );
  const attempts = new Map(
    attemptRows.map(({ id, runId, shardIndex, no }) => [id, `${runs.get(runId)}#${shardIndex}.${no}`]),
  );
  return { runs, fires, attempts };
}

/** Every row of every table, as a text, by its table, with names in the place of ids. */
export async function namedRows(store: SqlStore, tables: readonly string[]): Promise<Map<string, string[]>> {
  return store.read('all-rows', async (db) => {
    const names = await readNames(db);
    const byTable = new Map<string, string[]>();
    for (const table of tables) {
      const rows = await db.all<Row>(`select * from ${table}`);
      byTable.set(table, rows.map((row) => textOf(table, row, names)).sort());
    }
    return byTable;
  });
}

function textOf(table: string, row: Row, names: Names): string {
  const values = Object.entries(row).flatMap(([column, value]): [string, unknown][] => {
    if (column === 'id' && OWN_IDS.has(table)) return [];
    return [[column, named(table, column, value, row, names)]];
  });
  return JSON.stringify(Object.fromEntries(values));
}

/** Rows that nobody names: when they were written says which is which. */
const OWN_IDS: ReadonlySet<string> = new Set(['s_alarm', 's_operator_action']);

function named(table: string, column: string, value: unknown, row: Row, names: Names): unknown {
  const map = mapOf(table, column, row, names);
  if (map !== null && value !== null) return map.get(Number(value)) ?? `none: ${value}`;
  // MariaDB gives the exact figure of a bigint as a text where it was computed.
  return typeof value === 'string' ? namedText(value, names) : value;
}

function mapOf(table: string, column: string, row: Row, names: Names): ReadonlyMap<number, string> | null {
  if (column === 'run_id' || column === 'parent_run_id' || column === 'child_run_id') return names.runs;
  if (column === 'id' && table === 's_run') return names.runs;
  if (column === 'rerun_of' && table === 's_run') return names.runs;
  if (column === 'subject_id' && row.subject_kind === 'run') return names.runs;
  if (column === 'fire_id' || column === 'merged_into' || (column === 'id' && table === 's_fire')) return names.fires;
  if (column === 'log_id' || (column === 'id' && table === 's_attempt')) return names.attempts;
  return null;
}

const IDS = /(?<!chain[- ])\b(runs?|fires?|log|run:|fire:|"newRunId":|"runId":)( ?)(\d+(?:, \d+)*)/g;

/** Ids in sentences and keys: `runs 3, 4 of the job still run`, `RUN_SLOW:run:7`. */
export function namedText(text: string, names: Names): string {
  return text
    .replace(IDS, (_, word: string, space: string, ids: string) => {
      const map = word.startsWith('fire') ? names.fires : word === 'log' ? names.attempts : names.runs;
      return `${word}${space}${ids
        .split(', ')
        .map((id) => map.get(Number(id)) ?? id)
        .join(', ')}`;
    })
    .replace(/^run:(\d+)$/, (_, id: string) => `run:${names.runs.get(Number(id)) ?? id}`);
}
