import type { Dials, Endpoint } from './dials.ts';
import { draw, hits } from './draw.ts';

/**
 * What becomes of one request. `before` names a fault in which nothing is executed, `after` one in which the books
 * have it and the caller does not know.
 */
export type RequestFate =
  | { readonly kind: 'refused'; readonly status: 401 | 429 }
  | { readonly kind: 'before'; readonly fault: 'error' | 'hang' | 'cut' }
  /** Cut, and executed after all when it comes out of the proxy that held it. */
  | { readonly kind: 'late' }
  | { readonly kind: 'after'; readonly fault: 'error' | 'hang' | 'lost' | 'truncated' }
  | { readonly kind: 'answered' };

export interface RequestMoment {
  readonly dials: Dials;
  readonly seed: number;
  readonly arrivalNo: number;
  readonly endpoint: Endpoint;
  /** Milliseconds since the simulator started. */
  readonly sinceStartMs: number;
}

/** Decides what becomes of a request that is within the rate limit and has the right key. Pure. */
export function decideRequest({ dials, seed, arrivalNo, endpoint, sinceStartMs }: RequestMoment): RequestFate {
  const within = (fromMs: number, forMs: number): boolean => sinceStartMs >= fromMs && sinceStartMs < fromMs + forMs;
  if (within(dials.credentialsRefusedFromMs, dials.credentialsRefusedForMs)) return { kind: 'refused', status: 401 };
  const hit = (rate: number, salt: string): boolean => hits(rate, seed, salt, arrivalNo);
  const outage = dials.outages.find(
    ({ fromMs, forMs, rate = 1, endpoints }) =>
      within(fromMs, forMs) && (endpoints?.includes(endpoint) ?? true) && draw(seed, 'outage', arrivalNo) < rate,
  );
  if (outage !== undefined) return { kind: 'before', fault: outage.how };
  if (hit(dials.throttleRate, 'throttle')) return { kind: 'refused', status: 429 };
  if (hit(dials.errorBeforeRate, 'error-before')) return { kind: 'before', fault: 'error' };
  if (hit(dials.hangBeforeRate, 'hang-before')) return { kind: 'before', fault: 'hang' };
  if (endpoint === 'debits' && hit(dials.lateArrivalRate, 'late-arrival')) return { kind: 'late' };
  // The file has faults of its own.
  if (endpoint === 'file') return { kind: 'answered' };
  if (hit(dials.lostAnswerRate, 'lost-answer')) return { kind: 'after', fault: 'lost' };
  if (hit(dials.truncatedAnswerRate, 'truncated-answer')) return { kind: 'after', fault: 'truncated' };
  if (hit(dials.errorAfterRate, 'error-after')) return { kind: 'after', fault: 'error' };
  if (hit(dials.hangAfterRate, 'hang-after')) return { kind: 'after', fault: 'hang' };
  return { kind: 'answered' };
}
