import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { Scheduled } from './fire-queries.ts';

/** A schedule at work. A sweep has the chain run that bounds it, every other one 0. */
export interface ScheduleRow extends Scheduled {
  readonly chainRunId: number;
  readonly configHash: string;
  /** The first instant that nobody has decided on yet; null while a delay waits for the end of a run. */
  readonly nextAt: number | null;
}

const COLUMNS = `job_id as jobId, chain_id as chainId, chain_run_id as chainRunId, config_hash as configHash,
  next_at as nextAt`;

export type DueSchedule = ScheduleRow & { readonly nextAt: number };

/** Schedules with an instant up to this one, the earliest first, after the one given (index s_schedule_next). */
export async function dueSchedules(
  db: SqlReader,
  upToMs: number,
  limit: number,
  after: DueSchedule | null = null,
): Promise<DueSchedule[]> {
  const { nextAt, jobId, chainId, chainRunId } = after ?? { nextAt: 0, jobId: -1, chainId: 0, chainRunId: 0 };
  return db.all(
    `select ${COLUMNS} from s_schedule where next_at >= ? and next_at <= ? and (next_at > ? or job_id > ?
        or (job_id = ? and (chain_id > ? or (chain_id = ? and chain_run_id > ?))))
      order by next_at, job_id, chain_id, chain_run_id limit ${limit}`,
    [nextAt, upToMs, nextAt, jobId, jobId, chainId, chainId, chainRunId],
  );
}

// One text for every call: the last row is asked for again and again where there are fewer.
const KEYS = 50;

/** Locks those of these schedules whose cursor still stands where it was seen, and that nobody else has just now. */
export async function lockUnmoved(tx: SqlTx, seen: readonly DueSchedule[]): Promise<DueSchedule[]> {
  const one = '(job_id = ? and chain_id = ? and chain_run_id = ? and next_at = ?)';
  const locked: DueSchedule[] = [];
  for (let at = 0; at < seen.length; at += KEYS) {
    const part = Array.from({ length: KEYS }, (_, i) => seen[Math.min(at + i, seen.length - 1)] as DueSchedule);
    const rows = await tx.all<DueSchedule>(
      `select ${COLUMNS} from s_schedule where ${Array.from({ length: KEYS }, () => one).join(' or ')}
        order by job_id, chain_id, chain_run_id${tx.forUpdateSkipLocked}`,
      part.flatMap(({ jobId, chainId, chainRunId, nextAt }) => [jobId, chainId, chainRunId, nextAt]),
    );
    locked.push(...rows);
  }
  return locked;
}

/** Moves cursors on from where they were decided on. Throws when one was not there: nothing of it may be committed. */
export async function moveCursors(
  tx: SqlTx,
  moves: readonly { readonly from: DueSchedule; readonly nextAt: number | null }[],
): Promise<void> {
  const moved = await tx.updateRows(
    { table: 's_schedule', key: ['job_id', 'chain_id', 'chain_run_id', 'next_at'], set: ['next_at'] },
    moves.map(({ from, nextAt }) => [from.jobId, from.chainId, from.chainRunId, from.nextAt, nextAt]),
  );
  if (moved !== moves.length) throw new Error(`${moves.length - moved} cursors were moved by another scheduler`);
}

/** Takes away schedules that have come to their end, from where they were decided on. Throws as `moveCursors` does. */
export async function deleteEnded(tx: SqlTx, ended: readonly DueSchedule[]): Promise<void> {
  const deleted = await tx.deleteRows(
    { table: 's_schedule', key: ['job_id', 'chain_id', 'chain_run_id', 'next_at'] },
    ended.map(({ jobId, chainId, chainRunId, nextAt }) => [jobId, chainId, chainRunId, nextAt]),
  );
  if (deleted !== ended.length) throw new Error(`${ended.length - deleted} schedules were moved by another scheduler`);
}

/** The schedule of the job or chain itself, locked. */
export const lockSchedule = (tx: SqlTx, of: Scheduled): Promise<ScheduleRow | null> =>
  scheduleUnder(tx, of, tx.forUpdate);

/** The same, or null also when somebody else has it just now. */
export const pickSchedule = (tx: SqlTx, of: Scheduled): Promise<ScheduleRow | null> =>
  scheduleUnder(tx, of, tx.forUpdateSkipLocked);

const scheduleUnder = (tx: SqlTx, of: Scheduled, lock: string): Promise<ScheduleRow | null> =>
  tx.get(`select ${COLUMNS} from s_schedule where job_id = ? and chain_id = ? and chain_run_id = 0${lock}`, [
    of.jobId,
    of.chainId,
  ]);

const ownOf = (jobIds: readonly number[]): string =>
  `job_id in (${jobIds.map(() => '?').join(', ')}) and chain_id = 0 and chain_run_id = 0`;

/** Those of these jobs that have one, locked in the order of their ids. */
export const lockSchedules = (tx: SqlTx, jobIds: readonly number[]): Promise<ScheduleRow[]> =>
  schedulesUnder(tx, jobIds, tx.forUpdate);

/** The same without those that somebody else has just now. */
export const pickSchedules = (tx: SqlTx, jobIds: readonly number[]): Promise<ScheduleRow[]> =>
  schedulesUnder(tx, jobIds, tx.forUpdateSkipLocked);

async function schedulesUnder(tx: SqlTx, jobIds: readonly number[], lock: string): Promise<ScheduleRow[]> {
  if (jobIds.length === 0) return [];
  return tx.all(`select ${COLUMNS} from s_schedule where ${ownOf(jobIds)} order by job_id${lock}`, [...jobIds]);
}

/** Which of these jobs have one, whoever has it. */
export async function schedulesOf(db: SqlReader, jobIds: readonly number[]): Promise<number[]> {
  if (jobIds.length === 0) return [];
  const rows = await db.arrays(`select job_id from s_schedule where ${ownOf(jobIds)}`, [...jobIds]);
  return rows.map(([jobId]) => Number(jobId));
}

export async function scheduleOf(db: SqlReader, of: Scheduled): Promise<ScheduleRow | null> {
  return db.get(`select ${COLUMNS} from s_schedule where job_id = ? and chain_id = ? and chain_run_id = 0`, [
    of.jobId,
    of.chainId,
  ]);
}

export async function insertSchedule(
  tx: SqlTx,
  of: Scheduled,
  schedule: Pick<ScheduleRow, 'configHash' | 'nextAt'>,
): Promise<void> {
  await tx.run(`insert into s_schedule (job_id, chain_id, chain_run_id, config_hash, next_at) values (?, ?, 0, ?, ?)`, [
    of.jobId,
    of.chainId,
    schedule.configHash,
    schedule.nextAt,
  ]);
}

type JobSchedule = Pick<ScheduleRow, 'jobId' | 'configHash' | 'nextAt'>;

/** Schedules of jobs that have none. */
export async function insertSchedules(tx: SqlTx, schedules: readonly JobSchedule[]): Promise<void> {
  await tx.insertRows(
    { table: 's_schedule', columns: ['job_id', 'chain_id', 'chain_run_id', 'config_hash', 'next_at'] },
    schedules.map(({ jobId, configHash, nextAt }) => [jobId, 0, 0, configHash, nextAt]),
  );
}

/** LOCKED schedules go on where they are, by another version of their jobs. */
export async function rehashSchedules(
  tx: SqlTx,
  schedules: readonly Pick<JobSchedule, 'jobId' | 'configHash'>[],
): Promise<void> {
  await tx.updateRows(
    { table: 's_schedule', key: ['job_id', 'chain_id', 'chain_run_id'], set: ['config_hash'] },
    schedules.map(({ jobId, configHash }) => [jobId, 0, 0, configHash]),
  );
}

/** Its row is locked by the caller. */
export async function setSchedule(
  tx: SqlTx,
  of: Scheduled,
  schedule: Pick<ScheduleRow, 'configHash' | 'nextAt'>,
): Promise<void> {
  await tx.run(
    `update s_schedule set config_hash = ?, next_at = ? where job_id = ? and chain_id = ? and chain_run_id = 0`,
    [schedule.configHash, schedule.nextAt, of.jobId, of.chainId],
  );
}

export async function deleteSchedule(tx: SqlTx, of: Scheduled): Promise<void> {
  await tx.run(`delete from s_schedule where job_id = ? and chain_id = ? and chain_run_id = 0`, [of.jobId, of.chainId]);
}

/** Delays without an instant, and without an open run that would set it (index s_schedule_next). */
export async function delaysToArm(db: SqlReader, limit: number, after: Scheduled): Promise<Scheduled[]> {
  return db.all(
    `select job_id as jobId, chain_id as chainId from s_schedule where next_at is null and chain_run_id = 0
       and (job_id > ? or (job_id = ? and chain_id > ?))
       and not exists (select 1 from s_open_run o where o.job_id = s_schedule.job_id and o.chain_run_id is null)
      order by job_id, chain_id limit ${limit}`,
    [after.jobId, after.jobId, after.chainId],
  );
}

/** When the latest run of a job (outside chains) or of a chain ended; `open` while it has not. */
export async function lastRunEnd(db: SqlReader, of: Scheduled): Promise<{ endedAt: number | null } | null> {
  return of.jobId !== 0
    ? db.get(
        `select ended_at as endedAt from s_run where job_id = ? and chain_run_id is null order by id desc limit 1`,
        [of.jobId],
      )
    : db.get(
        `select ended_at as endedAt from s_chain_run where chain_id = ? order by ended_at is null desc,
        ended_at desc limit 1`,
        [of.chainId],
      );
}
