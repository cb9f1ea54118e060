import type { Random } from './runtime.ts';

export interface BackoffRules {
  /** The wait after the first failure. Default 500. */
  readonly firstMs?: number;
  /** No wait is longer. Default 60 000. */
  readonly maxMs?: number;
  /** Default 2. */
  readonly factor?: number;
  /** The part of the wait that is drawn: 0.2 gives 80 % to 120 % of it (never over maxMs). Default 0.2. */
  readonly jitter?: number;
}

/** How long to wait after `failures` failures in a row (1 = the first). */
export function backoffMs(failures: number, random: Pick<Random, 'next'>, rules: BackoffRules = {}): number {
  const { firstMs = 500, maxMs = 60_000, factor = 2, jitter = 0.2 } = rules;
  const steps = Math.max(0, failures - 1);
  // The power overflows to Infinity after about a thousand failures; min makes maxMs of it.
  const plainMs = Math.min(firstMs * factor ** steps, maxMs);
  return Math.min(Math.round(plainMs * (1 + jitter * (2 * random.next() - 1))), maxMs);
}
