import type { SqlTx } from '../../shared/sql/sql.ts';
import { raiseAlarm } from '../alarm/raise-alarm.ts';
import type { BodyReport } from '../clockwork.ts';
import type { Job } from '../definition/job-definition.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { shardInWords } from '../shard/hook-shards.ts';
import { cachedJob } from '../storage/definition-cache.ts';
import {
  type AttemptRow,
  attemptById,
  type LimitedAttempt,
  setWarnAt,
  slowAttempts,
} from '../storage/sql/attempt-queries.ts';
import { pickRun } from '../storage/sql/run-queries.ts';
import { shardAt } from '../storage/sql/shard-queries.ts';
import { attemptLimits, slowAfter } from './attempt-limits.ts';
import { waitsForItsTurn } from './waits-for-its-turn.ts';

/** Tells people of attempts that take long while there is still time to do something: the alarm RUN_SLOW, once per attempt. */
export async function warnOfSlowAttempts(ctx: SchedulerContext): Promise<BodyReport> {
  const slow = await ctx.store.read('list-slow-attempts', slowAttempts);
  await Promise.all(slow.map((attempt) => warnOfOne(ctx, attempt)));
  return {};
}

async function warnOfOne(ctx: SchedulerContext, attempt: LimitedAttempt): Promise<void> {
  const waits = await waitsForItsTurn(ctx.client, attempt);
  const effects = await ctx.store.transaction('warn-of-slow-attempt', async (tx) => {
    const effects = newEffects();
    const run = await pickRun(tx, attempt.runId);
    const held = await attemptById(tx, attempt.logId);
    const shard = held === null ? null : await shardAt(tx, attempt.runId, held.shardIndex);
    const job = run === null ? null : await cachedJob(tx, run.jobId, run.configHash);
    if (held === null || shard === null || job === null) return effects;
    // Asked again under the lock: it may have ended, or another scheduler was here first.
    const stillOut = shard.logId === held.id && shard.state === 'running';
    if (!stillOut || held.warnAt === null || held.warnAt > tx.nowMs) return effects;
    const warnAt = waits ? attemptLimits(job, tx.nowMs, 0).warnAt : null;
    await setWarnAt(tx, held.id, warnAt);
    if (!waits) await tell(tx, held, job, effects);
    return effects;
  });
  ctx.apply(effects);
}

async function tell(tx: SqlTx, attempt: AttemptRow, job: Job, effects: Effects): Promise<void> {
  const { runId, shardIndex, no, address } = attempt;
  const limit = job.timeoutSeconds === 0 ? 'it has no time limit' : `its time limit is ${job.timeoutSeconds} s`;
  const message = `run ${runId} of job "${job.name}": try ${no} of ${shardInWords(shardIndex)} has taken more than ${slowAfter(job)} s on ${address}, and ${limit}`;
  await raiseAlarm(
    tx,
    { kind: 'RUN_SLOW', subjectKind: 'run', subjectId: runId, severity: 'warning', message },
    effects,
  );
}
