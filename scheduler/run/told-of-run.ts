import type { SqlReader } from '../../shared/sql/sql.ts';
import { judgeTold } from '../callback/told-totals.ts';
import type { Job } from '../definition/job-definition.ts';
import { resumedRunId } from '../storage/sql/run-line-queries.ts';
import { type RunRow, runById } from '../storage/sql/run-queries.ts';
import type { ToldState } from './run-transitions.ts';

/** The row that holds what was told of a run: its own, or, of a resumed one, that of the run whose work it goes on with. */
export async function toldRowOf(db: SqlReader, run: RunRow): Promise<RunRow> {
  const first = await resumedRunId(db, run);
  return (first === null ? null : await runById(db, first)) ?? run;
}

/** How far the run is settled by what was told. */
export async function toldOf(
  db: SqlReader,
  run: RunRow,
  job: Job,
): Promise<{ readonly told: ToldState; readonly mismatch: string | null }> {
  if (!job.tellsSettled) return { told: 'none_expected', mismatch: null };
  // A run that resumes none is judged as its caller has it: locked, and with what it is about to write.
  return judgeTold(await toldRowOf(db, run));
}
