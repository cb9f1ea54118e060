import { join } from 'node:path';
import { createExecutor, type Executor } from '../../executor/create-executor.ts';
import { createMoneyEngine } from '../../executor/downstream/create-money-engine.ts';
import type { DebitJob, MoneyEngine } from '../../executor/downstream/money-engine.ts';
import type { Night } from '../../executor/examples/settlement/night-start.ts';
import { settlementRequestNoBook } from '../../executor/examples/settlement/request-no.ts';
import { settlementHooks } from '../../executor/examples/settlement/settlement-jobs.ts';
import type { Handler } from '../../executor/handler/handler-context.ts';
import { createScheduler } from '../../scheduler/create-scheduler.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Hints } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { startCallbackServer } from './http-callback-server.ts';
import { type GatewayDoor, openGateway } from './http-gateway-door.ts';
import type { NightOptions } from './night-options.ts';
import { SETTLEMENT_CHAIN, SETTLEMENT_GROUP, SETTLEMENT_JOBS } from './nightly-settlement.ts';
import { ENVIRONMENT, settlementDebitJobs } from './resolve-in-store.ts';

export interface NightParts {
  readonly options: NightOptions;
  readonly night: Night;
  readonly store: SqlStore;
  /** The scheduler's, where it has one of its own; it shares no table with the executors. */
  readonly schedulerStore?: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** What the engine and Redis count; the first executor shows it at GET /metrics. */
  readonly metrics: Metrics;
  /** With --redis. */
  readonly hints?: Hints;
}

/** The gateway and the engine that speaks to it: what a last pass needs, and what every night begins with. */
export interface NightMoney {
  readonly gateway: GatewayDoor;
  readonly engine: MoneyEngine;
  readonly debitJobs: readonly DebitJob[];
}

/** Opens the gateway (our own simulator when none was named), the callback door and the engine. Closed by the stack. */
export async function openNightMoney(parts: NightParts, closing: AsyncDisposableStack): Promise<NightMoney> {
  const { options, store, runtime, logger, metrics, hints } = parts;
  const simulatorKey = runtime.random.secretHex(32);
  const key = options.gateway.kind === 'url' ? options.gateway.key : simulatorKey;
  const callbackSecret = options.callback?.secret ?? key;
  const callbackUrl = options.callback === null ? null : `http://127.0.0.1:${options.callback.port}/gateway/callbacks`;
  // Before the gateway: a port that is taken has to be said before anything is started for it.
  let engine: MoneyEngine | null = null;
  if (options.callback !== null) {
    const server = await startCallbackServer({
      port: options.callback.port,
      logger,
      accept: async (rawBody, signature) =>
        (await engine?.acceptCallback(rawBody, signature)) ?? { status: 503, body: 'not ready, send it again' },
    });
    closing.defer(() => server.close());
  }
  const gateway = await openGateway({
    options,
    simulatorKey,
    callbackUrl,
    callbackSecret,
    hooks: settlementHooks,
    runtime,
    logger,
  });
  closing.defer(() => gateway.close());
  const debitJobs = settlementDebitJobs();
  engine = createMoneyEngine({
    store,
    downstream: gateway.downstream,
    book: settlementRequestNoBook(ENVIRONMENT),
    jobs: debitJobs,
    runtime,
    logger,
    metrics,
    ...(hints === undefined ? {} : { hints }),
    gatewayTimeoutMs: options.gatewayTimeoutMs,
    chunkSize: options.chunkSize,
    callbackSecret: options.callback === null ? null : callbackSecret,
  });
  return { gateway, engine, debitJobs };
}

export interface NightNodes {
  readonly scheduler: Scheduler;
  readonly executors: readonly Executor[];
}

// In one process nobody is far away: a node that went is seen by its closed port, not by its silence.
const HEARTBEAT_MS = 5_000;
const FIRST_PORT = 9_999;

/** Starts the scheduler and the executors, each with its own HTTP port, as they would be on machines of their own. */
export async function startNightNodes(
  parts: NightParts,
  { engine, handlers }: Pick<NightMoney, 'engine'> & { readonly handlers: readonly Handler[] },
  closing: AsyncDisposableStack,
): Promise<NightNodes> {
  const { options, store, runtime, logger, metrics, hints } = parts;
  const accessToken = runtime.random.secretHex(32);
  const scheduler = createScheduler({
    store: parts.schedulerStore ?? store,
    runtime,
    logger: logger.child({ name: 'scheduler' }),
    accessToken,
    jobs: SETTLEMENT_JOBS,
    chains: [SETTLEMENT_CHAIN],
    // The store is held by this process alone: whoever was registered before is gone.
    takeOver: true,
    ...(hints === undefined ? {} : { hints }),
    settings: { expectExecutors: options.executors },
  });
  await scheduler.start();
  closing.defer(() => scheduler.stop());
  const executors: Executor[] = [];
  closing.defer(() => stopAll(executors));
  for (let n = 1; n <= options.executors; n++) {
    const executor = createExecutor({
      appname: SETTLEMENT_GROUP,
      schedulers: [scheduler.url],
      accessToken,
      port: FIRST_PORT,
      portFrom: true,
      handlers,
      store,
      dataDir: join(options.home, 'executors', String(n)),
      heartbeatIntervalMs: HEARTBEAT_MS,
      stopGraceMs: options.gatewayTimeoutMs + 1_000,
      timeZone: parts.night.timeZone,
      runtime,
      logger: logger.child({ name: `executor-${n}` }),
      afterSettled: (body) => engine.afterSettled(body),
      // One engine works for all of them: shown by one, a sum over the executors counts each call once.
      ...(n === 1 ? { metrics } : {}),
    });
    // One after the other: each looks for the first free port.
    await executor.start();
    executors.push(executor);
  }
  return { scheduler, executors };
}

async function stopAll(executors: readonly Executor[]): Promise<void> {
  await Promise.all(executors.map((executor) => executor.stop()));
}
