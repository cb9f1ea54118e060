import type { Logger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createVolunteer, type Volunteer } from '../slice/volunteer.ts';
import type { WorkingRuns } from '../slice/working-runs.ts';
import type { MoneyContext } from './money-context.ts';
import { workDebits } from './run-debit-shard.ts';

/** A money engine's process as a volunteer: for debit runs of its downstream, of the chain run that is on. */
export function createDebitVolunteer(options: {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly working: WorkingRuns;
  /** Null until the downstream has stated its capabilities. */
  readonly context: () => MoneyContext | null;
  readonly name: string;
}): Volunteer {
  const { store, runtime, logger, working } = options;
  // One name per process: two volunteers of one address must not take each other's leases for their own.
  const owner = `${options.name}#${runtime.random.ulid()}`;
  return createVolunteer({
    store,
    runtime,
    logger,
    mayHelp(run) {
      const context = options.context();
      if (context === null || run.downstreamId !== context.downstreamId || !context.jobs.has(run.jobName)) return false;
      const { current } = context;
      return !working.has(run.runId) && (current === null || run.chainRunId === current.chainRunId);
    },
    async help(run, { signal, log }) {
      const context = options.context();
      const job = context?.jobs.get(run.jobName);
      if (!context || !job) return;
      const { runId, chainRunId, jobName, group, businessDate, cutOffAt } = run;
      const facts = { runId, chainRunId, jobName, group, businessDate, cutOffAt };
      await workDebits(context, job, { facts, shardIndex: null, owner, signal, log });
    },
  });
}
