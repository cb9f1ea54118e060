import type { GlueType } from '../../../shared/protocol/glue-types.ts';
import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

export interface ScriptRow {
  readonly version: number;
  readonly glueType: GlueType;
  /** Of the text in UTF-8. */
  readonly bytes: number;
  /** Of the text, hex. */
  readonly sha256: string;
  readonly remark: string;
  readonly savedBy: string;
  /** Rises from version to version, so it stands for one on the wire. */
  readonly savedAt: number;
}
export type ScriptWithText = ScriptRow & { readonly source: string };

const COLUMNS = `version, glue_type as glueType, octet_length(source) as bytes, sha256, remark, saved_by as savedBy,
  saved_at as savedAt`;

/** The newest first, without their texts (primary key). */
export async function scriptsOf(db: SqlReader, jobId: number): Promise<ScriptRow[]> {
  return db.all(`select ${COLUMNS} from s_script where job_id = ? order by version desc`, [jobId]);
}

/** Ask with the job locked when the next version depends on it. */
export async function newestScript(db: SqlReader, jobId: number): Promise<ScriptWithText | null> {
  return db.get(`select ${COLUMNS}, source from s_script where job_id = ? order by version desc limit 1`, [jobId]);
}

export async function scriptVersion(db: SqlReader, jobId: number, version: number): Promise<ScriptWithText | null> {
  return db.get(`select ${COLUMNS}, source from s_script where job_id = ? and version = ?`, [jobId, version]);
}

export async function insertScript(tx: SqlTx, jobId: number, script: Omit<ScriptWithText, 'bytes'>): Promise<void> {
  await tx.run(
    `insert into s_script (job_id, version, glue_type, source, sha256, remark, saved_by, saved_at)
      values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      jobId,
      script.version,
      script.glueType,
      script.source,
      script.sha256,
      script.remark,
      script.savedBy,
      script.savedAt,
    ],
  );
}

/** Deletes versions up to this one, but those that an open run has (index s_open_run_job). */
export async function deleteScriptsUpTo(tx: SqlTx, jobId: number, version: number): Promise<void> {
  await tx.run(
    `delete from s_script where job_id = ? and version <= ? and version not in
      (select s.version from s_open_run o join s_run_script s on s.run_id = o.run_id where o.job_id = ?)`,
    [jobId, version, jobId],
  );
}

/**
 * Gives a run the newest script of its job, unless it has one. Returns the version that it has, or null: its job has no
 * script of that type. Its caller has locked the job.
 */
export async function giveScript(
  tx: SqlTx,
  run: { readonly id: number; readonly jobId: number },
  glueType: string,
): Promise<number | null> {
  const given = await scriptVersionOfRun(tx, run.id);
  if (given !== null) return given;
  const newest = await newestScript(tx, run.jobId);
  if (newest?.glueType !== glueType) return null;
  await tx.run(`insert into s_run_script (run_id, version) values (?, ?)`, [run.id, newest.version]);
  return newest.version;
}

export async function scriptVersionOfRun(db: SqlReader, runId: number): Promise<number | null> {
  const row = await db.get<{ version: number }>(`select version from s_run_script where run_id = ?`, [runId]);
  return row?.version ?? null;
}

/** The script that all shards and tries of a run get, or null. */
export async function scriptOfRun(
  db: SqlReader,
  run: { readonly id: number; readonly jobId: number },
): Promise<ScriptWithText | null> {
  const version = await scriptVersionOfRun(db, run.id);
  return version === null ? null : scriptVersion(db, run.jobId, version);
}
