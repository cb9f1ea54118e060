import { CODE_TIMEOUT } from '../../shared/protocol/wire.ts';
import type { Random } from '../../shared/runtime/runtime.ts';
import type { Retry } from '../definition/job-definition.ts';

/** What a failed attempt said of itself. */
export interface Failure {
  readonly code: number;
  readonly message: string | null;
  /** What the handler threw, read from the result `{error: {code, retryable}}`; null where it said nothing. */
  readonly errorCode: string | null;
  readonly retryable: boolean | null;
}

export type RetryVerdict =
  /** `reason` is for people: which try of how many it was, and when the next one comes. */
  | { readonly kind: 'again'; readonly waitMs: number; readonly reason: string }
  | { readonly kind: 'over'; readonly reason: string };

export interface RetryQuestion {
  readonly retry: Retry;
  /** How many tries failed before this one. A lost node or a refusal costs none. */
  readonly failuresBefore: number;
  readonly failure: Failure;
  /** The first wait where the job names none. */
  readonly defaultFirstMs: number;
  readonly nowMs: number;
}

/** Whether a shard that came back with a failure is tried again, and when. */
export function decideRetry(question: RetryQuestion, random: Pick<Random, 'next'>): RetryVerdict {
  const { retry, failuresBefore, failure, nowMs } = question;
  const words = failure.message?.trim() || `code ${failure.code}`;
  // A job without retries has nothing to count.
  if (retry.count === 0) return { kind: 'over', reason: words };
  const tries = `try ${failuresBefore + 1} of ${retry.count + 1}`;
  const against = reasonAgainst(retry, failure);
  if (against !== null)
    return {
      kind: 'over',
      reason: `${tries}, not tried again${against === '' ? '' : ` (${against})`}: ${words}`,
    };
  if (failuresBefore >= retry.count) return { kind: 'over', reason: `${tries} failed: ${words}` };
  const waitMs = retryWaitMs(question, random);
  const next = new Date(nowMs + waitMs).toISOString();
  return { kind: 'again', waitMs, reason: `${tries} failed, the next one comes at ${next}: ${words}` };
}

/** first, first * factor, first * factor^2 ... to `maxMs`, less the part that chance takes off. */
function retryWaitMs({ retry, failuresBefore, defaultFirstMs }: RetryQuestion, random: Pick<Random, 'next'>): number {
  const firstMs = retry.firstMs === 0 ? defaultFirstMs : retry.firstMs;
  // The power overflows to Infinity after about a thousand tries; min makes maxMs of it.
  const plainMs = Math.min(firstMs * retry.factor ** failuresBefore, retry.maxMs);
  return Math.round(plainMs * (1 - retry.jitter * random.next()));
}

// What peers say of an attempt that somebody stopped; wanting it stopped and having it done again do not go together.
const STOPPED_BY_HAND = ['scheduling center kill job.', 'block strategy effect'];

/** Null: nothing is against it. Empty: what the attempt says of itself tells it already. */
function reasonAgainst(retry: Retry, { code, errorCode, retryable, message }: Failure): string | null {
  if (STOPPED_BY_HAND.some((words) => message?.startsWith(words) === true)) return 'it was stopped';
  if (errorCode === 'CANCELLED') return 'it was cancelled';
  if (retryable === false) return saysCode(message, errorCode) ? '' : `${errorCode ?? 'its error'} is not retryable`;
  const kind = code === CODE_TIMEOUT ? 'TIMEOUT' : 'FAILED';
  if (retry.on.includes(kind) || (errorCode !== null && retry.on.includes(errorCode))) return null;
  return `retry.on has neither ${kind}${errorCode === null ? '' : ` nor ${errorCode}`}: it names ${retry.on.join(', ')}`;
}

/** Executors put the code of an error before its sentence: it need not be said twice. */
const saysCode = (message: string | null, errorCode: string | null): boolean =>
  errorCode !== null && message?.trim().startsWith(`${errorCode}:`) === true;

/** Reads `{error: {code, retryable}}` out of an attempt's result; anything else says nothing. */
export function readFailure(outcome: { code: number; message: string | null; result: string | null }): Failure {
  const error = errorOf(outcome.result);
  return {
    code: outcome.code,
    message: outcome.message,
    errorCode: typeof error.code === 'string' ? error.code : null,
    retryable: typeof error.retryable === 'boolean' ? error.retryable : null,
  };
}

function errorOf(result: string | null): { code?: unknown; retryable?: unknown } {
  if (result === null) return {};
  try {
    const parsed = JSON.parse(result) as { error?: unknown } | null;
    const error = parsed?.error;
    return typeof error === 'object' && error !== null ? error : {};
  } catch (error) {
    // A foreign peer's result need not be JSON.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

const REFUSAL_DELAY_MAX_MS = 5_000;

/** The wait before a shard that executors refused is handed out again: doubled each time, to 5 s. */
export function refusalDelayMs(times: number, firstMs: number): number {
  return Math.min(REFUSAL_DELAY_MAX_MS, firstMs * 2 ** Math.max(0, times - 1));
}
