import type { Logger } from '../../shared/logger.ts';
import type { Hints } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { Throttle } from '../slice/throttle.ts';
import type { Downstream, DownstreamCapabilities } from './define-downstream.ts';
import type { DownstreamHealth } from './downstream-health.ts';
import type { DebitJob, RequestNoBook } from './money-engine.ts';
import type { MoneyMetrics } from './money-metrics.ts';
import type { SweepRules } from './next-step.ts';
import type { RateBucket, RepeatBudget } from './rate-bucket.ts';

/** What the parts of the money engine share in one process. */
export interface MoneyContext {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly downstream: Downstream;
  readonly downstreamId: number;
  readonly book: RequestNoBook;
  readonly jobs: ReadonlyMap<string, DebitJob>;
  readonly settings: MoneySettings;
  readonly capabilities: DownstreamCapabilities;
  readonly bucket: RateBucket;
  readonly pacer: RepeatBudget;
  readonly health: DownstreamHealth;
  readonly clockOffset: ClockOffset;
  readonly hints: Hints;
  readonly metrics: MoneyMetrics;
  /** The chain run that is on, or null between chain runs. */
  readonly current: { readonly chainRunId: number; readonly cutOffAtMs: number } | null;
  /** Aborted by drain: nothing new is sent. */
  readonly draining: AbortSignal;
}

export interface MoneySettings {
  /** How long one exchange with the downstream may last, ms. */
  readonly gatewayTimeoutMs: number;
  /** Items of one chunk at most. */
  readonly chunkSize: number;
  /** Slices that one shard works on at the same time. */
  readonly slicesAtOnce: number;
  /** ms a slice is held without progress. */
  readonly leaseMs: number;
  /** Whether and how fast slices are worked just now; one for each attempt. */
  readonly newThrottle: () => Throttle;
  /** Secret of the callbacks' signature, or null when none are taken. */
  readonly callbackSecret: string | null;
}

/** No cut-off: for chains that have none. Far enough, and still a safe integer after sums. */
export const NO_CUT_OFF = 8_640_000_000_000_000;

export const rulesOf = (context: MoneyContext, cutOffAtMs: number | null): SweepRules => ({
  visibilityMs: Math.max(context.capabilities.visibilityMs, context.settings.gatewayTimeoutMs),
  gatewayTimeoutMs: context.settings.gatewayTimeoutMs,
  cutOffAtMs: cutOffAtMs ?? NO_CUT_OFF,
  canVoid: context.capabilities.void && context.downstream.void !== undefined,
  clockOffsetMs: context.clockOffset.ms,
});

/**
 * The downstream's clock minus ours, from the Date header of its answers. That header has whole seconds, so less than
 * 1.5 s is no difference at all.
 */
export class ClockOffset {
  ms = 0;
  /** A first batch has arrived in time: from then on EXPIRED speaks of its item and not of the clocks. */
  proven = false;

  note(dateMs: number | null, nowMs: number): void {
    if (dateMs === null || !Number.isFinite(dateMs)) return;
    const seen = dateMs + 500 - nowMs;
    this.ms = Math.abs(seen) < 1_500 ? 0 : seen;
  }
}
