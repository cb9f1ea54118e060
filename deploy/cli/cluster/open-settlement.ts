import { join } from 'node:path';
import { createMoneyEngine } from '../../../executor/downstream/create-money-engine.ts';
import type { MoneyEngine } from '../../../executor/downstream/money-engine.ts';
import { chainRunNights } from '../../../executor/examples/settlement/chain-run-nights.ts';
import { createGatewayDownstream } from '../../../executor/examples/settlement/http-gateway-client.ts';
import { settlementHandlers } from '../../../executor/examples/settlement/night-handlers.ts';
import { plansInParam } from '../../../executor/examples/settlement/plans-param.ts';
import { settlementRequestNoBook } from '../../../executor/examples/settlement/request-no.ts';
import { settlementHooks } from '../../../executor/examples/settlement/settlement-jobs.ts';
import type { Handler } from '../../../executor/handler/handler-context.ts';
import { isDaybreakError } from '../../../shared/errors.ts';
import type { Metrics } from '../../../shared/metrics.ts';
import type { Hints } from '../../../shared/redis/hints.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { startCallbackServer } from '../http-callback-server.ts';
import { makeFolder } from '../make-folder.ts';
import { ENVIRONMENT, settlementDebitJobs } from '../resolve-in-store.ts';
import type { ExecutorCommandOptions, SettlementChoice } from './executor-options.ts';
import type { OperatorClient } from './http-operator-client.ts';
import type { Service } from './run-service.ts';

/** The settlement of one process: its gateway, the engine that speaks to it, and the handlers of any night. */
export interface OpenSettlement {
  readonly engine: MoneyEngine;
  readonly handlers: readonly Handler[];
}

export interface SettlementNeeds {
  readonly store: SqlStore;
  readonly metrics: Metrics;
  readonly operator: OperatorClient;
  readonly hints: { readonly hints?: Hints };
  /** Who works slices of other executors' shards; null: nobody here. */
  readonly volunteerName: string | null;
}

/** Waits for the gateway. Closed by the stack, in an order in which nothing in flight is lost. */
export async function openSettlement(
  options: Pick<ExecutorCommandOptions, 'host' | 'timeZone'>,
  choice: SettlementChoice,
  { store, metrics, operator, hints, volunteerName }: SettlementNeeds,
  service: Service,
  closing: AsyncDisposableStack,
): Promise<OpenSettlement> {
  const { runtime, logger, wait, stop } = service;
  const { gateway, gatewayTimeoutMs } = choice;
  // Said now, and not by the reconciliation at the end of a night.
  makeFolder(choice.reportDir, 'report-dir');
  const taker: { engine: MoneyEngine | null } = { engine: null };
  const callbackUrl = await openCallbacks(options, choice, { service, taker }, closing);
  const downstream = createGatewayDownstream({
    url: gateway.url,
    key: gateway.key,
    origin: gateway.origin,
    ...(callbackUrl === null ? {} : { callbackUrl }),
    runtime,
    logger,
    timeoutMs: gatewayTimeoutMs,
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
    cluster: true,
    ...hints,
    // What another executor has not got to is worked here as well, whoever has the shard.
    ...(volunteerName === null ? {} : { volunteer: true, volunteerName }),
    gatewayTimeoutMs,
    chunkSize: choice.chunkSize,
    callbackSecret: choice.callback?.secret ?? null,
  });
  closing.defer(() => engine.drain());
  await wait.until(
    { name: `--gateway ${new URL(gateway.url).origin}`, wayOut: 'start it, or name the one that runs' },
    () => engine.connect({ forMs: 0, signal: stop }),
  );
  taker.engine = engine;
  const nights = chainRunNights({
    ...{ store, runtime, logger, engine, downstream, gatewayTimeoutMs },
    timeZone: options.timeZone,
    exclusive: false,
    plansOf: (_night, ctx) => plansInParam(ctx.param),
    hasEnded: (chainRunId, signal) => hasEnded(operator, chainRunId, service, signal),
    reportDir: ({ businessDate, seq }) => join(choice.reportDir, `${businessDate}-${seq}`),
  });
  return { engine, handlers: settlementHandlers({ debitJobs, ...nights }) };
}

/** Null: no callbacks are taken. Before anything is started: a port that is taken has to be said first. */
async function openCallbacks(
  { host }: Pick<ExecutorCommandOptions, 'host'>,
  { callback }: SettlementChoice,
  { service, taker }: { readonly service: Service; readonly taker: { readonly engine: MoneyEngine | null } },
  closing: AsyncDisposableStack,
): Promise<string | null> {
  if (callback === null) return null;
  const server = await startCallbackServer({
    host,
    port: callback.port,
    logger: service.logger,
    accept: async (rawBody, signature) =>
      (await taker.engine?.acceptCallback(rawBody, signature)) ?? { status: 503, body: 'not ready, send it again' },
  });
  closing.defer(() => server.close());
  service.say(`callbacks are taken at ${server.url}`);
  return callback.url ?? server.url;
}

const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);
const ASK_AGAIN_MS = 1_000;

/** Asks until a scheduler answers: whether another night is at work must be known, not guessed. */
async function hasEnded(
  operator: OperatorClient,
  chainRunId: number,
  { runtime, logger }: Service,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    try {
      const { state } = await operator.ask<{ state: string }>('chain-run', { id: chainRunId }, signal);
      return ENDED.has(state);
    } catch (error) {
      // A scheduler that does not know it has another database than it had: nobody works that chain run.
      if (isDaybreakError(error, 'NOT_FOUND')) return true;
      signal.throwIfAborted();
      logger.warn({ err: error, chainRunId }, 'whether an earlier night has ended cannot be asked; it is tried again');
      await runtime.sleep(ASK_AGAIN_MS, signal);
    }
  }
}
