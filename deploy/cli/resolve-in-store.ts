import { createMoneyEngine } from '../../executor/downstream/create-money-engine.ts';
import { type Downstream, defineDownstream, type Exchange } from '../../executor/downstream/define-downstream.ts';
import type { HandResolution } from '../../executor/downstream/money-engine.ts';
import { settlementRequestNoBook } from '../../executor/examples/settlement/request-no.ts';
import { premiumDebit, principalDebit, settlementHooks } from '../../executor/examples/settlement/settlement-jobs.ts';
import { createLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type Resolved, resolveWith } from './resolve-item.ts';

/**
 * The first part of each requestNo: who debits. One word for the product, whatever the store, so that a lost or a
 * doubled store meets the gateway's idempotency.
 */
export const ENVIRONMENT = 'daybreak';

export const settlementDebitJobs = () => [premiumDebit(ENVIRONMENT), principalDebit(ENVIRONMENT)];

/** Resolves an item while no night runs: with an engine that has the store and nobody to talk to. */
export async function resolveInStore(store: SqlStore, request: HandResolution): Promise<Resolved> {
  const metrics = createMetrics();
  const engine = createMoneyEngine({
    store,
    downstream: nobody,
    book: settlementRequestNoBook(ENVIRONMENT),
    jobs: settlementDebitJobs(),
    runtime: systemRuntime(),
    logger: createLogger({ level: 'error' }),
    metrics,
  });
  try {
    return await resolveWith(engine, store, request);
  } finally {
    metrics.close();
  }
}

const silence = (): Promise<Exchange<never>> =>
  Promise.resolve({ kind: 'not_sent', why: 'no gateway is open', retryAfterMs: null, raw: '', status: null });

const nobody: Downstream = defineDownstream({
  ...settlementHooks,
  name: 'gateway',
  origin: 'none',
  capabilities: silence,
  send: silence,
  query: silence,
});
