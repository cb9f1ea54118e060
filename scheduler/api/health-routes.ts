import type { FastifyInstance } from 'fastify';
import { migrationsBehind } from '../../shared/sql/migrate.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { schedulerMigrations } from '../storage/migrations/scheduler-migrations.ts';

export interface HealthOptions {
  readonly store: SqlStore;
  /** It has been told to stop, and what is under way may end. */
  isDraining(): boolean;
}

/**
 * GET /health/live: the process answers. GET /health/ready: it can do its work, or 503 with the reasons; a balancer takes it
 * out of service for that, and nobody restarts it. Open, and they say nothing that a stranger could use.
 */
export function addHealthRoutes(app: FastifyInstance, { store, isDraining }: HealthOptions): void {
  const config = { permission: 'public' };
  app.get('/health/live', { config }, async () => ({ status: 'live' }));
  app.get('/health/ready', { config }, async (_request, reply) => {
    const reasons = [
      ...(isDraining() ? ['draining: it fires and hands out nothing more'] : []),
      ...(await storeReasons(store)),
    ];
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .send({ status: reasons.length === 0 ? 'ready' : 'not ready', reasons });
  });
}

async function storeReasons(store: SqlStore): Promise<string[]> {
  try {
    const behind = await migrationsBehind(store, schedulerMigrations, 'scheduler');
    if (!store.health().isWritable) return ['store: it takes no writes'];
    return behind.length === 0 ? [] : [`tables: they lack ${behind.join(', ')}`];
  } catch {
    // Why is in the log; the page is open to strangers, and the message names the server.
    return ['store: it does not answer'];
  }
}
