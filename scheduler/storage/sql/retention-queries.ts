import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

/** Those of some jobs that have more than `keep` runs: one statement for many, since most have not (index s_run_job). */
export async function jobsWithRunsBeyond(db: SqlReader, jobIds: readonly number[], keep: number): Promise<number[]> {
  const found: number[] = [];
  for (let from = 0; from < jobIds.length; from += JOBS) {
    const part = jobIds.slice(from, from + JOBS);
    const rows = await db.all<{ id: number }>(
      `select j.id from s_job j where j.id in (${part.map(() => '?').join(', ')})
         and (select r.id from s_run r where r.job_id = j.id order by r.id desc limit 1 offset ${Math.trunc(keep)}) is not null`,
      part,
    );
    found.push(...rows.map(({ id }) => id));
  }
  return found;
}

const JOBS = 500;

// What a person asked for by a range of dates stays: the backfill counts its dates, and goes on by them.
const IS_BACKFILL = `exists (select 1 from s_fire f where f.id = s_run.fire_id and f.origin = 'backfill')`;

/**
 * Ended runs of a job that are not among its newest `keep`, nor of a backfill, oldest first (index s_run_job); without
 * those that somebody else has locked.
 */
export async function runsBeyond(
  db: SqlTx,
  which: { jobId: number; keep: number; limit: number },
): Promise<{ runId: number; fireId: number }[]> {
  const boundary = await db.get<{ id: number }>(
    `select id from s_run where job_id = ? order by id desc limit 1 offset ${which.keep}`,
    [which.jobId],
  );
  if (boundary === null) return [];
  return db.all(
    `select id as runId, fire_id as fireId from s_run
      where job_id = ? and id <= ? and ended_at is not null and not ${IS_BACKFILL} order by id
      limit ${which.limit}${db.forUpdateSkipLocked}`,
    [which.jobId, boundary.id],
  );
}

// Not s_taken_input: the same content never runs twice, however long ago it ran.
const RUN_TABLES = [
  's_kill_order',
  's_attempt',
  's_shard',
  's_told_slice',
  's_child_link',
  's_run_input',
  's_run_script',
  's_throttled_shard',
  's_run',
] as const;

export async function deleteRuns(tx: SqlTx, runIds: readonly number[]): Promise<void> {
  if (runIds.length === 0) return;
  const marks = runIds.map(() => '?').join(', ');
  for (const table of RUN_TABLES) {
    const column = table === 's_run' ? 'id' : table === 's_child_link' ? 'parent_run_id' : 'run_id';
    await tx.run(`delete from ${table} where ${column} in (${marks})`, [...runIds]);
  }
}

/** Decided fires of a job up to the one whose run was deleted last; the schedule's cursor is long past them. */
export async function deleteFiresBefore(tx: SqlTx, jobId: number, upToFireId: number): Promise<void> {
  // Read first: a delete that looks for its rows locks what it passes, which may be a fire that is being decided.
  for (;;) {
    const rows = await tx.all<{ id: number }>(
      `select id from s_fire where job_id = ? and id <= ? and state not in ('planned', 'held') and origin <> 'backfill'
         and not exists (select 1 from s_run where s_run.fire_id = s_fire.id) order by id limit ${FIRES}`,
      [jobId, upToFireId],
    );
    if (rows.length === 0) return;
    const marks = rows.map(() => '?').join(', ');
    await tx.run(
      `delete from s_fire where id in (${marks})`,
      rows.map(({ id }) => id),
    );
    if (rows.length < FIRES) return;
  }
}

const FIRES = 500;
