import { DaybreakError } from '../../../shared/errors.ts';
import type { Clock } from '../../../shared/runtime/runtime.ts';

/** How much somebody may ask for: so many requests a second, and as many at once as four seconds of them. */
export interface RateLimit {
  /** Throws RATE_LIMITED with the wait. */
  take(who: string, cost: number): void;
}

const SAVED_SECONDS = 4;
const KNOWN_MAX = 10_000;

export function createRateLimit(clock: Clock, perSecond: number): RateLimit {
  const full = perSecond * SAVED_SECONDS;
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    take(who, cost) {
      const nowMs = clock.monotonicMs();
      const known = buckets.get(who) ?? { tokens: full, atMs: nowMs };
      const tokens = Math.min(full, known.tokens + ((nowMs - known.atMs) * perSecond) / 1_000);
      // Put last again, so that who is forgotten is who was not heard of for longest.
      buckets.delete(who);
      const [oldest] = buckets.keys();
      if (buckets.size >= KNOWN_MAX && oldest !== undefined) buckets.delete(oldest);
      buckets.set(who, { tokens: tokens >= cost ? tokens - cost : tokens, atMs: nowMs });
      if (tokens >= cost) return;
      const retryAfterSeconds = Math.max(1, Math.ceil((cost - tokens) / perSecond));
      throw new DaybreakError('RATE_LIMITED', `too many requests: wait ${retryAfterSeconds} s`, {
        details: { retryAfterSeconds },
      });
    },
  };
}
