import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

/** A run that waits for a file, and what was last seen of it. */
export interface AwaitedInputRow {
  readonly runId: number;
  readonly jobId: number;
  readonly path: string;
  readonly nextLookAt: number;
  readonly seenSize: number | null;
  readonly seenChangedAt: number | null;
  readonly stillSince: number | null;
  readonly lateAt: number | null;
  readonly lateTold: number;
}

const COLUMNS = `run_id as runId, job_id as jobId, path, next_look_at as nextLookAt, seen_size as seenSize,
  seen_changed_at as seenChangedAt, still_since as stillSince, late_at as lateAt, late_told as lateTold`;

export async function insertAwaitedInput(
  tx: SqlTx,
  awaited: { readonly runId: number; readonly jobId: number; readonly path: string; readonly lateAt: number | null },
): Promise<void> {
  await tx.run(`insert into s_awaited_input (run_id, job_id, path, next_look_at, late_at) values (?, ?, ?, ?, ?)`, [
    awaited.runId,
    awaited.jobId,
    awaited.path,
    tx.nowMs,
    awaited.lateAt,
  ]);
}

/** All of them; there are as many as runs that wait for a file. */
export async function awaitedInputs(db: SqlReader): Promise<AwaitedInputRow[]> {
  return db.all(`select ${COLUMNS} from s_awaited_input order by next_look_at, run_id`);
}

/** Ask with the run locked. */
export async function awaitedInput(db: SqlReader, runId: number): Promise<AwaitedInputRow | null> {
  return db.get(`select ${COLUMNS} from s_awaited_input where run_id = ?`, [runId]);
}

export type SeenInput = Pick<AwaitedInputRow, 'nextLookAt' | 'seenSize' | 'seenChangedAt' | 'stillSince' | 'lateTold'>;

export async function noteSeenInput(tx: SqlTx, runId: number, seen: SeenInput): Promise<void> {
  await tx.run(
    `update s_awaited_input set next_look_at = ?, seen_size = ?, seen_changed_at = ?, still_since = ?, late_told = ?
      where run_id = ?`,
    [seen.nextLookAt, seen.seenSize, seen.seenChangedAt, seen.stillSince, seen.lateTold, runId],
  );
}

export async function deleteAwaitedInput(tx: SqlTx, runId: number): Promise<void> {
  await tx.run(`delete from s_awaited_input where run_id = ?`, [runId]);
}

export interface RunInput {
  readonly path: string;
  readonly bytes: number;
  readonly changedAtMs: number;
  readonly sha256: string;
}

/**
 * Enters a run in the book as the taker of this content, unless another one of the job is there: the unique key decides,
 * so of two that find it at once one waits for the other. Returns who has it.
 */
export async function takeContent(tx: SqlTx, jobId: number, runId: number, input: RunInput): Promise<number> {
  await tx.insertRows(
    {
      table: 's_taken_input',
      columns: ['job_id', 'content_hash', 'run_id', 'path', 'bytes', 'taken_at'],
      onConflict: 'ignore',
    },
    [[jobId, input.sha256, runId, input.path, input.bytes, tx.nowMs]],
  );
  const row = await tx.get<{ runId: number }>(
    `select run_id as runId from s_taken_input where job_id = ? and content_hash = ?`,
    [jobId, input.sha256],
  );
  if (row === null) throw new Error(`nobody has content ${input.sha256} of job ${jobId} that was just taken`);
  return row.runId;
}

export async function giveInput(tx: SqlTx, runId: number, input: RunInput): Promise<void> {
  await tx.run(`insert into s_run_input (run_id, path, bytes, changed_at, content_hash) values (?, ?, ?, ?, ?)`, [
    runId,
    input.path,
    input.bytes,
    input.changedAtMs,
    input.sha256,
  ]);
}

/** The file that a run was given, or null. */
export async function runInput(db: SqlReader, runId: number): Promise<RunInput | null> {
  return db.get(
    `select path, bytes, changed_at as changedAtMs, content_hash as sha256 from s_run_input where run_id = ?`,
    [runId],
  );
}

/** The runs of which this one is a rerun, the nearest first. */
export async function lineOfRun(db: SqlReader, rerunOf: number | null): Promise<number[]> {
  const line: number[] = [];
  for (let runId = rerunOf; runId !== null && !line.includes(runId); ) {
    line.push(runId);
    const row = await db.get<{ rerunOf: number | null }>(`select rerun_of as rerunOf from s_run where id = ?`, [runId]);
    runId = row?.rerunOf ?? null;
  }
  return line;
}
