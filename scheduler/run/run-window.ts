import type { SqlReader } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import { previousInstant } from '../firing/previous-instant.ts';
import { type Timed, timetableOf } from '../firing/timetable.ts';
import { cachedChain } from '../storage/definition-cache.ts';
import { chainRunById, plannedInstantOf } from '../storage/sql/chain-run-queries.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';

/** What a run is about in time: from the instant of its schedule before its own up to its own, which is not within. */
export interface RunWindow {
  /** Null: its schedule has no instant before. */
  readonly fromMs: number | null;
  readonly toMs: number;
}

/**
 * The window of a run, by the schedule that fired it: a chain's node has its chain's. One that was started by hand ends
 * where it was started; a repeat has the window of what it repeats, because it has its planned instant.
 */
export async function windowOf(db: SqlReader, run: RunRow, job: Job): Promise<RunWindow> {
  if (run.chainRunId === null) return window(db, job, run.plannedAt);
  const chainRun = await chainRunById(db, run.chainRunId);
  const chain = chainRun === null ? null : await cachedChain(db, chainRun.chainId, chainRun.configHash);
  if (chainRun === null || chain === null) return { fromMs: null, toMs: run.plannedAt };
  return window(db, chain, (await plannedInstantOf(db, chainRun.id)) ?? chainRun.createdAt);
}

async function window(db: SqlReader, timed: Timed, toMs: number): Promise<RunWindow> {
  return { fromMs: previousInstant(timed, await timetableOf(db, timed), toMs), toMs };
}
