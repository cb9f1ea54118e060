import { createMoneyEngine } from '../../executor/downstream/create-money-engine.ts';
import { createGatewayDownstream } from '../../executor/examples/settlement/http-gateway-client.ts';
import { settlementRequestNoBook } from '../../executor/examples/settlement/request-no.ts';
import { premiumDebit, principalDebit, settlementHooks } from '../../executor/examples/settlement/settlement-jobs.ts';
import type { Attempt } from '../../executor/handler/attempt.ts';
import { createHandlerContext } from '../../executor/handler/create-handler-context.ts';
import type { HandlerContext } from '../../executor/handler/handler-context.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { NO_HINTS } from '../../shared/redis/hints.ts';
import { openRedisHints } from '../../shared/redis/open-redis-hints.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { BENCH_CHAIN_RUN, BENCH_DATE, BENCH_RUNS, CHUNK_ITEMS, type DebitPlace, type DebitRun } from './debit-run.ts';

/** Which shards of a run a process works, and whether others share its store. */
export interface EnginePart {
  readonly shards: readonly number[];
  readonly shardTotal: number;
  readonly cluster: boolean;
}

export interface DebitEngineRun extends DebitRun {
  debitLeg(leg: string): Promise<void>;
  /** Transactions that were run again after a deadlock or a lock wait. */
  readonly repeated: number;
}

const ALONE: EnginePart = { shards: [0, 1, 2], shardTotal: 3, cluster: false };
const BENCH_REDIS = process.env.DAYBREAK_BENCH_REDIS ?? 'redis://127.0.0.1:6379';
const TWO_HOURS_MS = 7_200_000;

/**
 * The money engine as the night's handlers call it: per leg three shards side by side in one process. The scheduler is
 * left out, as it is left out of the floor.
 */
export async function openEngine(
  { storeUrl, gatewayUrl, gatewayKey }: DebitPlace,
  part: EnginePart = ALONE,
): Promise<DebitEngineRun> {
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
  // Processes of a cluster pass on what rate they do not use over Redis, where one answers on this machine.
  const hints = part.cluster ? await openRedisHints({ url: BENCH_REDIS, prefix: 'bench', runtime, logger }) : NO_HINTS;
  const engine = createMoneyEngine({ ...given, chunkSize: CHUNK_ITEMS, cluster: part.cluster, hints });
  await engine.connect({ forMs: 5_000 });
  const cutOffAtMs = runtime.clock.wallMs() + TWO_HOURS_MS;
  await engine.beginChainRun({ chainRunId: BENCH_CHAIN_RUN, cutOffAtMs, exclusive: !part.cluster });
  const debitLeg = async (leg: string): Promise<void> => {
    const job = jobs.find(({ group }) => group === leg);
    if (job === undefined) throw new Error(`no leg is called ${leg}`);
    const runId = BENCH_RUNS[leg as keyof typeof BENCH_RUNS];
    const { shards, shardTotal } = part;
    await Promise.all(
      shards.map((shardIndex) =>
        engine.runDebitShard(shardContext({ runId, shardIndex, shardTotal, cutOffAtMs }), job),
      ),
    );
  };
  return {
    debitLeg,
    get repeated() {
      return store.figures().transactions.repeated;
    },
    async debit() {
      for (const { group } of jobs) await debitLeg(group);
    },
    async close() {
      await engine.drain();
      await hints.close();
      gateway.close();
      metrics.close();
      await store.close();
    },
  };
}

function shardContext(shard: {
  runId: number;
  shardIndex: number;
  shardTotal: number;
  cutOffAtMs: number;
}): HandlerContext {
  const attempt: Attempt = {
    ...shard,
    logId: shard.runId * shard.shardTotal + shard.shardIndex,
    logDateTime: 0,
    jobId: shard.runId,
    handler: 'debit',
    param: '',
    chainRunId: BENCH_CHAIN_RUN,
    attempt: 1,
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
