import type { BackoffRules } from '../../shared/runtime/backoff.ts';

/** Between tries of what must arrive: from 100 ms to 5 s, drawn wide, so that nodes that failed together come back apart. */
export const PATIENCE: BackoffRules = { firstMs: 100, maxMs: 5_000, jitter: 0.5 };
