import type { Metrics } from '../../shared/metrics.ts';
import type { RateShares } from './rate-shares.ts';

/** A process's share of a downstream's rate, and its use; the table is docs/metrics.md, "Rate". */
export function measureRate(metrics: Metrics, downstream: string, shares: RateShares): void {
  const limit = { name: 'rate_limit_units', help: 'What the downstream takes from all processes, in shares.' };
  metrics.observedGauge(limit, () => shares.held.limit);
  const held = { name: 'rate_share_units', help: 'Shares of it that this process holds.' };
  metrics.observedGauge(held, () => shares.held.units);
  const wanted = { name: 'rate_wanted_units', help: 'Shares of it that this process asks for.' };
  metrics.observedGauge(wanted, () => shares.held.wanted);
  const tokens = metrics.counter({
    name: 'rate_tokens_total',
    help: 'Requests by whose token they took: own or borrowed; lent: given to others.',
    labels: ['downstream', 'whose'],
  });
  shares.bucket.onTokens = (whose, count) => tokens.add(count, { downstream, whose });
}
