import type { SqlReader, SqlTx, SqlValue } from '../../../shared/sql/sql.ts';
import type { Job } from '../../definition/job-definition.ts';

// What `storeJob` does for one, for as many as are defined together.

const marksOf = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

export interface CurrentJob {
  readonly jobId: number;
  readonly configHash: string;
  readonly version: number;
}

export interface JobVersion {
  readonly job: Job;
  readonly version: number;
}

/** Locks those of these jobs that are there, in the order of their ids, and gives their current versions. */
export async function lockJobs(tx: SqlTx, jobIds: readonly number[]): Promise<CurrentJob[]> {
  if (jobIds.length === 0) return [];
  return tx.all(
    `select id as jobId, config_hash as configHash, version from s_job where id in (${marksOf(jobIds)})
      order by id${tx.forUpdate}`,
    [...jobIds],
  );
}

/** Which job has each of these names now (unique key of s_job). */
export async function namesTaken(db: SqlReader, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map();
  const rows = await db.all<{ id: number; name: string }>(
    `select id, name from s_job where name in (${marksOf(names)})`,
    [...names],
  );
  return new Map(rows.map(({ id, name }) => [name, id]));
}

const CURRENT = ['name', 'version', 'config_hash', 'enabled', 'updated_at'] as const;
const valuesOf = ({ job, version }: JobVersion, nowMs: number): SqlValue[] => [
  job.id,
  job.name,
  version,
  job.configHash,
  job.enabled ? 1 : 0,
  nowMs,
];

/** Jobs that were never there, with their versions. */
export async function insertJobs(tx: SqlTx, jobs: readonly JobVersion[]): Promise<void> {
  await insertVersions(tx, jobs);
  await tx.insertRows(
    { table: 's_job', columns: ['id', ...CURRENT] },
    jobs.map((job) => valuesOf(job, tx.nowMs)),
  );
}

/** Makes these the current versions of LOCKED jobs. */
export async function updateJobs(tx: SqlTx, jobs: readonly JobVersion[]): Promise<void> {
  await insertVersions(tx, jobs);
  await tx.updateRows(
    { table: 's_job', key: ['id'], set: CURRENT },
    jobs.map((job) => valuesOf(job, tx.nowMs)),
  );
}

/** A definition that comes back has its version already. */
async function insertVersions(tx: SqlTx, jobs: readonly JobVersion[]): Promise<void> {
  await tx.insertRows(
    {
      table: 's_job_version',
      columns: ['job_id', 'config_hash', 'version', 'definition', 'created_at'],
      onConflict: 'ignore',
    },
    jobs.map(({ job, version }): SqlValue[] => [job.id, job.configHash, version, JSON.stringify(job), tx.nowMs]),
  );
}
