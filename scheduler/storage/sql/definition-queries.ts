import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { Chain } from '../../definition/chain-definition.ts';
import type { Job } from '../../definition/job-definition.ts';

/** Makes `job` the current version; a run keeps the version that it was fired with. Returns whether it is new. */
export async function storeJob(tx: SqlTx, job: Job): Promise<boolean> {
  const current = await tx.get<{ hash: string; version: number }>(
    `select config_hash as hash, version from s_job where id = ?${tx.forUpdate}`,
    [job.id],
  );
  if (current?.hash === job.configHash) return false;
  const namesake = await tx.get<{ id: number }>(`select id from s_job where name = ? and id <> ?`, [job.name, job.id]);
  if (namesake !== null) {
    throw new DaybreakError(
      'CONFIG_INVALID',
      `job "${job.name}" has id ${job.id}, but in this store the name belongs to id ${namesake.id}: keep that id or take another name`,
    );
  }
  const version = (current?.version ?? 0) + 1;
  await tx.insertRows(
    {
      table: 's_job_version',
      columns: ['job_id', 'config_hash', 'version', 'definition', 'created_at'],
      onConflict: 'ignore',
    },
    [[job.id, job.configHash, version, JSON.stringify(job), tx.nowMs]],
  );
  if (current === null) {
    await tx.run(`insert into s_job (id, name, version, config_hash, enabled, updated_at) values (?, ?, ?, ?, ?, ?)`, [
      job.id,
      job.name,
      version,
      job.configHash,
      job.enabled ? 1 : 0,
      tx.nowMs,
    ]);
  } else {
    await tx.run(`update s_job set name = ?, version = ?, config_hash = ?, enabled = ?, updated_at = ? where id = ?`, [
      job.name,
      version,
      job.configHash,
      job.enabled ? 1 : 0,
      tx.nowMs,
      job.id,
    ]);
  }
  return true;
}

/** As `storeJob`, for a chain. */
export async function storeChain(tx: SqlTx, chain: Chain): Promise<boolean> {
  const current = await tx.get<{ id: number; hash: string; version: number }>(
    `select id, config_hash as hash, version from s_chain where name = ?${tx.forUpdate}`,
    [chain.name],
  );
  if (current?.hash === chain.configHash) return false;
  const version = (current?.version ?? 0) + 1;
  const chainId =
    current?.id ??
    (await tx.insertReturningId(`insert into s_chain (name, version, config_hash, updated_at) values (?, ?, ?, ?)`, [
      chain.name,
      version,
      chain.configHash,
      tx.nowMs,
    ]));
  await tx.run(`update s_chain set version = ?, config_hash = ?, enabled = ?, updated_at = ? where id = ?`, [
    version,
    chain.configHash,
    chain.enabled ? 1 : 0,
    tx.nowMs,
    chainId,
  ]);
  await tx.insertRows(
    {
      table: 's_chain_version',
      columns: ['chain_id', 'config_hash', 'version', 'definition', 'created_at'],
      onConflict: 'ignore',
    },
    [[chainId, chain.configHash, version, JSON.stringify(chain), tx.nowMs]],
  );
  return true;
}

// Each is a range of its own to the optimizer: of two lists it would try every pair.
const VERSIONS_AT_ONCE = 200;

/** Jobs as they were when these hashes were current (primary key of s_job_version). */
export async function jobVersions(
  db: SqlReader,
  wanted: readonly { readonly jobId: number; readonly configHash: string }[],
): Promise<Job[]> {
  const found: Job[] = [];
  for (let from = 0; from < wanted.length; from += VERSIONS_AT_ONCE) {
    const part = wanted.slice(from, from + VERSIONS_AT_ONCE);
    const rows = await db.all<{ definition: string }>(
      `select definition from s_job_version
        where ${part.map(() => '(job_id = ? and config_hash = ?)').join(' or ')}`,
      part.flatMap(({ jobId, configHash }) => [jobId, configHash]),
    );
    for (const row of rows) found.push(JSON.parse(row.definition) as Job);
  }
  return found;
}

/** The job as it was when `configHash` was current. */
export async function jobVersion(db: SqlReader, jobId: number, configHash: string): Promise<Job | null> {
  const row = await db.get<{ definition: string }>(
    `select definition from s_job_version where job_id = ? and config_hash = ?`,
    [jobId, configHash],
  );
  return row === null ? null : (JSON.parse(row.definition) as Job);
}

export async function chainVersion(db: SqlReader, chainId: number, configHash: string): Promise<Chain | null> {
  const row = await db.get<{ definition: string }>(
    `select definition from s_chain_version where chain_id = ? and config_hash = ?`,
    [chainId, configHash],
  );
  return row === null ? null : (JSON.parse(row.definition) as Chain);
}

export async function chainIdByName(db: SqlReader, name: string): Promise<number | null> {
  return (await db.get<{ id: number }>(`select id from s_chain where name = ?`, [name]))?.id ?? null;
}

/** Locks the chain's row (one start at a time) and gives its id and current version. */
export async function lockChain(tx: SqlTx, name: string): Promise<{ id: number; configHash: string } | null> {
  return tx.get(`select id, config_hash as configHash from s_chain where name = ?${tx.forUpdate}`, [name]);
}

/** Locks the job's row: overlap is judged and the round counter moved by one scheduler at a time. */
export async function lockJob(tx: SqlTx, jobId: number): Promise<{ configHash: string; roundCounter: number } | null> {
  return tx.get(
    `select config_hash as configHash, round_counter as roundCounter from s_job where id = ?${tx.forUpdate}`,
    [jobId],
  );
}

/** The same, or false also when somebody else has it just now. */
export async function pickJob(tx: SqlTx, jobId: number): Promise<boolean> {
  return (await tx.get(`select id from s_job where id = ?${tx.forUpdateSkipLocked}`, [jobId])) !== null;
}

export async function nextRound(tx: SqlTx, jobId: number): Promise<void> {
  await tx.run(`update s_job set round_counter = round_counter + 1 where id = ?`, [jobId]);
}

export async function jobIdsByName(db: SqlReader, names: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.all<{ id: number; name: string }>(
    `select id, name from s_job where name in (${names.map(() => '?').join(', ')})`,
    [...names],
  );
  return new Map(rows.map((row) => [row.name, row.id]));
}

/** The job as it is now: what a fire takes. */
export async function currentJob(db: SqlReader, where: { id: number } | { name: string }): Promise<Job | null> {
  const [column, value] = 'id' in where ? (['id', where.id] as const) : (['name', where.name] as const);
  const row = await db.get<{ definition: string }>(
    `select v.definition from s_job j join s_job_version v on v.job_id = j.id and v.config_hash = j.config_hash
      where j.${column} = ?`,
    [value],
  );
  return row === null ? null : (JSON.parse(row.definition) as Job);
}

/** Every job that is not stopped, as it is now. */
export async function enabledJobs(db: SqlReader): Promise<Job[]> {
  const rows = await db.all<{ definition: string }>(
    `select v.definition from s_job j join s_job_version v on v.job_id = j.id and v.config_hash = j.config_hash
      where j.enabled = 1 order by j.id`,
  );
  return rows.map((row) => JSON.parse(row.definition) as Job);
}

/** As `enabledJobs`, for chains. */
export async function enabledChains(db: SqlReader): Promise<Chain[]> {
  const rows = await db.all<{ definition: string }>(
    `select v.definition from s_chain c join s_chain_version v on v.chain_id = c.id and v.config_hash = c.config_hash
      where c.enabled = 1 order by c.id`,
  );
  return rows.map((row) => JSON.parse(row.definition) as Chain);
}

/** Names of jobs and of chains that people made over the API of the admin: they stand in no code. */
export async function madeHere(db: SqlReader): Promise<{ jobs: ReadonlySet<string>; chains: ReadonlySet<string> }> {
  const namesIn = async (table: 's_job' | 's_chain') =>
    new Set((await db.all<{ name: string }>(`select name from ${table} where made_here = 1`)).map(({ name }) => name));
  return { jobs: await namesIn('s_job'), chains: await namesIn('s_chain') };
}
