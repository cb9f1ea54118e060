import { createContext } from '../../scheduler/create-context.ts';
import type { ChainDefinition } from '../../scheduler/definition/chain-definition.ts';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../scheduler/definition/read-definitions.ts';
import type { ExecutorClient } from '../../scheduler/dispatch/executor-client.ts';
import type { SchedulerContext } from '../../scheduler/scheduler-context.ts';
import { SCALED_SETTINGS, type SchedulerSettings } from '../../scheduler/settings.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';

/** debit (broadcast, tells its slices) and, once it is settled, report. */
export const ORDERS_CHAIN: ChainDefinition = {
  name: 'orders',
  nodes: ['debit', 'report'],
  edges: [{ from: 'debit', to: 'report', milestone: 'SETTLED' }],
};
const TICK: JobDefinition = {
  id: 3,
  name: 'tick',
  handler: 'tick',
  group: 'orders',
  route: 'ROUND',
  block: 'PARALLEL',
  schedule: { kind: 'fixed_rate', everyMs: 50 },
};
export const ORDERS_DEFINITIONS = readDefinitions(
  [
    { id: 1, name: 'debit', handler: 'debit', group: 'orders', route: 'SHARDING_BROADCAST', tellsSettled: true },
    { id: 2, name: 'report', handler: 'report', group: 'orders', route: 'ROUND', onNodeLoss: 'reassign' },
    TICK,
  ],
  [ORDERS_CHAIN],
);

/** Every executor answers, and nothing is sent: what would leave is in the hands of the test. */
export const silentClient: ExecutorClient = {
  refusalOf: async () => null,
  run: async () => ({ kind: 'accepted' }),
  runAll(address, requests) {
    return Promise.all(requests.map((request) => this.run(address, request)));
  },
  beat: async () => true,
  idleBeat: async () => 'idle',
  log: async () => null,
  kill: async () => 'told',
  close: () => undefined,
};

/** A scheduler's parts without its clockwork: a test calls bodies and routes itself, so nothing else moves. */
export function givenContext(
  store: SqlStore,
  settings: Partial<SchedulerSettings> = {},
  { client = silentClient, runtime = systemRuntime() }: { client?: ExecutorClient; runtime?: Runtime } = {},
): SchedulerContext {
  const metrics = createMetrics();
  metrics.close();
  return createContext({
    store,
    runtime,
    logger: silentLogger,
    settings: { ...SCALED_SETTINGS, ...settings },
    client,
    codeVersion: null,
    metrics,
    wake: () => undefined,
    chainRunChanged: () => undefined,
  });
}
