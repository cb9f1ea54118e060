import type { Metrics } from '../../shared/metrics.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { PageRoute } from './http-node-server.ts';
import type { NodeMetrics } from './node-metrics.ts';
import { countMessages } from './outbox-queries.ts';

export interface NodePagesOptions {
  readonly metrics: Metrics;
  readonly nodeMetrics: NodeMetrics;
  readonly store: SqlStore;
  readonly isDraining: () => boolean;
  /** Attempts that do not heed their stop. */
  readonly stuck: () => number;
}

/** What tools look at: is it well, and what does it count. */
export function createNodePages(options: NodePagesOptions): Record<string, PageRoute> {
  return {
    // Open: it says one word, and a load balancer has no token.
    '/health': {
      permission: 'open',
      async render() {
        const draining = options.isDraining();
        const stuck = options.stuck();
        // A node with a stuck slot still takes runs: it is said, and nothing is taken out of service for it.
        const body = JSON.stringify({ status: draining ? 'draining' : 'up', ...(stuck === 0 ? {} : { stuck }) });
        return { status: draining ? 503 : 200, contentType: 'application/json', body };
      },
    },
    // Names handlers and counts work, which a stranger need not know.
    '/metrics': {
      permission: 'local-or-token',
      async render() {
        options.nodeMetrics.outboxRows(await countMessages(options.store));
        return { status: 200, ...(await options.metrics.scrape()) };
      },
    },
  };
}
