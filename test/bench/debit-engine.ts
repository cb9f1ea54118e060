import { createMoneyEngine } from '../../executor/downstream/create-money-engine.ts';
import { createGatewayDownstream } from '../../executor/examples/settlement/http-gateway-client.ts';
import { settlementRequestNoBook } from '../../executor/examples/settlement/request-no.ts';
import { premiumDebit, principalDebit, settlementHooks } from '../../executor/examples/settlement/settlement-jobs.ts';
import type { Attempt } from '../../executor/handler/attempt.ts';
import { createHandlerContext } from '../../executor/handler/create-handler-context.ts';
import type { HandlerContext } from '../../executor/handler/handler-context.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { BENCH_CHAIN_RUN, BENCH_DATE, BENCH_RUNS, CHUNK_ITEMS, type OpenDebit } from './debit-run.ts';

const SHARDS = 3;
const TWO_HOURS_MS = 7_200_000;

/**
 * The money engine as the night's handlers call it: per leg three shards side by side in one process. The scheduler is
 * left out, as it is left out of the floor.
 */
export const openEngine: OpenDebit = async ({ storeUrl, gatewayUrl, gatewayKey }) => {
  const runtime = systemRuntime();
  const logger = silentLogger;
  const store = await openSqlStore(storeUrl, { runtime, logger });
  const metrics = createMetrics();
  const gateway = createGatewayDownstream({
    url: gatewayUrl,
    key: gatewayKey,
    runtime,
    logger,
    timeoutMs: 10_000,
    hooks: settlementHooks,
  });
  const jobs = [premiumDebit('bench'), principalDebit('bench')];
  const book = settlementRequestNoBook('bench');
  const given = { store, downstream: gateway, book, jobs, runtime, logger, metrics };
  const engine = createMoneyEngine({ ...given, chunkSize: CHUNK_ITEMS });
  await engine.connect({ forMs: 5_000 });
  const cutOffAtMs = runtime.clock.wallMs() + TWO_HOURS_MS;
  await engine.beginChainRun({ chainRunId: BENCH_CHAIN_RUN, cutOffAtMs, exclusive: true });
  return {
    async debit() {
      for (const job of jobs) {
        const runId = BENCH_RUNS[job.group as keyof typeof BENCH_RUNS];
        const shards = Array.from({ length: SHARDS }, (_, shardIndex) =>
          engine.runDebitShard(shardContext({ runId, shardIndex, cutOffAtMs }), job),
        );
        await Promise.all(shards);
      }
    },
    async close() {
      await engine.drain();
      gateway.close();
      metrics.close();
      await store.close();
    },
  };
};

function shardContext(shard: { runId: number; shardIndex: number; cutOffAtMs: number }): HandlerContext {
  const attempt: Attempt = {
    ...shard,
    logId: shard.runId * SHARDS + shard.shardIndex,
    logDateTime: 0,
    jobId: shard.runId,
    handler: 'debit',
    param: '',
    chainRunId: BENCH_CHAIN_RUN,
    attempt: 1,
    shardTotal: SHARDS,
    businessDate: BENCH_DATE,
    plannedAtMs: 0,
    timeoutMs: null,
  };
  const quiet = (): void => undefined;
  return createHandlerContext(attempt, {
    executorAddress: `http://127.0.0.1:${9_999 + shard.shardIndex}/`,
    signal: new AbortController().signal,
    log: { info: quiet, warn: quiet, error: quiet },
  });
}
