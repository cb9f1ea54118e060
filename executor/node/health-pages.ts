import type { SqlStore } from '../../shared/sql/sql.ts';
import type { PageRoute } from './http-node-server.ts';

export interface NodeHealth {
  readonly store: SqlStore;
  readonly isDraining: () => boolean;
  /** Whether a scheduler has acknowledged this node, and did so at its last heartbeat. */
  readonly isRegistered: () => boolean;
  /** Attempts that do not heed their stop. */
  readonly stuck: () => number;
}

/** Why a node gets no work just now: what is not as it must be, in words. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export async function judgeReadiness(health: NodeHealth): Promise<Readiness> {
  const reasons: string[] = [];
  if (health.isDraining()) reasons.push('draining: it takes no new runs');
  if (!health.isRegistered()) reasons.push('registered: no scheduler has acknowledged it');
  try {
    await health.store.read('is-the-store-there', (db) => db.get('select 1 as one'));
    if (!health.store.health().isWritable) reasons.push('store: it takes no writes');
  } catch {
    // Why is in the log; the page is open to strangers, and the message names the server.
    reasons.push('store: it does not answer');
  }
  return { ready: reasons.length === 0, reasons };
}

/** Open: they say a few words, and a load balancer has no token. */
export function createHealthPages(health: NodeHealth): Record<string, PageRoute> {
  const json = (status: number, body: object) => ({
    status,
    contentType: 'application/json',
    body: JSON.stringify(body),
  });
  return {
    '/health': {
      permission: 'open',
      async render() {
        const draining = health.isDraining();
        const stuck = health.stuck();
        // A node with a stuck slot still takes runs: it is said, and nothing is taken out of service for it.
        const body = { status: draining ? 'draining' : 'up', ...(stuck === 0 ? {} : { stuck }) };
        return json(draining ? 503 : 200, body);
      },
    },
    // Whether the process should be left alone: only one that cannot answer should be ended.
    '/health/live': { permission: 'open', render: async () => json(200, { status: 'live' }) },
    '/health/ready': {
      permission: 'open',
      async render() {
        const { ready, reasons } = await judgeReadiness(health);
        return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', reasons });
      },
    },
  };
}
