import type { AddressInfo } from 'node:net';
import { DaybreakError } from '../shared/errors.ts';
import { createLogger } from '../shared/logger.ts';
import { createMetrics } from '../shared/metrics.ts';
import { NO_HINTS } from '../shared/redis/hints.ts';
import { systemRuntime } from '../shared/runtime/system-runtime.ts';
import { measureStore } from '../shared/sql/store-metrics.ts';
import { closeAlarmByPerson, viewAlarms } from './alarm/alarms.ts';
import { assertAccessToken } from './api/access-token.ts';
import { createAdmin } from './api/admin/create-admin.ts';
import { createHttpApi } from './api/http-api.ts';
import { createWireVerbs } from './api/wire-verbs.ts';
import { checkArrivals } from './arrival/check-arrivals.ts';
import { systemInputFiles } from './arrival/system-input-files.ts';
import { watchInputs } from './arrival/watch-inputs.ts';
import { bulk, viewBulk } from './bulk/bulk.ts';
import { finishBulks } from './bulk/work-bulk.ts';
import { watchCalendarYears } from './calendar/watch-calendar-years.ts';
import { viewChainRun } from './chain/chain-run-view.ts';
import { createChainRunWatch } from './chain/chain-run-watch.ts';
import { endRunsOfEndedChains } from './chain/end-runs-of-ended-chains.ts';
import { evaluateEdges } from './chain/evaluate-edges.ts';
import { approveNodeMark, markNode } from './chain/mark-node.ts';
import { cancelChainRun, startChain } from './chain/start-chain.ts';
import { type Body, type BodyReport, createClockwork } from './clockwork.ts';
import { claimCluster } from './cluster/claim-cluster.ts';
import { oneNodeTicks } from './cluster/one-node-ticks.ts';
import { planAlone } from './cluster/plan-lock.ts';
import { deleteAlone } from './cluster/retention-lock.ts';
import { beatSchedulerNode, leaveCluster } from './cluster/scheduler-node.ts';
import { tellOthers } from './cluster/tell-others.ts';
import { countRuns } from './count/count-runs.ts';
import { createContext } from './create-context.ts';
import { readDefinitions } from './definition/read-definitions.ts';
import { createAskingPatience } from './dispatch/asking-patience.ts';
import { dispatchReadyShards } from './dispatch/dispatch-ready-shards.ts';
import { createExecutorDirectory } from './dispatch/executor-directory.ts';
import { createHeldExecutorClient, eitherClient } from './dispatch/held-executor-client.ts';
import { createHeldLines } from './dispatch/held-lines.ts';
import { LOOPBACK_ONLY } from './dispatch/http-allowed-networks.ts';
import { createHttpExecutorClient } from './dispatch/http-executor-client.ts';
import { sendKills } from './dispatch/send-kills.ts';
import { createSender } from './dispatch/send-run-request.ts';
import { advanceBackfills } from './firing/advance-backfills.ts';
import { fireDueJobs } from './firing/fire-due-jobs.ts';
import { createFiringApi } from './firing/firing-api.ts';
import { planFires } from './firing/plan-fires.ts';
import { addDefinitions, replaceDefinitions } from './firing/replace-definitions.ts';
import { triggerJob } from './firing/trigger-job.ts';
import { viewOperatorActions } from './operator-actions.ts';
import { createGroupsApi } from './registry/groups-api.ts';
import { createJoins } from './registry/joins.ts';
import { createKeyring } from './registry/keyring.ts';
import { lookForManualExecutors } from './registry/look-for-manual-executors.ts';
import { declareAllGone, retireSilentExecutors } from './registry/retire-silent-executors.ts';
import { askForeignPeers, type PeerNotes } from './run/ask-foreign-peers.ts';
import { readAttemptLog } from './run/attempt-log.ts';
import { countOpenWork } from './run/count-open-work.ts';
import { expireAttempts } from './run/expire-attempts.ts';
import { killRun } from './run/kill-run.ts';
import { rerun } from './run/rerun.ts';
import { rescueLostAttempts } from './run/rescue-lost-attempts.ts';
import { viewRun } from './run/run-view.ts';
import { warnOfSlowAttempts } from './run/warn-of-slow-attempts.ts';
import type { Scheduler, SchedulerOptions } from './scheduler.ts';
import { createScriptsApi } from './script/scripts.ts';
import { readSettings } from './settings.ts';
import { viewStatus } from './status.ts';
import { pruneHistory } from './storage/prune-history.ts';

/**
 * A scheduler: fires jobs and chains, splits runs into shards, hands them to executors, hears their results.
 * @example
 * const scheduler = createScheduler({ store: await openSchedulerStore('sqlite:./scheduler.db'), accessToken, jobs, chains });
 * await scheduler.start();
 * const { chainRunId } = await scheduler.startChain({ chain: 'night', businessDate: '2026-11-20', cutOffAtMs, requestId: '1' });
 * const view = await scheduler.waitForChainRun(chainRunId);
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  for (const token of [options.accessToken, options.previousAccessToken ?? null]) {
    if (token !== null) assertAccessToken(token);
  }
  const { store, runtime = systemRuntime(), logger = createLogger({ name: 'scheduler' }) } = options;
  const settings = readSettings(options.settings ?? {});
  const definitions = readDefinitions(options.jobs, options.chains ?? []);
  const inputs = { files: systemInputFiles(), roots: options.arrivalRoots ?? [] };
  checkArrivals(definitions.jobs, inputs.roots);
  const metrics = options.metrics ?? createMetrics();
  measureStore(metrics, store);
  const { accessToken, previousAccessToken = null, strangersMayRegister = false } = options;
  const keyring = createKeyring({ store, clock: runtime.clock, accessToken, previousAccessToken });
  const lines = createHeldLines(runtime);
  const timeoutMs = settings.dispatchTimeoutMs;
  const dialled = () =>
    createHttpExecutorClient({
      directory: createExecutorDirectory(store, keyring),
      timeoutMs,
      allowedNetworks: options.allowedNetworks ?? LOOPBACK_ONLY,
      runtime,
    });
  const client = options.client ?? eitherClient(dialled(), createHeldExecutorClient({ lines, timeoutMs }));
  const watch = createChainRunWatch(store, runtime);
  const { hints = NO_HINTS } = options;
  const incarnation = runtime.random.ulid();
  const others = tellOthers({
    hints,
    runtime,
    logger,
    incarnation,
    wakeHere: (body) => clockwork.wake(body),
    chainRunChangedHere: (chainRunId) => (chainRunId === null ? watch.lookAgain() : watch.changed(chainRunId)),
  });
  const ctx = createContext({
    store,
    runtime,
    logger,
    metrics,
    settings,
    client,
    codeVersion: options.codeVersion ?? null,
    wake: (body) => clockwork.wake(body),
    chainRunChanged: (chainRunId) => watch.changed(chainRunId),
    others,
  });
  const sender = createSender(ctx);
  const patience = createAskingPatience(runtime.clock);
  const peerNotes: PeerNotes = new Map();

  // Looks at all that is open, for what has been wrong for seconds: it does not take the store from what is due now.
  const afterBurst = (body: () => Promise<BodyReport>) => async (): Promise<BodyReport> => {
    await ctx.burst.over();
    return body();
  };

  // The table of contents, in the order in which data flows.
  const bodies: readonly Body[] = [
    { name: 'beat-scheduler-node', cron: '*/10 * * * * *', run: () => beat() },
    { name: 'watch-calendars', cron: '0 * * * * *', oneNode: true, run: () => watchCalendarYears(ctx) },
    { name: 'plan-fires', cron: '* * * * * *', run: () => planAlone(hints, () => planFires(ctx)) },
    { name: 'advance-backfills', cron: '* * * * * *', run: () => advanceBackfills(ctx) },
    { name: 'fire-due-jobs', cron: '* * * * * *', run: () => fireDueJobs(ctx, sender) },
    { name: 'watch-inputs', cron: '* * * * * *', run: () => watchInputs(ctx, inputs) },
    { name: 'dispatch-ready-shards', cron: '* * * * * *', run: () => dispatchReadyShards(ctx, sender, patience) },
    { name: 'count-open-work', cron: '* * * * * *', run: afterBurst(() => countOpenWork(ctx)) },
    {
      name: 'look-for-manual-executors',
      cron: '*/10 * * * * *',
      oneNode: true,
      run: () => lookForManualExecutors(ctx),
    },
    { name: 'retire-silent-executors', cron: '* * * * * *', run: () => retireSilentExecutors(ctx) },
    { name: 'rescue-lost-attempts', cron: '* * * * * *', run: afterBurst(() => rescueLostAttempts(ctx)) },
    { name: 'ask-foreign-peers', cron: '*/10 * * * * *', oneNode: true, run: () => askForeignPeers(ctx, peerNotes) },
    {
      name: 'warn-of-slow-attempts',
      cron: '* * * * * *',
      oneNode: true,
      run: afterBurst(() => warnOfSlowAttempts(ctx)),
    },
    { name: 'expire-attempts', cron: '* * * * * *', run: afterBurst(() => expireAttempts(ctx)) },
    { name: 'send-kills', cron: '* * * * * *', run: () => sendKills(ctx) },
    { name: 'evaluate-edges', cron: '* * * * * *', run: () => evaluateEdges(ctx) },
    { name: 'end-runs-of-ended-chains', cron: '* * * * * *', run: () => endRunsOfEndedChains(ctx) },
    { name: 'send-alarms', cron: '*/10 * * * * *', run: async () => (await admin?.sendAlarms()) ?? {} },
    { name: 'finish-bulks', cron: '* * * * * *', run: () => finishBulks(ctx) },
    { name: 'count-runs', cron: '*/10 * * * * *', oneNode: true, run: (signal) => countRuns(ctx, signal) },
    { name: 'prune-history', cron: '0 * * * * *', run: () => deleteAlone(hints, () => pruneHistory(ctx)) },
  ];
  const clockwork = createClockwork({
    bodies,
    runtime,
    logger,
    ...(options.ticker === undefined ? {} : { ticker: options.ticker }),
    coordinator: oneNodeTicks(hints),
    onFailure: (body) => ctx.metrics.bodyFailures.add(1, { body }),
  });
  const status = () => viewStatus(store);
  const groups = createGroupsApi(ctx, { keyring, accessToken, previousAccessToken });
  const { joins, verb } = createJoins({ store, runtime }, groups.ownToken);
  const admin =
    options.admin == null
      ? null
      : createAdmin(ctx, options.admin, {
          groups,
          joins: options.joinable === true ? joins : null,
          accessToken,
          previousAccessToken,
          arrivalRoots: inputs.roots,
          hints,
          url: () => url ?? '',
        });
  const api = createHttpApi(ctx, {
    accessToken,
    keyring,
    strangersMayRegister,
    metrics,
    lines,
    status,
    isDraining: () => isDraining,
    ...(options.joinable === true ? { joins: verb } : {}),
    ...(admin === null ? {} : { admin }),
  });
  let url: string | null = null;
  let isDraining = false;
  // Whoever has proven that it is alone on its store is no cluster.
  const isAlone = options.takeOver === true;

  function beat(): Promise<BodyReport> {
    if (isAlone || url === null) return Promise.resolve({});
    const { nodeName: name = url, codeVersion } = options;
    return beatSchedulerNode(ctx, {
      incarnation,
      name,
      url,
      version: codeVersion ?? '',
      tzVersion: process.versions.tz ?? '',
    });
  }

  async function leave(): Promise<void> {
    try {
      await leaveCluster(ctx, { incarnation });
    } catch (error) {
      logger.warn({ err: error }, 'the others will know by the end of its lease that this scheduler has stopped');
    }
  }

  async function open(): Promise<string> {
    if (options.door !== undefined) return options.door(createWireVerbs(ctx, { keyring, strangersMayRegister }));
    await api.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
    const { address, family, port } = api.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
  }

  async function takeUp(): Promise<void> {
    if (options.takeOver !== true) return;
    const gone = await declareAllGone(ctx);
    if (gone > 0) logger.info({ executors: gone }, 'executors of an earlier process are gone');
    await rescueLostAttempts(ctx);
  }

  return {
    get url() {
      if (url === null) throw new DaybreakError('CONFLICT', 'the scheduler has no url before start()');
      return url;
    },
    async start() {
      await claimCluster(ctx, { name: options.cluster ?? null, accessToken, previousAccessToken });
      const take = options.onlyThese === true ? replaceDefinitions : addDefinitions;
      await take(ctx, { calendars: options.calendars ?? [], ...definitions });
      await takeUp();
      url = await open();
      await beat();
      await admin?.announce(url);
      clockwork.start();
      logger.info({ url, store: store.label }, 'scheduler is up');
    },
    async stop({ drainMs = 5_000 } = {}) {
      isDraining = true;
      await clockwork.stop();
      others.stop();
      watch.stop();
      // The sleep is ended as well: a timer that nobody waits for would hold the process for all its length.
      const idle = new AbortController();
      const waited = runtime.sleep(drainMs, idle.signal).catch(() => undefined);
      await Promise.race([sender.idle(), waited]);
      idle.abort();
      lines.close();
      await api.close();
      if (!isAlone && url !== null) await leave();
      client.close();
      if (options.metrics === undefined) metrics.close();
    },
    ...createFiringApi(ctx),
    startChain: (order) => startChain(ctx, order),
    async chainRun(chainRunId) {
      return found(await store.read('view-chain-run', (db) => viewChainRun(db, chainRunId)), `chain run ${chainRunId}`);
    },
    async run(runId) {
      return found(await store.read('view-run', (db) => viewRun(db, runId)), `run ${runId}`);
    },
    onChainRunChanged: (listener) => watch.listen(listener),
    waitForChainRun: (chainRunId, signal) => watch.waitForEnd(chainRunId, signal),
    cancelChainRun: (chainRunId, reason, by) => cancelChainRun(ctx, chainRunId, reason, by),
    markNode: (order) => markNode(ctx, order),
    approveNodeMark: (order) => approveNodeMark(ctx, order),
    triggerJob: (order) => triggerJob(ctx, order),
    killRun: (runId, order) => killRun(ctx, runId, order),
    rerun: (runId, order) => rerun(ctx, runId, order),
    bulk: (order) => bulk(ctx, hints, order),
    bulkView: (operationId) => viewBulk(ctx, operationId),
    log: (logId, range) => readAttemptLog(ctx, logId, range),
    alarms: (which) => viewAlarms(ctx, which),
    closeAlarm: (order) => closeAlarmByPerson(ctx, order),
    operatorActions: (which) => viewOperatorActions(ctx, which),
    status,
    async define(given) {
      const read = readDefinitions(given.jobs, given.chains ?? []);
      checkArrivals(read.jobs, inputs.roots);
      await replaceDefinitions(ctx, { calendars: given.calendars ?? [], ...read });
    },
    joins,
    groups,
    scripts: createScriptsApi(ctx),
  };
}

function found<T>(value: T | null, what: string): T {
  if (value === null) throw new DaybreakError('NOT_FOUND', `there is no ${what}`);
  return value;
}
