import { RUNS_MAX } from '../../shared/protocol/wire.ts';
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
import { moveShard, type ShardRow, setResendAt, shardAt, undoHandOut } from '../storage/sql/shard-queries.ts';
import { setRunWait } from '../storage/sql/waiting-run-queries.ts';
import { askWhetherItCame } from './ask-whether-it-came.ts';
import type { Dispatch } from './dispatch.ts';
import type { DispatchAnswer } from './executor-client.ts';
import { recordAccepted } from './record-accepted.ts';

export interface Sender {
  /** Sends beside the caller and records what became of it. */
  send(dispatch: Dispatch): void;
  /** Resolves when no request is in flight. */
  idle(): Promise<void>;
}

interface Line {
  readonly limiter: Limiter;
  /** First requests that go with the next message. */
  waiting: Dispatch[];
}

/**
 * Each address has a line of its own: one that hangs holds up its own requests and nobody else's. What is sent for the first
 * time goes together with all that waits for the same address, up to a message's fill; a repeat goes alone, because its
 * answer may have to be asked about. A request that is in line, or on its way, is not taken a second time: what is sent
 * again because no answer came would else pile up.
 */
export function createSender(ctx: SchedulerContext): Sender {
  const lines = new Map<string, Line>();
  const inLine = new Set<number>();

  function lineTo(address: string): Line {
    const line = lines.get(address) ?? {
      limiter: createLimiter(Math.max(1, ctx.settings.dispatchConcurrency)),
      waiting: [],
    };
    lines.set(address, line);
    return line;
  }

  async function inTurn(address: string, line: Line, take: () => readonly Dispatch[]): Promise<void> {
    let taken: readonly Dispatch[] = [];
    let inTime = false;
    try {
      await line.limiter.run(async () => {
        taken = take();
        inTime = await sendTogether(ctx, address, taken);
      });
    } catch (error) {
      // Their answers are not recorded: the shards stay `sent` and the same requests go out again.
      const logIds = taken.map(({ request }) => request.logId);
      ctx.logger.error({ err: error, logIds }, 'the answers to run requests were not recorded');
    } finally {
      for (const { request } of taken) inLine.delete(request.logId);
      ctx.burst.ended(address, taken.filter(isFirst).length, { inTime });
      if (line.limiter.running + line.limiter.waiting + line.waiting.length === 0) lines.delete(address);
    }
  }

  return {
    send(dispatch) {
      const { address, request } = dispatch;
      if (inLine.has(request.logId)) return;
      inLine.add(request.logId);
      const line = lineTo(address);
      if (!isFirst(dispatch)) {
        void inTurn(address, line, () => [dispatch]);
        return;
      }
      ctx.burst.began(address, 1);
      line.waiting.push(dispatch);
      // Each message takes its fill when its turn comes; a turn is asked for by the first request of each message.
      if (line.waiting.length % RUNS_MAX !== 1) return;
      void Promise.resolve().then(() => inTurn(address, line, () => line.waiting.splice(0, RUNS_MAX)));
    },
    async idle() {
      // What was just given asks for its turn in the next moment.
      await Promise.resolve();
      await Promise.all([...lines.values()].map((line) => line.limiter.idle()));
    },
  };
}

/** Not sent before, as far as this process knows. */
const isFirst = (dispatch: Dispatch): boolean => dispatch.askFirst !== true && dispatch.sentBeforeTo === undefined;

/** Resolves when the answers are recorded: with whether somebody has answered, be it to say no, before the time was up. */
async function sendTogether(ctx: SchedulerContext, address: string, dispatches: readonly Dispatch[]): Promise<boolean> {
  const [first] = dispatches;
  if (first === undefined) return true;
  if (dispatches.length === 1) return sendOne(ctx, first);
  const startedMs = ctx.runtime.clock.monotonicMs();
  const requests = dispatches.map(({ request }) => request);
  const answers = await ctx.client.runAll(address, requests);
  ctx.metrics.dispatchSeconds.observe((ctx.runtime.clock.monotonicMs() - startedMs) / 1_000);
  const accepted = dispatches.filter((_, at) => answers[at]?.kind === 'accepted');
  const more = new Set(
    await recordAccepted(
      ctx,
      accepted.map(({ request }) => request),
    ),
  );
  for (const [at, dispatch] of dispatches.entries()) {
    const answer = answers[at] ?? { kind: 'unclear', why: 'there is no answer for this one' };
    note(ctx, dispatch, answer);
    if (answer.kind !== 'accepted' || more.has(dispatch.request)) await recordOne(ctx, dispatch, answer);
  }
  return answers.some(({ kind }) => kind !== 'unclear');
}

async function sendOne(ctx: SchedulerContext, dispatch: Dispatch): Promise<boolean> {
  const { address, request } = dispatch;
  const startedMs = ctx.runtime.clock.monotonicMs();
  const answer =
    dispatch.askFirst === true ? await sendIfNotThere(ctx, dispatch) : await ctx.client.run(address, request);
  ctx.metrics.dispatchSeconds.observe((ctx.runtime.clock.monotonicMs() - startedMs) / 1_000);
  note(ctx, dispatch, answer);
  await recordOne(ctx, dispatch, answer);
  return answer.kind !== 'unclear';
}

function note(ctx: SchedulerContext, { address, request }: Dispatch, answer: DispatchAnswer): void {
  ctx.metrics.dispatches.add(1, { answer: answer.kind });
  if (answer.kind === 'accepted') {
    ctx.health.wentWell(address);
    return;
  }
  ctx.health.wentWrong(address);
  // A full house is no fault, and in a burst there are thousands of such answers: the metric counts them.
  if (answer.kind === 'busy') return;
  ctx.logger.warn({ address, logId: request.logId, answer: answer.kind, why: answer.why }, 'a run request went wrong');
}

async function recordOne(ctx: SchedulerContext, dispatch: Dispatch, answer: DispatchAnswer): Promise<void> {
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
  const isTheSame = answer.kind !== 'unreachable' && (await ctx.client.beat(address, probeTimeoutMs, sentBeforeTo));
  return isTheSame ? answer : mayHaveCome(answer.why);
}

const saysNo = (answer: DispatchAnswer): answer is Extract<DispatchAnswer, { kind: SaysNo }> =>
  answer.kind === 'refused' || answer.kind === 'busy' || answer.kind === 'unreachable';
type SaysNo = 'refused' | 'busy' | 'unreachable';

const mayHaveCome = (why: string): DispatchAnswer => ({ kind: 'unclear', why: `it was sent before, and now: ${why}` });

async function record(tx: SqlTx, ctx: SchedulerContext, dispatch: Dispatch, given: DispatchAnswer) {
  const effects = newEffects();
  const { logId, runId = 0 } = dispatch.request;
  const run = await lockRun(tx, runId);
  const attempt = await attemptById(tx, logId);
  const shard = attempt === null ? null : await shardAt(tx, runId, attempt.shardIndex);
  // While this first request waited for its answer, another scheduler has sent it too.
  const answer = isFirst(dispatch) && (attempt?.sends ?? 1) > 1 && saysNo(given) ? mayHaveCome(given.why) : given;
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
  // Until it is handed out again the run says what it waits for.
  if (answer.kind === 'busy') await setRunWait(tx, runId, 'executors', `${attempt.address} has no room: ${answer.why}`);
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
    case 'busy':
    case 'unreachable':
      // Nobody said no to the work: with its executors full or away the shard waits for as long as it takes.
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
  const readyAt = tx.nowMs + backInMs(ctx, { attempt, shard, answer });
  const avoidExecutorId = attempt.executorId;
  // Asked four times a second, an executor that is full for hours would leave thousands of rows for each that waits. What
  // was sent again may have come the first time: that attempt stays, whatever is said of it.
  if (answer.kind === 'busy' && attempt.sends === 1) {
    await undoHandOut(tx, { ...shard, logId: attempt.id }, { readyAt, avoidExecutorId, reason: why });
    return;
  }
  await endAttempt(tx, attempt.id, 'refused', why);
  await moveShard(tx, {
    from: shard,
    to: verdict.to,
    readyAt,
    avoidExecutorId,
    reason: why,
    refusals: shard.refusals + (answer.kind === 'refused' ? 1 : 0),
  });
}

/** Where there was no room thousands may be waiting: each comes back in its turn, not all of them every few seconds. */
function backInMs(ctx: SchedulerContext, { attempt, shard, answer }: Omit<TakeBack, 'verdict'>): number {
  if (answer.kind === 'busy') return ctx.health.backInMs(attempt.address);
  return refusalDelayMs(shard.attempts, ctx.settings.retryDelayMs);
}
