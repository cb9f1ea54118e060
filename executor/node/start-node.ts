import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createHandlerHosts } from '../handler/handler-hosts.ts';
import { node as nodeMigration } from '../storage/migrations/0001-node.ts';
import { closeFormerAttempts } from './attempt-queries.ts';
import type { ExecutorSettings } from './executor-options.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { MountedDoor } from './http-mounted-routes.ts';
import { startNodeServer, type VerbRoute } from './http-node-server.ts';
import { createHttpSchedulerClient } from './http-scheduler-client.ts';
import { createRunLogKeeper } from './keep-run-logs.ts';
import { createNodeMetrics, type NodeMetrics } from './node-metrics.ts';
import { createNodePages } from './node-pages.ts';
import { createRunLogs } from './run-logs.ts';
import { joinOutboxSender } from './shared-outbox.ts';
import { createSignatureTrust } from './signature-trust.ts';
import { createSlots, type Slots } from './slots.ts';
import { createTriggerRoutes } from './trigger-routes.ts';
import { createWireGuard, type WireGuard } from './wire-guard.ts';

export interface RunningNode extends Pick<Slots, 'drain' | 'running'> {
  readonly address: string;
  /** After the drain: tells what is left to tell, then closes everything in the reverse order of its opening. */
  close(): Promise<void>;
}

/** What handlers have for their destroy when the attempts took all of the drain's time. */
const DESTROY_MS_MIN = 1_000;

/** Opens the parts of a node one upon the other; when one fails, those that are open are closed again. */
export async function startNode(settings: ExecutorSettings, mounted: MountedDoor | null): Promise<RunningNode> {
  const opened = new AsyncDisposableStack();
  try {
    return await openNode(settings, mounted, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function openNode(
  settings: ExecutorSettings,
  mounted: MountedDoor | null,
  opened: AsyncDisposableStack,
): Promise<RunningNode> {
  const { handlers, logger, runtime, timeZone } = settings;
  const metrics = createNodeMetrics(settings.metrics);
  const store = settings.store ?? (await openOwnStore(settings, opened));
  const trust = createSignatureTrust(settings.requireSignatures);
  const guard = createWireGuard({ ...settings, clock: runtime.clock, trust });
  const behind = { store, metrics, mounted, guard };
  const { ownAddress, verbs, drainState, stuckNow } = await openDoor(settings, behind, opened);
  const address = settings.advertisedAddress ?? ownAddress;
  const identity = { address, incarnation: settings.incarnation };

  const lost = await closeFormerAttempts(store, identity);
  if (lost.length > 0) logger.warn({ logIds: lost }, 'an earlier start of this node took these and never ended them');
  const runLogs = openRunLogs(settings, metrics);
  const schedulerClient = createHttpSchedulerClient({ ...settings, timeoutMs: settings.schedulerTimeoutMs, trust });
  opened.defer(() => schedulerClient.close());
  const outbox = settings.outbox ?? joinStoreOutbox(settings, { store, schedulerClient, metrics }, opened);

  const hosts = createHandlerHosts(handlers.values(), { ...settings, executorAddress: address });
  const slots = createSlots({ ...settings, store, runLogs, metrics, identity, hosts });
  stuckNow.count = () => slots.running().filter(({ state }) => state === 'stuck').length;
  const heartbeat = createHeartbeat({
    schedulerClient,
    registration: {
      registryGroup: 'EXECUTOR',
      registryKey: settings.appname,
      registryValue: address,
      incarnation: settings.incarnation,
      ...(Object.keys(settings.labels).length === 0 ? {} : { labels: settings.labels }),
    },
    intervalMs: settings.heartbeatIntervalMs,
    runtime,
    logger,
    metrics,
    beforeFirst: () => outbox.callbacksSent({ deadlineMs: 2_000 }),
  });

  // Only now does the node answer for itself: until here each verb was an unknown one.
  Object.assign(verbs, createTriggerRoutes({ slots, handlers, scripts: settings.scripts, runLogs, store, timeZone }));
  const runLogKeeper = createRunLogKeeper({ ...settings, runLogs, store, metrics });
  runLogKeeper.start();
  opened.defer(() => runLogKeeper.stop());
  heartbeat.start();
  opened.defer(() => heartbeat.stop());
  logger.info({ address, incarnation: settings.incarnation, handlers: [...handlers.keys()] }, 'the executor is up');

  return {
    address,
    running: slots.running,
    async drain(limit) {
      drainState.draining = true;
      const startedMs = runtime.clock.monotonicMs();
      await slots.drain(limit);
      const leftMs = limit.deadlineMs - (runtime.clock.monotonicMs() - startedMs);
      await hosts.close(Math.max(leftMs, DESTROY_MS_MIN));
    },
    async close() {
      // Told before it signs off: a scheduler may take a run of a node that left without its result for lost.
      const told = await outbox.callbacksSent({ deadlineMs: 5_000 });
      if (!told) logger.warn('not every result was acknowledged; the rest is told after the next start');
      await opened.disposeAsync();
      logger.info({ address }, 'the executor is down');
    },
  };
}

async function openOwnStore({ dataDir, runtime, logger }: ExecutorSettings, opened: AsyncDisposableStack) {
  await mkdir(dataDir, { recursive: true });
  const store = await openSqlStore(`sqlite:${join(dataDir, 'executor.db')}`, { runtime, logger });
  opened.defer(() => store.close());
  await migrate(store, [nodeMigration], { logger, component: 'executor' });
  return store;
}

/**
 * Listens first, because the address is known only then; `verbs` is filled when there is something behind them. A node
 * that is mounted in another server does not listen, and its address was given.
 */
async function openDoor(
  settings: ExecutorSettings,
  behind: {
    store: SqlStore;
    metrics: ReturnType<typeof createNodeMetrics>;
    mounted: MountedDoor | null;
    guard: WireGuard;
  },
  opened: AsyncDisposableStack,
) {
  const { store, metrics, mounted, guard } = behind;
  const drainState = { draining: false };
  const stuckNow = { count: () => 0 };
  const verbs: Record<string, VerbRoute> = {};
  const pages = createNodePages({
    metrics: settings.metrics,
    nodeMetrics: metrics,
    store,
    isDraining: () => drainState.draining,
    stuck: () => stuckNow.count(),
  });
  const { host, logger } = settings;
  const door = { verbs, pages, host, guard, logger, metrics };
  if (mounted !== null) {
    // Who can reach the other server is not known here, so the pages want the token.
    mounted.open({ ...door, host: '' });
    opened.defer(() => mounted.close());
    return { ownAddress: '', verbs, drainState, stuckNow };
  }
  const server = await startNodeServer(door, { port: settings.port, searchUp: settings.portFrom });
  opened.defer(() => server.close());
  return { ownAddress: `http://${bracketed(host)}:${server.port}/`, verbs, drainState, stuckNow };
}

function openRunLogs(settings: ExecutorSettings, metrics: NodeMetrics) {
  const { runtime, logger } = settings;
  return createRunLogs({
    dir: join(settings.dataDir, 'logs'),
    runtime,
    bytesMax: settings.runLogBytesMax,
    linesMax: settings.runLogLinesMax,
    onWriteError(logId, err) {
      metrics.runLogUnwritable();
      logger.error({ err, logId }, 'a run log cannot be written; the run goes on');
    },
    onDropped: metrics.runLogLinesDropped,
  });
}

function joinStoreOutbox(
  settings: ExecutorSettings,
  parts: {
    store: SqlStore;
    schedulerClient: ReturnType<typeof createHttpSchedulerClient>;
    metrics: ReturnType<typeof createNodeMetrics>;
  },
  opened: AsyncDisposableStack,
) {
  const { runtime, logger, afterSettled } = settings;
  const { sender, leave } = joinOutboxSender({
    ...parts,
    runtime,
    logger,
    onAcknowledged: parts.metrics.messageAcknowledged,
    ...(afterSettled === null ? {} : { afterSettled }),
  });
  opened.defer(leave);
  return sender;
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
