import { createLimiter } from '../../shared/runtime/limiter.ts';
import type { CallRow } from './call-rows.ts';
import { debitOf } from './call-rows.ts';
import type { AnswerEntry, Exchange } from './define-downstream.ts';
import { type EvidenceDraft, evidenceOf } from './evidence.ts';
import { type MoneyContext, NO_CUT_OFF } from './money-context.ts';
import { judgeAnswer, type Verdict } from './verdict.ts';

/** What one call got out of one exchange. */
export type CallResult =
  | { readonly kind: 'judged'; readonly verdict: Verdict }
  /** Certainly not executed: the same requestNo again, after that long. */
  | { readonly kind: 'not_sent'; readonly why: string; readonly retryAfterMs: number | null }
  /** The exchange failed: unclear for every call of it; the next repeat goes in smaller batches. */
  | { readonly kind: 'failed'; readonly why: string; readonly batch: number }
  /** Not an answer: nothing more is to be had, people decide. */
  | { readonly kind: 'give_up'; readonly reason: string };

export interface Exchanged {
  readonly calls: readonly CallRow[];
  readonly evidence: EvidenceDraft;
  readonly result: (call: CallRow) => CallResult;
}

const AT_ONCE = 64;

/**
 * Sends calls that are stored already, each request once, outside any transaction (P3). Requests wait for the rate
 * bucket; one that could no longer end before its send deadline does not leave at all.
 */
export async function sendCalls(
  context: MoneyContext,
  calls: readonly CallRow[],
  options: { batchMax: number; nowMs: number; sinceMs: number; promised: boolean },
): Promise<readonly Exchanged[]> {
  const { clock } = context.runtime;
  const limiter = createLimiter(AT_ONCE);
  const batches = cut(calls, options.batchMax);
  return Promise.all(
    batches.map((batch) =>
      limiter.run(async () => {
        const mayLeave = await waitForRate(context, options.promised);
        return sendBatch(context, batch, { nowMs: options.nowMs + clock.monotonicMs() - options.sinceMs, mayLeave });
      }),
    ),
  );
}

/** False when the engine was told to stop before a request could leave. */
async function waitForRate(context: MoneyContext, promised: boolean): Promise<boolean> {
  try {
    await context.bucket.take({ promised, signal: context.draining });
    return true;
  } catch (error) {
    if (context.draining.aborted) return false;
    throw error;
  }
}

async function sendBatch(
  context: MoneyContext,
  calls: readonly CallRow[],
  { nowMs, mayLeave }: { nowMs: number; mayLeave: boolean },
): Promise<Exchanged> {
  const requestNos = calls.map((call) => call.requestNo);
  const startMax = Math.min(...calls.map((call) => call.sendDeadlineAt)) - context.settings.gatewayTimeoutMs;
  const isKeyDead = calls.some((call) => nowMs >= call.keyDeadAt);
  const tooLate = nowMs > startMax || isKeyDead ? 'too late to send' : null;
  const held = mayLeave ? (context.health.pausedWhy ?? tooLate) : 'stopped';
  const exchange: Exchange<readonly AnswerEntry[]> =
    held !== null
      ? { kind: 'not_sent', why: held, retryAfterMs: null, raw: '', status: null }
      : await timed(context, 'send', nowMs, (signal) => context.downstream.send(calls.map(debitOf), signal));
  if (held === null) context.health.noteSend(exchange);
  else if (mayLeave) context.bucket.putBack();
  obeyLimit(context, exchange, nowMs);
  const evidence = evidenceOf('send', calls[0]?.runId ?? null, requestNos, exchange);
  const results = resultsOf(calls, exchange, 'reply', nowMs);
  if (!context.clockOffset.proven && exchange.kind === 'answered') {
    if (isClockSkew(results)) return { calls, evidence, result: distrust(context, calls.length) };
    context.clockOffset.proven = true;
  }
  return { calls, evidence, result: (call) => results.get(call.requestNo) ?? MISSING };
}

/**
 * Nothing leaves before the Retry-After of a 429 is over. No hold outlasts the cut-off, however long the downstream
 * asks for: the last pass has to be made, and the night has to end.
 */
function obeyLimit(context: MoneyContext, exchange: Exchange<unknown>, nowMs: number): void {
  if (exchange.kind !== 'not_sent' || exchange.status !== 429) return;
  const leftMs = (context.current?.cutOffAtMs ?? NO_CUT_OFF) - nowMs;
  context.bucket.holdFor(Math.min(exchange.retryAfterMs ?? 1_000, Math.max(1_000, leftMs)));
}

/** One query or void for calls of which nothing is known; any number of runs may be mixed. */
export async function askAbout(
  context: MoneyContext,
  kind: 'query' | 'void',
  calls: readonly CallRow[],
  readAtMs: number,
): Promise<Exchanged> {
  const { clock } = context.runtime;
  const sinceMs = clock.monotonicMs();
  await context.bucket.take({ signal: context.draining });
  // The wait for the rate can be long; what an answer proves depends on when it was asked for.
  const nowMs = readAtMs + clock.monotonicMs() - sinceMs;
  const requestNos = calls.map((call) => call.requestNo);
  const ask = kind === 'query' ? context.downstream.query : context.downstream.void;
  if (!ask) throw new TypeError(`the downstream ${context.downstream.name} has no ${kind}`);
  const exchange: Exchange<readonly AnswerEntry[]> =
    kind === 'void' && isTooLateToVoid(context, calls, nowMs)
      ? { kind: 'not_sent', why: 'too late to void', retryAfterMs: null, raw: '', status: null }
      : await timed(context, kind, nowMs, (signal) => ask.call(context.downstream, requestNos, signal));
  context.health.noteOther(exchange);
  obeyLimit(context, exchange, nowMs);
  const results = resultsOf(calls, exchange, kind, nowMs);
  return {
    calls,
    evidence: evidenceOf(kind, calls[0]?.runId ?? null, requestNos, exchange),
    result: (call) => results.get(call.requestNo) ?? MISSING,
  };
}

/** Whether to void was decided before the wait: the key may have died since, or the cut-off come. */
function isTooLateToVoid(context: MoneyContext, calls: readonly CallRow[], nowMs: number): boolean {
  const answeredBy = nowMs + context.settings.gatewayTimeoutMs;
  return nowMs >= (context.current?.cutOffAtMs ?? NO_CUT_OFF) || calls.some((call) => answeredBy >= call.keyDeadAt);
}

const MISSING: CallResult = { kind: 'judged', verdict: { kind: 'missing' } };

async function timed<T>(
  context: MoneyContext,
  kind: 'send' | 'query' | 'void',
  nowMs: number,
  exchange: (signal: AbortSignal) => Promise<Exchange<T>>,
): Promise<Exchange<T>> {
  const startedMs = context.runtime.clock.monotonicMs();
  const result = await exchange(context.runtime.deadline(context.settings.gatewayTimeoutMs)).catch(
    (error: unknown): Exchange<T> => ({ kind: 'unclear', why: String(error), status: null, raw: '' }),
  );
  const tookMs = context.runtime.clock.monotonicMs() - startedMs;
  // Held against the store's clock, which expireAt is computed from, and not against this machine's.
  if (result.kind === 'answered') context.clockOffset.note(result.dateMs, nowMs + tookMs);
  context.metrics.exchanged(kind, result.kind, tookMs);
  return result;
}

function resultsOf(
  calls: readonly CallRow[],
  exchange: Exchange<readonly AnswerEntry[]>,
  via: 'reply' | 'query' | 'void',
  nowMs: number,
): ReadonlyMap<string, CallResult> {
  if (exchange.kind === 'answered') {
    const verdicts = judgeAnswer(calls, exchange.value, { via, nowMs });
    const results = new Map<string, CallResult>();
    for (const [requestNo, verdict] of verdicts) results.set(requestNo, { kind: 'judged', verdict });
    return results;
  }
  const same: CallResult =
    exchange.kind === 'not_sent'
      ? { kind: 'not_sent', why: exchange.why, retryAfterMs: exchange.retryAfterMs }
      : { kind: 'failed', why: exchange.kind === 'credentials' ? 'CREDENTIALS' : exchange.why, batch: calls.length };
  return new Map(calls.map((call) => [call.requestNo, same]));
}

/** More than half of a first batch EXPIRED on arrival: clocks differ, and no item is to pay for that. */
function isClockSkew(results: ReadonlyMap<string, CallResult>): boolean {
  let expired = 0;
  for (const result of results.values()) {
    if (result.kind === 'judged' && result.verdict.kind === 'negative' && result.verdict.code === 'EXPIRED')
      expired += 1;
  }
  return expired > 0 && expired * 2 > results.size;
}

function distrust(context: MoneyContext, batch: number): (call: CallRow) => CallResult {
  context.metrics.alarm('CLOCK_SKEW');
  context.logger.error({ clockOffsetMs: context.clockOffset.ms }, 'CLOCK_SKEW: most of a batch arrived EXPIRED');
  context.health.pause('CLOCK_SKEW');
  return () => ({ kind: 'failed', why: 'CLOCK_SKEW', batch });
}

export function cut<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let at = 0; at < list.length; at += size) parts.push(list.slice(at, at + size));
  return parts;
}
