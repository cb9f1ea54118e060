import { type CallbackMessage, CODE_FAIL, CODE_SUCCESS } from '../../shared/protocol/wire.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { type Effects, newEffects } from '../effects.ts';
import { transitExecutor } from '../registry/executor-liveness.ts';
import { concludeRun } from '../run/conclude-run.ts';
import { loseShard, type Outcome, settleShard } from '../run/settle-shard.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { isShardEnded } from '../shard/shard-transitions.ts';
import { type AttemptRow, attemptById } from '../storage/sql/attempt-queries.ts';
import { jobVersion } from '../storage/sql/definition-queries.ts';
import { executorById, moveExecutor } from '../storage/sql/executor-queries.ts';
import { deleteKillOrder } from '../storage/sql/kill-queries.ts';
import { lockRun } from '../storage/sql/run-queries.ts';
import { shardAt } from '../storage/sql/shard-queries.ts';

export type CallbackVerdict = 'taken' | 'repeated' | 'stale' | 'unknown';

/**
 * Takes the result of one attempt: outcome, fold, milestone and children in ONE transaction, with the run's row
 * locked first. A result of an older attempt, or one that came before, is counted and changes nothing.
 */
export async function acceptCallback(ctx: SchedulerContext, message: CallbackMessage): Promise<CallbackVerdict> {
  // An attempt never changes its run, so this may be read before the lock; what may change is read after it.
  const known = await ctx.store.read('find-attempt', (db) => attemptById(db, message.logId));
  if (known === null) return countVerdict(ctx, message, 'unknown');
  if (isSettledBefore(known)) return countVerdict(ctx, message, 'repeated');
  const { verdict, effects } = await ctx.store.transaction('accept-callback', async (tx) => {
    const effects = newEffects();
    return { verdict: await take(tx, ctx, known.runId, message, effects), effects };
  });
  ctx.apply(effects);
  return countVerdict(ctx, message, verdict);
}

async function take(
  tx: SqlTx,
  ctx: SchedulerContext,
  runId: number,
  message: CallbackMessage,
  effects: Effects,
): Promise<CallbackVerdict> {
  const run = await lockRun(tx, runId);
  const attempt = await attemptById(tx, message.logId);
  if (run === null || attempt === null) return 'unknown';
  const shard = await shardAt(tx, runId, attempt.shardIndex);
  const job = await jobVersion(tx, run.jobId, run.configHash);
  if (shard === null || job === null) return 'unknown';
  // Whatever it says: it has ended, and need not be told to stop.
  if (attempt.endedAt !== null) await deleteKillOrder(tx, attempt.id);
  if (isReported(attempt)) return 'repeated';
  // The fence: only the attempt that holds the shard speaks for it.
  if (shard.logId !== attempt.id || isShardEnded(shard.state)) return 'stale';
  const outcome = readOutcome(message);
  if (shard.state === 'ready' && outcome.code !== CODE_SUCCESS) return 'stale';
  if (outcome.code !== CODE_SUCCESS && (await isStopping(tx, attempt, outcome))) {
    await loseShard(tx, { attempt, shard, job }, outcome.message ?? 'its executor is being stopped', effects);
  } else {
    await settleShard(tx, ctx, { attempt, shard, job, outcome }, effects);
  }
  await concludeRun(tx, ctx, run, job, effects);
  return 'taken';
}

/** Its result was taken, and nobody waits to hear from it any more. */
export const isSettledBefore = (attempt: Pick<AttemptRow, 'state' | 'deadlineAt' | 'endedAt'>): boolean =>
  isReported(attempt) && !wasExpired(attempt);

const isReported = ({ state }: Pick<AttemptRow, 'state'>): boolean => state === 'succeeded' || state === 'failed';

/** The scheduler ended it, and may still be telling its executor to stop: the first thing that it says ends that. */
const wasExpired = ({ deadlineAt, endedAt }: Pick<AttemptRow, 'deadlineAt' | 'endedAt'>): boolean =>
  deadlineAt !== null && endedAt !== null && endedAt >= deadlineAt;

/** The result fields of all generations; a code of 0 or less is a result that was lost on the way. */
export function readOutcome(message: CallbackMessage): Outcome {
  const code = message.handleCode ?? message.executeResult?.code ?? 0;
  const words = message.handleMsg ?? message.executeResult?.msg ?? null;
  if (code <= 0) return { code: CODE_FAIL, message: words ?? 'job handle result lost.', result: null };
  return { code, message: words, result: message.result ?? null };
}

// What peers say of an attempt that they end because they are being stopped.
const NODE_STOPS = 'web container destroy and kill the job.';

/** A failure from a node that is being stopped is the stop's, not the handler's: another node tries it, at no cost. */
async function isStopping(tx: SqlTx, attempt: AttemptRow, outcome: Outcome): Promise<boolean> {
  const executor = await executorById(tx, attempt.executorId);
  if (executor === null || executor.incarnation !== attempt.incarnation) return false;
  if (outcome.message?.startsWith(NODE_STOPS) !== true) return executor.state === 'draining';
  const verdict = transitExecutor(executor.state, { kind: 'unregistered' });
  if (verdict.kind === 'moved') await moveExecutor(tx, executor, verdict.to);
  return true;
}

export function countVerdict(
  ctx: SchedulerContext,
  message: CallbackMessage,
  verdict: CallbackVerdict,
): CallbackVerdict {
  ctx.metrics.callbacks.add(1, { verdict });
  const facts = { logId: message.logId, verdict, handleCode: message.handleCode };
  if (verdict === 'unknown') ctx.logger.warn(facts, 'a result changed nothing');
  // The fence at work: every chain run that ends while a sweep is on its way has such a result, and nobody need look.
  if (verdict === 'stale') ctx.logger.info(facts, 'a result changed nothing');
  return verdict;
}
