import type { SqlStore } from '../../shared/sql/sql.ts';
import { createHealthPages, type NodeHealth } from './health-pages.ts';
import type { PageRoute } from './http-node-server.ts';
import type { NodeMetrics } from './node-metrics.ts';
import { countMessages } from './outbox-queries.ts';

export interface NodePagesOptions extends NodeHealth {
  /** Of this process and of those that work for it. */
  readonly scrape: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly nodeMetrics: NodeMetrics;
  readonly store: SqlStore;
}

/** What tools look at: is it well, and what does it count. */
export function createNodePages(options: NodePagesOptions): Record<string, PageRoute> {
  return {
    ...createHealthPages(options),
    // Names handlers and counts work, which a stranger need not know.
    '/metrics': {
      permission: 'local-or-token',
      async render() {
        options.nodeMetrics.outboxRows(await countMessages(options.store));
        return { status: 200, ...(await options.scrape()) };
      },
    },
  };
}
