import { createLimiter, type Limiter } from '../../shared/runtime/limiter.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { newEffects } from '../effects.ts';
import { attemptLimits, NO_LIMITS } from '../run/attempt-limits.ts';
import { orderKill } from '../run/cancel-shards.ts';
import { concludeRun } from '../run/conclude-run.ts';
import { refusalDelayMs } from '../run/retry-policy.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type ShardVerdict, transitShard } from '../shard/shard-transitions.ts';
import { type AttemptRow, acceptAttempt, attemptById, endAttempt } from '../storage/sql/attempt-queries.ts';
import { jobVersion } from '../storage/sql/definition-queries.ts';
import { lockRun } from '../storage/sql/run-queries.ts';
import { moveShard, type ShardRow, setResendAt, shardAt } from '../storage/sql/shard-queries.ts';
import { askWhetherItCame } from './ask-whether-it-came.ts';
import type { Dispatch } from './dispatch.ts';
import type { DispatchAnswer } from './executor-client.ts';

export interface Sender {
  /** Sends beside the caller and records what became of it. */
  send(dispatch: Dispatch): void;
  /** Resolves when no request is in flight. */
  idle(): Promise<void>;
}

/**
 * Each address has a line of its own: one that hangs holds up its own requests and nobody else's. A request that is in
 * line, or on its way, is not taken a second time: what is sent again because no answer came would else pile up.
 */
export function createSender(ctx: SchedulerContext): Sender {
  const lines = new Map<string, Limiter>();
  const inLine = new Set<number>();

  async function sendInLine(dispatch: Dispatch): Promise<void> {
    const { address, request } = dispatch;
    const line = lines.get(address) ?? createLimiter(Math.max(1, ctx.settings.dispatchConcurrency));
    lines.set(address, line);
    try {
      await line.run(() => sendOne(ctx, dispatch));
    } catch (error) {
      // Its answer is not recorded: the shard stays `sent` and the same request goes out again.
      ctx.logger.error({ err: error, logId: request.logId }, 'the answer to a run request was not recorded');
    } finally {
      inLine.delete(request.logId);
      if (line.running === 0 && line.waiting === 0) lines.delete(address);
    }
  }

  return {
    send(dispatch) {
      const { logId } = dispatch.request;
      if (inLine.has(logId)) return;
      inLine.add(logId);
      void sendInLine(dispatch);
    },
    async idle() {
      await Promise.all([...lines.values()].map((line) => line.idle()));
    },
  };
}

async function sendOne(ctx: SchedulerContext, dispatch: Dispatch): Promise<void> {
  const { address, request } = dispatch;
  const startedMs = ctx.runtime.clock.monotonicMs();
  const answer =
    dispatch.askFirst === true ? await sendIfNotThere(ctx, dispatch) : await ctx.client.run(address, request);
  ctx.metrics.dispatchSeconds.observe((ctx.runtime.clock.monotonicMs() - startedMs) / 1_000);
  ctx.metrics.dispatches.add(1, { answer: answer.kind });
  if (answer.kind === 'accepted') {
    ctx.health.wentWell(address);
  } else {
    ctx.health.wentWrong(address);
    ctx.logger.warn(
      { address, logId: request.logId, answer: answer.kind, why: answer.why },
      'a run request went wrong',
    );
  }
  const meaning = await meaningOf(ctx, dispatch, answer);
  const effects = await ctx.store.transaction('record-dispatch', (tx) => record(tx, ctx, dispatch, meaning));
  ctx.apply(effects);
}

async function sendIfNotThere(ctx: SchedulerContext, { address, request }: Dispatch): Promise<DispatchAnswer> {
  const whereabouts = await askWhetherItCame(ctx.client, address, request);
  if (whereabouts === 'came') return { kind: 'accepted' };
  if (whereabouts === 'did not come') return ctx.client.run(address, request);
  return { kind: 'unclear', why: 'whether it came is not known yet; it is asked again, and not sent again' };
}

/**
 * A request that was sent before may have come, and have begun. Then nobody at the address, or a no by another process
 * there, says nothing: handed to a second executor, work that may run once would run twice.
 */
async function meaningOf(ctx: SchedulerContext, dispatch: Dispatch, answer: DispatchAnswer): Promise<DispatchAnswer> {
  const { address, sentBeforeTo } = dispatch;
  if (sentBeforeTo === undefined || !saysNo(answer)) return answer;
  const { probeTimeoutMs } = ctx.settings;
  const isTheSame = answer.kind === 'refused' && (await ctx.client.beat(address, probeTimeoutMs, sentBeforeTo));
  return isTheSame ? answer : mayHaveCome(answer.why);
}

const saysNo = (answer: DispatchAnswer): answer is Extract<DispatchAnswer, { kind: 'refused' | 'unreachable' }> =>
  answer.kind === 'refused' || answer.kind === 'unreachable';

const mayHaveCome = (why: string): DispatchAnswer => ({ kind: 'unclear', why: `it was sent before, and now: ${why}` });

async function record(tx: SqlTx, ctx: SchedulerContext, dispatch: Dispatch, given: DispatchAnswer) {
  const effects = newEffects();
  const { logId, runId = 0 } = dispatch.request;
  const run = await lockRun(tx, runId);
  const attempt = await attemptById(tx, logId);
  const shard = attempt === null ? null : await shardAt(tx, runId, attempt.shardIndex);
  // While this first request waited for its answer, another scheduler has sent it too.
  const isFirst = dispatch.askFirst !== true && dispatch.sentBeforeTo === undefined;
  const answer = isFirst && (attempt?.sends ?? 1) > 1 && saysNo(given) ? mayHaveCome(given.why) : given;
  if (run !== null && attempt?.state === 'cancelled' && answer.kind === 'accepted') {
    // It was cancelled while its request was on the way, and the kill may have been there before it.
    await orderKill(tx, { logId, runId, jobId: run.jobId }, effects);
  }
  // The result may have been faster than this answer, or the attempt was taken back: then there is nothing to record.
  if (run === null || attempt === null || shard === null || shard.logId !== logId) return effects;
  const verdict = transitShard(shard.state, eventOf(answer, ctx.settings.refusalsMax - shard.refusals - 1));
  if (answer.kind === 'unclear' && shard.state === 'sent') {
    await setResendAt(tx, shard, tx.nowMs + ctx.settings.resendAfterMs);
    effects.wakes.add('dispatch-ready-shards');
  }
  if (verdict.kind !== 'moved') return effects;
  const job = await jobVersion(tx, run.jobId, run.configHash);
  if (answer.kind === 'accepted') {
    const limits = job === null ? NO_LIMITS : attemptLimits(job, tx.nowMs, ctx.settings.timeoutGraceMs);
    await acceptAttempt(tx, logId, limits);
    // Refusals are counted in a row.
    await moveShard(tx, { from: shard, to: verdict.to, reason: null, refusals: 0 });
    return effects;
  }
  await takeBack(tx, ctx, { attempt, shard, verdict, answer });
  effects.wakes.add('dispatch-ready-shards');
  if (verdict.to === 'failed' && job !== null) await concludeRun(tx, ctx, run, job, effects);
  return effects;
}

function eventOf(answer: DispatchAnswer, refusalsLeft: number): Parameters<typeof transitShard>[1] {
  switch (answer.kind) {
    case 'accepted':
      return { kind: 'accepted' };
    case 'refused':
      return { kind: 'refused', refusalsLeft };
    case 'unreachable':
      // Nobody said no: with the executor away the shard waits for as long as it takes.
      return { kind: 'refused', refusalsLeft: 1 };
    case 'unclear':
      return { kind: 'unanswered' };
  }
}

interface TakeBack {
  readonly attempt: AttemptRow;
  readonly shard: ShardRow;
  readonly verdict: Extract<ShardVerdict, { kind: 'moved' }>;
  readonly answer: DispatchAnswer;
}

async function takeBack(
  tx: SqlTx,
  ctx: SchedulerContext,
  { attempt, shard, verdict, answer }: TakeBack,
): Promise<void> {
  const why = answer.kind === 'accepted' ? '' : `${attempt.address} ${answer.kind}: ${answer.why}`;
  await endAttempt(tx, attempt.id, 'refused', why);
  await moveShard(tx, {
    from: shard,
    to: verdict.to,
    readyAt: tx.nowMs + refusalDelayMs(shard.attempts, ctx.settings.retryDelayMs),
    avoidExecutorId: attempt.executorId,
    reason: why,
    refusals: shard.refusals + (answer.kind === 'refused' ? 1 : 0),
  });
}
