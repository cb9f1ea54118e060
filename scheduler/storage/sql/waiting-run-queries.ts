import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { EarlierRun } from '../../run/block-policy.ts';
import type { WaitsFor } from '../../run/judge-waiting.ts';

export interface WaitingRunRow {
  readonly runId: number;
  readonly jobId: number;
  readonly configHash: string;
  readonly appName: string;
  /** 1 is first. */
  readonly priority: number;
  readonly waitsFor: WaitsFor | null;
  readonly reason: string | null;
  readonly createdAt: number;
}

/** Runs that wait, but not for their input: that has a body of its own. Through the small table of open runs. */
export async function waitingRuns(db: SqlReader): Promise<WaitingRunRow[]> {
  return db.all(
    `select o.run_id as runId, o.job_id as jobId, r.config_hash as configHash, o.app_name as appName, o.priority,
       r.waits_for as waitsFor, r.reason, r.created_at as createdAt
       from s_open_run o join s_run r on r.id = o.run_id
      where r.state = 'waiting' and (r.waits_for is null or r.waits_for <> 'input') order by o.run_id`,
  );
}

/** Open runs of the job that were made before this one (index s_open_run_job). Ask with the job's row locked. */
export async function earlierRuns(db: SqlReader, jobId: number, runId: number): Promise<EarlierRun[]> {
  return db.all(
    `select o.run_id as runId, r.state from s_open_run o join s_run r on r.id = o.run_id
      where o.job_id = ? and o.run_id < ? order by o.run_id`,
    [jobId, runId],
  );
}

/** Says what a run waits for, in a word and in words; nothing is written when it says so already. */
export async function setRunWait(
  tx: SqlTx,
  runId: number,
  waitsFor: WaitsFor | null,
  reason: string | null,
): Promise<void> {
  await tx.run(
    `update s_run set waits_for = ?, reason = ?
      where id = ? and (coalesce(waits_for, '') <> ? or coalesce(reason, '') <> ?)`,
    [waitsFor, reason, runId, waitsFor ?? '', reason ?? ''],
  );
}
