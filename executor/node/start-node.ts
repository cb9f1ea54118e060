import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metrics } from '../../shared/metrics.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { measureStore } from '../../shared/sql/store-metrics.ts';
import { createHandlerHosts } from '../handler/handler-hosts.ts';
import { batchInspections } from '../inspect/inspect-batch.ts';
import { runCountsInspections } from '../inspect/run-counts.ts';
import { measureThrottles } from '../slice/throttle-metrics.ts';
import { nodeMigrations } from '../storage/migrations/executor-migrations.ts';
import { mergeScrapes } from '../workers/merge-scrapes.ts';
import { createWorkerCrew, type WorkerCrew } from '../workers/worker-crew.ts';
import { closeFormerAttempts, listRunningLogIds } from './attempt-queries.ts';
import type { ExecutorSettings } from './executor-options.ts';
import { judgeReadiness, type Readiness } from './health-pages.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createHoldLines, type HoldLines } from './hold-lines.ts';
import type { MountedDoor } from './http-mounted-routes.ts';
import { createHttpSchedulerClient } from './http-scheduler-client.ts';
import { createRunLogKeeper } from './keep-run-logs.ts';
import { createNodeMetrics, type NodeMetrics } from './node-metrics.ts';
import { type Door, openDoor } from './open-door.ts';
import { createRunLogs } from './run-logs.ts';
import type { SchedulerClient } from './scheduler-client.ts';
import { joinOutboxSender } from './shared-outbox.ts';
import { createSignatureTrust } from './signature-trust.ts';
import { createSlots, type Slots } from './slots.ts';
import { createThrottledTeller } from './throttled-shards.ts';
import { createTriggerRoutes } from './trigger-routes.ts';
import { createWireGuard } from './wire-guard.ts';

export interface RunningNode extends Pick<Slots, 'drain' | 'running'> {
  readonly address: string;
  readiness(): Promise<Readiness>;
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
  measureStore(settings.metrics, store);
  measureThrottles(settings.metrics, store);
  const trust = createSignatureTrust(settings.requireSignatures);
  const guard = createWireGuard({ ...settings, clock: runtime.clock, trust });
  let crew: WorkerCrew | null = null;
  const scrape = () => scrapeAll(settings.metrics, crew);
  const door = await openDoor(settings, { store, metrics, mounted, guard, scrape }, opened);
  const { address, verbs, state } = door;
  const identity = { address, incarnation: settings.incarnation, group: settings.appname };

  const lost = await closeFormerAttempts(store, identity);
  if (lost.length > 0) logger.warn({ logIds: lost }, 'an earlier start of this node took these and never ended them');
  const runLogs = openRunLogs(settings, metrics);
  const runningNow = new Set(await listRunningLogIds(store));
  await runLogs.recover((logId) => runningNow.has(logId));
  const schedulerClient = createHttpSchedulerClient({
    ...settings,
    timeoutMs: settings.schedulerTimeoutMs,
    registersEverywhere: door.heldId !== null,
    trust,
  });
  opened.defer(() => schedulerClient.close());
  const outbox = settings.outbox ?? joinStoreOutbox(settings, { store, schedulerClient, metrics }, opened);

  crew = await openCrew(settings, { address, metrics }, opened);
  const hosts = createHandlerHosts(handlers.values(), { ...settings, executorAddress: address, workers: crew });
  const slots = createSlots({ ...settings, store, runLogs, metrics, identity, hosts });
  state.stuck = () => slots.running().filter(({ state }) => state === 'stuck').length;
  const lines = openLines(settings, { door, schedulerClient, metrics });
  const heartbeat = createHeartbeat({
    schedulerClient,
    registration: {
      registryGroup: 'EXECUTOR',
      registryKey: settings.appname,
      registryValue: address,
      incarnation: settings.incarnation,
      ...(Object.keys(settings.labels).length === 0 ? {} : { labels: settings.labels }),
    },
    // A store of the node's own has no slices.
    throttled:
      settings.store === null
        ? async () => undefined
        : createThrottledTeller({ store, runtime, logger, running: slots.running }),
    intervalMs: settings.heartbeatIntervalMs,
    runtime,
    logger,
    metrics,
    onAnswer: (answer) => settings.onRegistration?.(answer, address),
    beforeFirst: () => Promise.all([outbox.callbacksSent({ deadlineMs: 2_000 }), lines?.tried(2_000)]),
  });
  state.registered = () => heartbeat.isHeard;

  // Only now does the node answer for itself: until here each verb was an unknown one.
  Object.assign(
    verbs,
    createTriggerRoutes({
      slots,
      handlers,
      scripts: settings.scripts,
      runLogs,
      store,
      timeZone,
      // A store of the node's own has no batch jobs.
      inspections: {
        ...(settings.store === null
          ? {}
          : { ...batchInspections(settings.store), ...runCountsInspections(settings.store) }),
        ...settings.inspections,
      },
      logger,
    }),
  );
  const runLogKeeper = createRunLogKeeper({ ...settings, runLogs, store, metrics });
  runLogKeeper.start();
  opened.defer(() => runLogKeeper.stop());
  lines?.start();
  opened.defer(() => lines?.stop());
  heartbeat.start();
  opened.defer(() => heartbeat.stop());
  const { incarnation } = settings;
  const slotsBy = Object.fromEntries(settings.slotPools.all.map((pool) => [pool.name, pool.slots]));
  logger.info({ address, incarnation, handlers: [...handlers.keys()], slots: slotsBy }, 'the executor is up');

  return {
    address,
    running: slots.running,
    readiness: () =>
      judgeReadiness({
        store,
        isDraining: () => state.draining,
        isRegistered: () => state.registered(),
        stuck: () => state.stuck(),
      }),
    async drain(limit) {
      state.draining = true;
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
  await migrate(store, nodeMigrations, { logger, component: 'executor' });
  return store;
}

/** Opened before the node registers: a module that cannot be opened fails the start and not the first attempt. */
async function openCrew(
  settings: ExecutorSettings,
  { address, metrics }: { address: string; metrics: NodeMetrics },
  opened: AsyncDisposableStack,
): Promise<WorkerCrew | null> {
  const { workers, stopGraceMs, runtime, logger } = settings;
  if (workers === null) return null;
  const handlers = [...settings.handlers.values()].filter(({ isolation }) => isolation === 'workers');
  const onRestart = metrics.workerRestarted;
  const crew = createWorkerCrew({
    ...workers,
    handlers,
    executorAddress: address,
    stopGraceMs,
    runtime,
    logger,
    onRestart,
  });
  await crew.start();
  opened.defer(() => crew.close(DESTROY_MS_MIN));
  metrics.watchWorkers(() => crew.open);
  return crew;
}

async function scrapeAll(metrics: Metrics, crew: WorkerCrew | null) {
  const own = await metrics.scrape();
  if (crew === null) return own;
  return { ...own, body: mergeScrapes([own.body, ...(await crew.scrape())]) };
}

function openLines(
  settings: ExecutorSettings,
  parts: { door: Door; schedulerClient: SchedulerClient; metrics: NodeMetrics },
): HoldLines | null {
  const { door, schedulerClient, metrics } = parts;
  const { hold, appname: group, incarnation, runtime, logger } = settings;
  if (hold === null || door.heldId === null) return null;
  const holder = { group, id: door.heldId, incarnation };
  return createHoldLines({ schedulerClient, holder, verbs: door.verbs, pollMs: hold.pollMs, runtime, logger, metrics });
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
    group: settings.appname,
    accessToken: settings.accessToken,
    runtime,
    logger,
    onAcknowledged: parts.metrics.messageAcknowledged,
    ...(afterSettled === null ? {} : { afterSettled }),
  });
  opened.defer(leave);
  return sender;
}
