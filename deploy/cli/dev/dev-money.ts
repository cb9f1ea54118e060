import { join } from 'node:path';
import { createMoneyEngine } from '../../../executor/downstream/create-money-engine.ts';
import type { Downstream } from '../../../executor/downstream/define-downstream.ts';
import type { DebitJob, MoneyEngine } from '../../../executor/downstream/money-engine.ts';
import { startGatewaySimulator } from '../../../executor/examples/settlement/gateway-simulator/start-gateway-simulator.ts';
import { createGatewayDownstream } from '../../../executor/examples/settlement/http-gateway-client.ts';
import { settlementRequestNoBook } from '../../../executor/examples/settlement/request-no.ts';
import { settlementHooks } from '../../../executor/examples/settlement/settlement-jobs.ts';
import type { Logger } from '../../../shared/logger.ts';
import { createMetrics, type Metrics } from '../../../shared/metrics.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { ENVIRONMENT, settlementDebitJobs } from '../resolve-in-store.ts';
import type { DevOptions } from './dev-options.ts';

/** What the sample night debits with: a simulated gateway in this process, and the engine that speaks to it. */
export interface DevMoney {
  readonly downstream: Downstream;
  readonly engine: MoneyEngine;
  readonly debitJobs: readonly DebitJob[];
  readonly metrics: Metrics;
}

export const GATEWAY_TIMEOUT_MS = 2_000;

/** The gateway's books lie beside the store, so that a second start meets the debits of the first. Closed by the stack. */
export async function openDevMoney(
  parts: Pick<DevOptions, 'folder' | 'faults'> & {
    readonly store: SqlStore;
    readonly runtime: Runtime;
    readonly logger: Logger;
  },
  closing: AsyncDisposableStack,
): Promise<DevMoney> {
  const { store, runtime, logger } = parts;
  const metrics = createMetrics();
  closing.defer(() => metrics.close());
  const key = runtime.random.secretHex(32);
  const books = join(parts.folder, 'gateway-books.db');
  const gateway = await startGatewaySimulator({ books, key, preset: parts.faults });
  closing.defer(() => gateway.close());
  const downstream = createGatewayDownstream({
    url: gateway.url,
    key,
    origin: 'simulator',
    runtime,
    logger,
    timeoutMs: GATEWAY_TIMEOUT_MS,
    hooks: settlementHooks,
  });
  closing.defer(() => downstream.close());
  const debitJobs = settlementDebitJobs();
  const engine = createMoneyEngine({
    store,
    downstream,
    book: settlementRequestNoBook(ENVIRONMENT),
    jobs: debitJobs,
    runtime,
    logger,
    metrics,
    gatewayTimeoutMs: GATEWAY_TIMEOUT_MS,
  });
  closing.defer(() => engine.drain());
  await engine.connect({ forMs: 10_000 });
  return { downstream, engine, debitJobs, metrics };
}
