import type { Metrics } from '../../shared/metrics.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { Pressure } from './load-guard.ts';

export const THROTTLE_REASONS = ['window', 'round_trip', 'connection_wait'] as const satisfies readonly (
  | Pressure
  | 'window'
)[];
export type ThrottleReason = (typeof THROTTLE_REASONS)[number];

// By store, as figures are: throttles come and go with attempts, and their jobs know no registry.
const heldBackMs = new WeakMap<object, Map<ThrottleReason, number>>();

/** Work on this store was held back for so long. */
export function noteThrottled(store: object, reason: ThrottleReason, ms: number): void {
  const known = heldBackMs.get(store) ?? new Map<ThrottleReason, number>();
  known.set(reason, (known.get(reason) ?? 0) + ms);
  heldBackMs.set(store, known);
}

/** In seconds, of all jobs of this process that work on the store. */
export const throttledSeconds = (store: object, reason: ThrottleReason): number =>
  (heldBackMs.get(store)?.get(reason) ?? 0) / 1000;

/** Shows it at each scrape; docs/metrics.md has the row. Once per registry. */
export function measureThrottles(metrics: Metrics, store: SqlStore): void {
  metrics.observed(
    {
      kind: 'counter',
      name: 'slice_throttled_seconds_total',
      help: 'For how long jobs were held back so as not to disturb others, by reason.',
      labels: ['reason'],
    },
    () => THROTTLE_REASONS.map((reason) => ({ labels: { reason }, value: throttledSeconds(store, reason) })),
  );
}
