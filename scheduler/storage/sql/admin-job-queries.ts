import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { Chain } from '../../definition/chain-definition.ts';
import type { Job } from '../../definition/job-definition.ts';
import type { RunState } from '../../run/run-transitions.ts';
import { cachedChain, cachedJob } from '../definition-cache.ts';

/** A job or chain as it is now, with its version. */
export interface Listed<T> {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  readonly updatedAt: number;
  readonly definition: T;
}

interface HeadRow {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  readonly configHash: string;
  readonly updatedAt: number;
}

// A version never changes, so what was parsed once is right for ever; 10,000 jobs of 2 kB are read once in half a second.
const parsed = { s_job: new Map<string, Job>(), s_chain: new Map<string, Chain>() };
const PARSED_MAX = 40_000;
const READ_AT_ONCE = 500;

/** Every job by its name: a small row each, and the definitions from memory. */
export const listedJobs = (db: SqlReader): Promise<Listed<Job>[]> => listed(db, 's_job', 'job_id');
export const listedChains = (db: SqlReader): Promise<Listed<Chain>[]> => listed(db, 's_chain', 'chain_id');

/** One of them, by its id. */
export async function listedJob(db: SqlReader, id: number): Promise<Listed<Job> | null> {
  const head = await headOf(db, 's_job', 'id', id);
  const definition = head === null ? null : await cachedJob(db, head.id, head.configHash);
  return head === null || definition === null ? null : { ...head, definition };
}

export async function listedChain(db: SqlReader, name: string): Promise<Listed<Chain> | null> {
  const head = await headOf(db, 's_chain', 'name', name);
  const definition = head === null ? null : await cachedChain(db, head.id, head.configHash);
  return head === null || definition === null ? null : { ...head, definition };
}

function headOf(db: SqlReader, table: 's_job' | 's_chain', column: 'id' | 'name', value: number | string) {
  return db.get<HeadRow>(
    `select id, name, version, config_hash as configHash, updated_at as updatedAt from ${table} where ${column} = ?`,
    [value],
  );
}

/** All of a table as it was at a stamp, the newest few of them: what people look at again and again. */
const listsAt = new Map<string, readonly Listed<Job | Chain>[]>();
const LISTS_KEPT = 8;

/**
 * Reading 10,000 heads took 25 ms of processor time for each list of the page; the stamp that says that nothing has changed
 * since takes one. A version and the instant of its change are one content of a row, and the key tells stores apart.
 */
async function stampOf(db: SqlReader, table: 's_job' | 's_chain'): Promise<string> {
  const [stamp] = await db.arrays(
    `select (select random from s_store_key where id = 1), count(*), max(updated_at),
       sum(version * (id % 1009 + 1)), sum(updated_at % 1000003 * (id % 997 + 1)) from ${table} where config_hash <> ''`,
  );
  return [table, ...(stamp ?? [])].join(' ');
}

async function listed<K extends 's_job' | 's_chain'>(
  db: SqlReader,
  table: K,
  idColumn: string,
): Promise<Listed<K extends 's_job' ? Job : Chain>[]> {
  type T = K extends 's_job' ? Job : Chain;
  // What a transaction has changed may be rolled back, so it is kept for nobody else.
  if ('forUpdate' in db) return readList<T>(db, table, idColumn);
  const stamp = await stampOf(db, table);
  const kept = listsAt.get(stamp) as readonly Listed<T>[] | undefined;
  const list = kept ?? (await readList<T>(db, table, idColumn));
  // The one that was asked for last goes last.
  listsAt.delete(stamp);
  listsAt.set(stamp, list as readonly Listed<Job | Chain>[]);
  const [oldest] = listsAt.keys();
  if (listsAt.size > LISTS_KEPT && oldest !== undefined) listsAt.delete(oldest);
  return [...list];
}

async function readList<T>(db: SqlReader, table: 's_job' | 's_chain', idColumn: string): Promise<Listed<T>[]> {
  const known = parsed[table] as Map<string, T>;
  const heads = await db.all<HeadRow>(
    `select id, name, version, config_hash as configHash, updated_at as updatedAt from ${table}
      where config_hash <> '' order by name`,
  );
  if (known.size > PARSED_MAX) known.clear();
  const missing = heads.filter(({ configHash }) => !known.has(configHash));
  for (let from = 0; from < missing.length; from += READ_AT_ONCE) {
    const part = missing.slice(from, from + READ_AT_ONCE);
    const rows = await db.all<{ configHash: string; definition: string }>(
      `select config_hash as configHash, definition from ${table}_version
        where ${part.map(() => `(${idColumn} = ? and config_hash = ?)`).join(' or ')}`,
      part.flatMap(({ id, configHash }) => [id, configHash]),
    );
    for (const row of rows) known.set(row.configHash, JSON.parse(row.definition) as T);
  }
  return heads.flatMap(({ configHash, ...head }) => {
    const definition = known.get(configHash);
    return definition === undefined ? [] : [{ ...head, definition }];
  });
}

export interface LastRunRow {
  readonly jobId: number;
  readonly runId: number;
  readonly state: RunState;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** The newest run of each job: one step into the index s_run_job for each. */
export async function lastRunsOf(db: SqlReader, jobIds: readonly number[]): Promise<Map<number, LastRunRow>> {
  if (jobIds.length === 0) return new Map();
  const rows = await db.all<LastRunRow>(
    `select r.job_id as jobId, r.id as runId, r.state, r.created_at as startedAt, r.ended_at as endedAt
       from s_run r where r.id in (select (select x.id from s_run x where x.job_id = j.id order by x.id desc limit 1)
         from s_job j where j.id in (${marks(jobIds)}))`,
    [...jobIds],
  );
  return new Map(rows.map((row) => [row.jobId, row]));
}

/** The next instant of each job's own schedule. */
export async function nextFiresOf(
  db: SqlReader,
  kind: 'job' | 'chain',
  ids: readonly number[],
): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const column = kind === 'job' ? 'job_id' : 'chain_id';
  const other = kind === 'job' ? 'chain_id' : 'job_id';
  const rows = await db.all<{ id: number; nextAt: number }>(
    `select ${column} as id, min(next_at) as nextAt from s_schedule
      where ${column} in (${marks(ids)}) and ${other} = 0 and next_at is not null group by ${column}`,
    [...ids],
  );
  // A fire that is planned already is nearer than the cursor.
  const planned = await db.all<{ id: number; nextAt: number }>(
    `select f.${column} as id, min(p.planned_at) as nextAt from s_planned_fire p join s_fire f on f.id = p.fire_id
      where f.${column} in (${marks(ids)}) group by f.${column}`,
    [...ids],
  );
  const next = new Map(rows.map(({ id, nextAt }) => [id, nextAt]));
  for (const { id, nextAt } of planned) next.set(id, Math.min(nextAt, next.get(id) ?? nextAt));
  return next;
}

export async function openRunsOf(db: SqlReader, jobIds: readonly number[]): Promise<Map<number, number>> {
  if (jobIds.length === 0) return new Map();
  const rows = await db.all<{ jobId: number; n: number }>(
    `select job_id as jobId, count(*) as n from s_open_run where job_id in (${marks(jobIds)}) group by job_id`,
    [...jobIds],
  );
  return new Map(rows.map(({ jobId, n }) => [jobId, n]));
}

/** What falls due next of everything that fires by itself (index s_schedule_next). */
export async function nextOfAll(
  db: SqlReader,
  limit: number,
): Promise<{ jobId: number; chainId: number; nextAt: number }[]> {
  return db.all(
    `select job_id as jobId, chain_id as chainId, next_at as nextAt from s_schedule
      where next_at is not null and chain_run_id = 0 order by next_at limit ${Math.trunc(limit)}`,
  );
}

export interface VersionRow {
  readonly version: number;
  readonly configHash: string;
  readonly createdAt: number;
}

/** The newest first. A definition that came back has the number that it had first. */
export async function versionsOf(db: SqlReader, kind: 'job' | 'chain', id: number): Promise<VersionRow[]> {
  const column = kind === 'job' ? 'job_id' : 'chain_id';
  return db.all(
    `select version, config_hash as configHash, created_at as createdAt from s_${kind}_version where ${column} = ?
      order by version desc limit 200`,
    [id],
  );
}

export async function versionDefinition(
  db: SqlReader,
  kind: 'job' | 'chain',
  id: number,
  version: number,
): Promise<{ readonly definition: unknown; readonly createdAt: number } | null> {
  const column = kind === 'job' ? 'job_id' : 'chain_id';
  const row = await db.get<{ definition: string; createdAt: number }>(
    `select definition, created_at as createdAt from s_${kind}_version where ${column} = ? and version = ?`,
    [id, version],
  );
  return row === null ? null : { definition: JSON.parse(row.definition) as unknown, createdAt: row.createdAt };
}

/** Locks the row and says what is current. */
export async function lockCurrent(
  tx: SqlTx,
  kind: 'job' | 'chain',
  where: number | string,
): Promise<{ id: number; version: number; configHash: string } | null> {
  const column = typeof where === 'number' ? 'id' : 'name';
  return tx.get(`select id, version, config_hash as configHash from s_${kind} where ${column} = ?${tx.forUpdate}`, [
    where,
  ]);
}

/** A person made it in the page: a restart with other definitions in code does not stop it. */
export async function markMadeHere(tx: SqlTx, kind: 'job' | 'chain', id: number): Promise<void> {
  await tx.run(`update s_${kind} set made_here = 1 where id = ?`, [id]);
}

/** The same of many jobs. */
export async function markJobsMadeHere(tx: SqlTx, jobIds: readonly number[]): Promise<void> {
  for (let from = 0; from < jobIds.length; from += READ_AT_ONCE) {
    const part = jobIds.slice(from, from + READ_AT_ONCE);
    await tx.run(`update s_job set made_here = 1 where id in (${marks(part)})`, part);
  }
}

export async function childrenOf(
  db: SqlReader,
  jobName: string,
): Promise<{ jobId: number; name: string; on: string }[]> {
  return db.all(
    `select c.child_job_id as jobId, j.name, c.fires_on as "on" from s_child_job c join s_job j on j.id = c.child_job_id
      where c.parent_name = ? order by j.name limit 1000`,
    [jobName],
  );
}

const marks = (list: readonly unknown[]): string => list.map(() => '?').join(', ');
