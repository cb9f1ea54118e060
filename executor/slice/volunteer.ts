import type { Logger } from '../../shared/logger.ts';
import { createLoop } from '../../shared/runtime/loop.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { RunLog } from '../handler/handler-context.ts';

/** A frozen run that attempts work on just now, somewhere. */
export interface OpenRun {
  readonly runId: number;
  readonly chainRunId: number | null;
  readonly jobName: string;
  readonly group: string;
  readonly downstreamId: number;
  readonly businessDate: string;
  readonly cutOffAt: number | null;
}

export interface VolunteerOptions {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Which of the open runs this process may help with: it knows the job, and has no shard of the run itself. */
  readonly mayHelp: (run: OpenRun) => boolean;
  /** Works slices of the run until there are none to take. */
  readonly help: (run: OpenRun, how: { readonly signal: AbortSignal; readonly log: RunLog }) => Promise<unknown>;
  /** ms between two looks. Default 1,000. */
  readonly lookMs?: number;
}

export interface Volunteer {
  start(): void;
  /** One look by hand: helps with each open run in turn, the oldest first. */
  look(signal: AbortSignal): Promise<{ readonly helped: number }>;
  /** The next look is now: something has begun. */
  wake(): void;
  /** Gives slices back at their cursors. */
  stop(): Promise<void>;
}

/**
 * An executor that shares the store works slices of runs that it was given no shard of. So a node that joins in mid run
 * is used, and the scheduler does not need to know: it sees the run end sooner. What it did stands in slice_lease.
 */
export function createVolunteer(options: VolunteerOptions): Volunteer {
  const { store, runtime, logger } = options;

  async function look(signal: AbortSignal): Promise<{ helped: number }> {
    let helped = 0;
    for (const run of await readOpenRuns(store)) {
      signal.throwIfAborted();
      if (!options.mayHelp(run)) continue;
      helped += 1;
      await options.help(run, { signal, log: logOf(logger, run) });
    }
    return { helped };
  }

  const loop = createLoop({ name: 'volunteer', body: look, intervalMs: options.lookMs ?? 1_000, runtime, logger });
  return { look, start: () => loop.start(), wake: () => loop.wake(), stop: () => loop.stop(false) };
}

/** By the index on open_until: runs that are over lie below it. */
export function readOpenRuns(store: SqlStore): Promise<readonly OpenRun[]> {
  return store.read('find-open-runs', async (db) => {
    const rows = await db.arrays(
      `select run_id, chain_run_id, job, group_name, downstream_id, business_date, cut_off_at from slice_run
       where open_until >= ? and state = 'frozen' and throttled_why is null order by run_id limit 100`,
      [db.nowMs],
    );
    return rows.map((row) => ({
      runId: Number(row[0]),
      chainRunId: row[1] === null ? null : Number(row[1]),
      jobName: String(row[2]),
      group: String(row[3]),
      downstreamId: Number(row[4]),
      businessDate: String(row[5]),
      cutOffAt: row[6] === null ? null : Number(row[6]),
    }));
  });
}

function logOf(logger: Logger, run: OpenRun): RunLog {
  const child = logger.child({ runId: run.runId, job: run.jobName });
  return {
    info: (message) => child.info(message),
    warn: (message) => child.warn(message),
    error: (message) => child.error(message),
  };
}
