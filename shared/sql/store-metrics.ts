import type { Metrics } from '../metrics.ts';
import type { Spread } from './sliding-window.ts';
import type { SqlStore } from './sql.ts';
import { TRANSACTION_OUTCOMES } from './store-figures.ts';

/**
 * Shows a store's figures at each scrape; docs/metrics.md has the table. Once per registry.
 * @example
 * measureStore(metrics, store);
 */
export function measureStore(metrics: Metrics, store: Pick<SqlStore, 'figures' | 'health'>): void {
  const spread = (read: () => Spread) => () => {
    const { count, p50Ms, p95Ms, p99Ms, maxMs } = read();
    if (count === 0) return [];
    const at = (quantile: string, ms: number) => ({ labels: { quantile }, value: ms / 1000 });
    return [at('0.5', p50Ms), at('0.95', p95Ms), at('0.99', p99Ms), at('1', maxMs)];
  };
  metrics.observed(
    {
      kind: 'gauge',
      name: 'store_round_trip_seconds',
      help: 'First statements and COMMITs of the last 10 s.',
      labels: ['quantile'],
    },
    spread(() => store.figures().roundTrip),
  );
  metrics.observed(
    {
      kind: 'gauge',
      name: 'store_connection_wait_seconds',
      help: 'From asking for a connection to having it, of the last 10 s.',
      labels: ['quantile'],
    },
    spread(() => store.figures().connectionWait),
  );
  metrics.observed(
    {
      kind: 'gauge',
      name: 'store_connections',
      help: 'Connections for ordinary work: total, in use, and callers who wait for one.',
      labels: ['state'],
    },
    () => {
      const { total, inUse, waiting } = store.figures().connections;
      const of = (state: string, value: number) => ({ labels: { state }, value });
      return [of('total', total), of('in_use', inUse), of('waiting', waiting)];
    },
  );
  metrics.observed(
    {
      kind: 'counter',
      name: 'store_transactions_total',
      help: 'Transactions by how they ended: committed, rolled_back, repeated (a deadlock), unknown (COMMIT unanswered).',
      labels: ['outcome'],
    },
    () => {
      const { transactions } = store.figures();
      return TRANSACTION_OUTCOMES.map((outcome) => ({ labels: { outcome }, value: transactions[outcome] }));
    },
  );
  metrics.observed(
    {
      kind: 'counter',
      name: 'store_slow_statements_total',
      help: 'Statements that took longer than a second, by the name of their transaction.',
      labels: ['name'],
    },
    () => store.figures().slow.map(({ name, count }) => ({ labels: { name }, value: count })),
  );
  metrics.observed(
    {
      kind: 'gauge',
      name: 'store_slowest_statement_seconds',
      help: 'The slowest statement of each such name.',
      labels: ['name'],
    },
    () => store.figures().slow.map(({ name, maxMs }) => ({ labels: { name }, value: maxMs / 1000 })),
  );
  metrics.observedGauge(
    { name: 'store_clock_skew_seconds', help: "The store's clock minus this machine's." },
    () => (store.figures().clock?.skewMs ?? 0) / 1000,
  );
  metrics.observedGauge({ name: 'store_writable', help: '1 while the store takes writes.' }, () =>
    store.health().isWritable ? 1 : 0,
  );
}
