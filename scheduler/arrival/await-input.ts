import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Arrival, Job } from '../definition/job-definition.ts';
import { insertAwaitedInput } from '../storage/sql/input-queries.ts';
import { setRunWait } from '../storage/sql/waiting-run-queries.ts';
import { inputPath } from './input-path.ts';

/** Makes a new run wait for its file, in the transaction that makes the run. */
export async function awaitInput(
  tx: SqlTx,
  runId: number,
  job: Job,
  arrival: Arrival,
  fire: { readonly businessDate: string; readonly plannedAtMs: number },
): Promise<void> {
  const path = inputPath(arrival.path, { ...fire, zone: zoneOf(job) });
  const lateAt = arrival.lateAfterMs === null ? null : fire.plannedAtMs + arrival.lateAfterMs;
  await insertAwaitedInput(tx, { runId, jobId: job.id, path, lateAt });
  await setRunWait(tx, runId, 'input', `waits for ${path}`);
}

/** In which its dates are told: as for its business date. */
export const zoneOf = (job: Pick<Job, 'businessDate' | 'schedule'>): string =>
  job.businessDate.zone ?? (job.schedule.kind === 'cron' ? job.schedule.zone : 'UTC');
