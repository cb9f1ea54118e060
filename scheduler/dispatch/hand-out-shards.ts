import type { SqlTx } from '../../shared/sql/sql.ts';
import { assignShards } from '../routing/assign-shards.ts';
import type { LiveExecutor } from '../routing/live-executor.ts';
import { groupInWords } from '../run/judge-waiting.ts';
import { executorsFor } from '../run/split-run.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedJob } from '../storage/definition-cache.ts';
import { attemptById, countSend, insertAttempt } from '../storage/sql/attempt-queries.ts';
import { executorById } from '../storage/sql/executor-queries.ts';
import { peersYetToHear } from '../storage/sql/kill-queries.ts';
import { pickRun } from '../storage/sql/run-queries.ts';
import { handOutShard, heldByExecutor, type ShardRow, setResendAt, shardsDue } from '../storage/sql/shard-queries.ts';
import { setRunWait } from '../storage/sql/waiting-run-queries.ts';
import { ableExecutors } from './able-executors.ts';
import type { Dispatch } from './dispatch.ts';
import { type RunInHand, runRequest } from './run-request.ts';

/** In one transaction; a run with more of them takes several. */
const SHARDS_AT_ONCE = 500;

export interface HandedOut {
  readonly dispatches: readonly Dispatch[];
  /** There may be more to hand out at once. */
  readonly more: boolean;
  /** Somebody else has the run just now. */
  readonly busy?: boolean;
}

/** Hands out what is ready and has somebody to take it, and sends again what got no clear answer. */
export async function handOutShards(tx: SqlTx, ctx: SchedulerContext, runId: number): Promise<HandedOut> {
  const run = await pickRun(tx, runId);
  if (run === null) return { dispatches: [], more: false, busy: true };
  const job = await cachedJob(tx, run.jobId, run.configHash);
  if (job === null || run.state !== 'running') return { dispatches: [], more: false };
  const inHand: RunInHand = { run, job };
  const dispatches: Dispatch[] = [];
  const ready = await shardsDue(tx, runId, 'ready', SHARDS_AT_ONCE);
  const live = ready.length === 0 ? [] : await executorsFor(tx, ctx, job);
  if (ready.length > 0 && live.length === 0) {
    await setRunWait(tx, runId, 'executors', `no executor of ${groupInWords(job)} is alive`);
  }
  const able = ableExecutors(
    live,
    ready.map(({ shardIndex }) => ({ run, job, shardIndex })),
  );
  if (able.length === 0 && live.length > 0) {
    const why = `its parameter names a secret, which executors of xxl-job cannot put in: no other one of ${groupInWords(job)} is alive`;
    await setRunWait(tx, runId, 'executors', why);
  }
  const assigned = assignShards({
    ready,
    live: able,
    held: await heldByExecutor(tx, runId),
    shardsPerExecutor: ctx.settings.shardsPerExecutor,
    avoided: ctx.health.avoided(),
    yetToHear: await peersYetToHear(tx, job.id),
  });
  if (assigned.length > 0 && run.waitsFor !== null) await setRunWait(tx, runId, null, null);
  for (const { shard, executor } of assigned) dispatches.push(await handOutOne(tx, ctx, inHand, shard, executor));
  for (const shard of await shardsDue(tx, runId, 'sent', SHARDS_AT_ONCE)) {
    const again = await sendAgain(tx, ctx, inHand, shard);
    if (again !== null) dispatches.push(again);
  }
  return { dispatches, more: assigned.length === SHARDS_AT_ONCE };
}

async function handOutOne(
  tx: SqlTx,
  ctx: SchedulerContext,
  inHand: RunInHand,
  shard: ShardRow,
  executor: LiveExecutor,
): Promise<Dispatch> {
  const no = shard.attempts + 1;
  const logId = await insertAttempt(tx, {
    runId: shard.runId,
    shardIndex: shard.shardIndex,
    no,
    executorId: executor.id,
  });
  await handOutShard(tx, shard, logId, resendAt(tx, ctx));
  const { address, foreign } = executor;
  return { address, request: await runRequest(tx, inHand, { shard, logId, no, foreign }) };
}

/** The same logId to the same process; one that is gone, or is another one by now, is the rescue's business. */
async function sendAgain(
  tx: SqlTx,
  ctx: SchedulerContext,
  inHand: RunInHand,
  shard: ShardRow,
): Promise<Dispatch | null> {
  const attempt = shard.logId === null ? null : await attemptById(tx, shard.logId);
  if (attempt === null || attempt.state !== 'sent') return null;
  await setResendAt(tx, shard, resendAt(tx, ctx));
  const executor = await executorById(tx, attempt.executorId);
  if (executor === null || executor.state === 'gone') return null;
  await countSend(tx, attempt.id);
  const { address, incarnation } = attempt;
  const foreign = incarnation === null;
  const request = await runRequest(tx, inHand, { shard, logId: attempt.id, no: attempt.no, foreign });
  if (foreign) return { address, request, askFirst: true };
  return { address, request, sentBeforeTo: { group: executor.appName, incarnation, signs: executor.signs === 1 } };
}

const resendAt = (tx: SqlTx, ctx: SchedulerContext): number =>
  tx.nowMs + ctx.settings.dispatchTimeoutMs + ctx.settings.resendAfterMs;
