import { DaybreakError, isDaybreakError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';

/** How often a failing read, item or chunk is tried, the first try included, and how long to wait in between. */
export interface RetryPolicy {
  /** 1 to 3, default 3. More than three hides an outage instead of outliving it. */
  readonly attempts?: number;
  /** Before the second attempt; default 1,000 ms. */
  readonly delayMs?: number;
  /** Each later delay is the one before times this; default 2. */
  readonly factor?: number;
  /** No delay is longer; default 10,000 ms. */
  readonly delayMaxMs?: number;
  /** Which errors are worth another attempt; default: those that say `retryable` of themselves. */
  readonly on?: (error: unknown) => boolean;
}

export const RETRY_ATTEMPTS_MAX = 3;

export function checkRetryPolicy(policy: RetryPolicy): void {
  const attempts = policy.attempts ?? RETRY_ATTEMPTS_MAX;
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > RETRY_ATTEMPTS_MAX) {
    throw new DaybreakError('BAD_OPTION', `retry.attempts is ${attempts}: it must be 1, 2 or ${RETRY_ATTEMPTS_MAX}`);
  }
}

/** How long to wait before another attempt, or null when `attempt` was the last or the error is not worth one. */
export function delayBeforeRetry(policy: RetryPolicy, error: unknown, attempt: number): number | null {
  if (attempt >= (policy.attempts ?? RETRY_ATTEMPTS_MAX)) return null;
  const worthIt = policy.on === undefined ? isDaybreakError(error) && error.retryable : policy.on(error);
  if (!worthIt) return null;
  const delay = (policy.delayMs ?? 1_000) * (policy.factor ?? 2) ** (attempt - 1);
  return Math.min(delay, policy.delayMaxMs ?? 10_000);
}

export interface RetryContext {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Runs `attemptOnce` until it succeeds or the policy gives up; one log line per failed attempt. */
export async function withRetries<T>(
  policy: RetryPolicy,
  context: RetryContext,
  what: string,
  attemptOnce: () => Promise<T> | T,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce();
    } catch (error) {
      const delayMs = delayBeforeRetry(policy, error, attempt);
      if (delayMs === null || context.signal.aborted) throw error;
      context.logger.warn({ attempt, delayMs, err: error }, `${what} failed, trying again: ${messageOf(error)}`);
      await context.runtime.sleep(delayMs, context.signal);
    }
  }
}
