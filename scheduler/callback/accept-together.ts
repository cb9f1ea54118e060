import { messageOf } from '../../shared/errors.ts';
import { type CallbackMessage, CODE_SUCCESS } from '../../shared/protocol/wire.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarms } from '../alarm/raise-alarm.ts';
import type { Job } from '../definition/job-definition.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedJobs } from '../storage/definition-cache.ts';
import {
  endLoneAttempts,
  type LoneAttempt,
  lockLoneAttempts,
  type ReportedAttempt,
} from '../storage/sql/many-results-queries.ts';
import { countVerdict, isSettledBefore, readOutcome } from './accept-callback.ts';

/** A result with what is known of its attempt before anything is locked. */
export interface KnownResult {
  readonly message: CallbackMessage;
  readonly known: ReportedAttempt;
}

/**
 * Takes in one transaction what ends a run and nothing else: successes of the only shard of a run without a chain, hooks,
 * children, slices to be told or a stop. What one by one is ten statements and a commit for each, 2 to 3 ms on MariaDB, is
 * then a dozen for all of them. Returns the log ids that are through; everything that asks for more, and everything when
 * the store does not take it, is left to `acceptCallback`: both lead to the same rows, under the same locks.
 */
export async function acceptTogether(
  ctx: SchedulerContext,
  results: readonly KnownResult[],
): Promise<ReadonlySet<number>> {
  const through = new Set<number>();
  const open = results.filter(({ message, known }) => {
    if (!isSettledBefore(known)) return true;
    // Its end never changes, so a repeat, of which there are thousands after an outage, costs no lock.
    countVerdict(ctx, message, 'repeated');
    through.add(message.logId);
    return false;
  });
  const candidates = new Map(firstSuccesses(open).map((result) => [result.message.logId, result]));
  // One alone costs the same either way.
  if (candidates.size < 2) return through;
  try {
    const { taken, effects } = await ctx.store.transaction('accept-callbacks', async (tx) => {
      const effects = newEffects();
      return { taken: await take(tx, candidates, effects), effects };
    });
    ctx.apply(effects);
    for (const { message } of taken) through.add(message.logId);
    for (const { message } of open) {
      if (!through.has(message.logId)) continue;
      countVerdict(ctx, message, candidates.get(message.logId)?.message === message ? 'taken' : 'repeated');
    }
  } catch (error) {
    ctx.logger.warn({ why: messageOf(error), results: candidates.size }, 'results are taken one by one');
  }
  return through;
}

/**
 * Of several results of one attempt the first counts, whatever it says. And a success that comes behind a failure of its
 * job is taken after it: it closes the alarm that the failure raises.
 */
function firstSuccesses(results: readonly KnownResult[]): KnownResult[] {
  const seen = new Set<number>();
  const failedJobs = new Set<number>();
  return results.filter(({ message, known }) => {
    const isFirst = !seen.has(message.logId);
    seen.add(message.logId);
    if (readOutcome(message).code !== CODE_SUCCESS) failedJobs.add(known.jobId);
    return isFirst && !failedJobs.has(known.jobId);
  });
}

async function take(
  tx: SqlTx,
  candidates: ReadonlyMap<number, KnownResult>,
  effects: Effects,
): Promise<readonly KnownResult[]> {
  const lone = await lockLoneAttempts(
    tx,
    [...candidates.values()].map(({ known }) => known),
  );
  const jobs = await cachedJobs(tx, lone);
  const plain = lone.filter(({ configHash }) => endsAlone(jobs.get(configHash)));
  if (plain.length === 0) return [];
  const taken = plain.map(({ logId }) => candidates.get(logId) as KnownResult);
  await endLoneAttempts(
    tx,
    taken.map(({ message, known }) => ({ ...readOutcome(message), logId: known.logId, runId: known.runId })),
  );
  await closeAlarmsOf(tx, plain);
  // A later run of the job, or of a group with a limit, may have waited for one of them, or a shard for room.
  effects.wakes.add('dispatch-ready-shards');
  effects.counts.push((metrics) => {
    metrics.shardsEnded.add(plain.length, { state: 'succeeded' });
    metrics.runsEnded.add(plain.length, { state: 'succeeded' });
  });
  return taken;
}

/** Whether its definition has anything follow: hooks, slices that are told later, or a delay that begins with its end. */
const endsAlone = (job: Job | undefined): boolean =>
  job !== undefined &&
  job.beforeRun === null &&
  job.afterRun === null &&
  !job.tellsSettled &&
  job.schedule.kind !== 'fixed_delay';

/** As for one run that has succeeded. */
async function closeAlarmsOf(tx: SqlTx, runs: readonly LoneAttempt[]): Promise<void> {
  const subjects = runs.map(({ runId }) => ({ subjectKind: 'run', subjectId: runId }) as const);
  await closeAlarms(tx, 'RUN_SLOW', subjects);
  await closeAlarms(tx, 'RUN_LOST', subjects);
  await closeAlarms(
    tx,
    'RUN_FAILED',
    runs.map(({ jobId }) => ({ subjectKind: 'job', subjectId: jobId }) as const),
  );
}
