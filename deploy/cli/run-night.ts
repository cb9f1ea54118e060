import { type StartedNight, startNight } from '../../executor/examples/settlement/night.ts';
import { inspectPlanFile, type PlanFileInspection } from '../../executor/examples/settlement/plan-file.ts';
import { DaybreakError } from '../../shared/errors.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { openHints } from './cluster/open-hints.ts';
import { endNight, refuseNight, reportRefusedFile, showEndedNight } from './end-night.ts';
import { gatewayOrigin } from './http-gateway-door.ts';
import type { LiveNight } from './live-night.ts';
import { makeFolder } from './make-folder.ts';
import { migrateNightStore } from './migrate-night-store.ts';
import type { NightCall, RefusedFile } from './night-call.ts';
import { openNightLog } from './night-log.ts';
import { defaultReportDir, type NightOptions } from './night-options.ts';
import { showNightProgress } from './night-progress.ts';
import type { NightMoney, NightParts } from './night-work.ts';
import { announceOwner } from './owner/announce-owner.ts';
import { holdStore } from './owner/hold-store.ts';
import { refuseBesideCluster } from './owner/refuse-beside-cluster.ts';
import { checkRedis } from './redis-check.ts';
import { readResolution, resolveWith } from './resolve-item.ts';
import { inert } from './screen/table.ts';
import { localTime } from './screen/words.ts';
import { statusDocument } from './status-document.ts';
import { watchStore } from './store-watch.ts';
import { UsageError } from './usage-error.ts';
import type { NightEnd, WholeNight } from './whole-night.ts';

const STORE_WAIT_MS = 10_000;

/**
 * One whole night, step by step. What is opened is closed in the reverse order, however it ends; each return waits for
 * its work, because the closing begins with it.
 */
export async function runNight(call: NightCall): Promise<number> {
  const { options, terminal } = call;
  await using closing = new AsyncDisposableStack();
  const runtime = systemRuntime();
  const file = await inspectPlans(options);
  // Before anything is debited: a night whose report cannot be written would end as an error with its work done.
  makeFolder(options.reportDir, options.reportDir === defaultReportDir(options) ? 'home' : 'report');
  if (file.kind === 'refused') return await reportRefusedFile(call, file);
  if (options.redisUrl !== null) await checkRedis(options.redisUrl);

  const log = openNightLog({ ...options, toStderr: !terminal.live });
  closing.defer(() => {
    log.close();
    // Standard error has had them already where no person watches.
    if (terminal.live && log.warnings() > 0) terminal.say(`Warnings: ${log.warnings()}, see ${inert(log.path)}`);
  });
  const { logger } = log;
  const held = await holdStore(options.store, { waitMs: STORE_WAIT_MS, runtime, logger, command: call.command });
  closing.defer(() => held.release());
  if (options.store.kind === 'mysql') await refuseBesideCluster(held.store);
  const watched = watchStore(held.store, runtime);
  const { store } = watched;
  await migrateNightStore(store, logger);
  const live: LiveNight = { scheduler: null, engine: null, chainRunId: null };
  closing.use(await answerOthers(call, store, live));

  const request = { ...options, planSha256: file.sha256, gatewayOrigin: gatewayOrigin(options.gateway) };
  const started = await startNight(store, request, { timeOfDay: options.cutOff, timeZone: options.timeZone });
  if (started.kind === 'refused') throw new DaybreakError('NIGHT_MISMATCH', started.message);
  if (started.kind === 'report-again') return await showEndedNight(call, store, started.night);
  call.phase.begun = true;
  sayHowItStarts(call, started);

  const say = (line: string): void => terminal.say(line);
  // Loaded here, like all that follows: a night that has ended is shown again without it.
  const { createMetrics } = await import('../../shared/metrics.ts');
  const metrics = createMetrics();
  closing.defer(() => metrics.close());
  const hints = await openHints({ ...options, cluster: 'night' }, { runtime, logger, say, metrics }, closing);
  const parts: NightParts = { options, night: started.night, store, runtime, logger, metrics, ...hints };
  const { openNightMoney } = await import('./night-work.ts');
  const money = await openNightMoney(parts, closing);
  closing.defer(() => money.engine.drain());
  live.engine = money.engine;
  const stop = AbortSignal.any([call.stop, held.lost, watched.lost]);
  const end =
    started.kind === 'last-pass-again'
      ? await lastPassAgain(parts, money, stop)
      : await wholeNight(call, { parts, money, planSha256: file.sha256, live, stop, closing });
  if (end.kind === 'refused') return await refuseNight(call, parts, end);
  return await endNight(call, parts, end);
}

type ReadableFile = Extract<PlanFileInspection, { kind: 'ok' }> | RefusedFile;

async function inspectPlans(options: NightOptions): Promise<ReadableFile> {
  const file = await inspectPlanFile(options.plansPath);
  if (file.kind === 'refused' && file.reason === 'NOT_READABLE')
    throw new UsageError(`--plans: ${inert(file.sentence)}`);
  return file;
}

/** `daybreak status` and `daybreak resolve` reach the night by this door while it holds the store. */
function answerOthers(call: NightCall, store: SqlStore, live: LiveNight): Promise<AsyncDisposable> {
  const who = { command: call.command, runtime: systemRuntime() };
  return announceOwner(call.options.store, who, (running) => ({
    status: async () => {
      const { scheduler, chainRunId } = live;
      const chain = scheduler === null || chainRunId === null ? null : await scheduler.chainRun(chainRunId);
      return statusDocument(store, { running, chain });
    },
    resolve: async (body) => {
      const request = readResolution(body);
      if (live.engine !== null) return resolveWith(live.engine, store, request);
      return (await import('./resolve-in-store.ts')).resolveInStore(store, request);
    },
  }));
}

function sayHowItStarts(
  { options, terminal }: NightCall,
  { kind, night, openCalls }: Exclude<StartedNight, { kind: 'refused' }>,
): void {
  const no = night.seq === 1 ? '' : ` (no ${night.seq} of this date)`;
  const how = {
    begun: 'begins',
    'taken-up': 'is taken up',
    'last-pass-again': 'gets another last pass',
    'report-again': 'has ended',
  };
  terminal.say(`The night of ${night.businessDate}${no} ${how[kind]}: ${inert(options.plansPath)}`);
  terminal.say(`Gateway ${gatewayOrigin(options.gateway)}, cut-off ${localTime(night.cutOffAtMs, night.timeZone)}`);
  if (openCalls > 0) terminal.say(`${openCalls} calls are open: they are asked for first`);
}

async function wholeNight({ terminal }: NightCall, whole: Omit<WholeNight, 'onChainRun'>): Promise<NightEnd> {
  const { store, night, logger } = whole.parts;
  const { workWholeNight } = await import('./whole-night.ts');
  let progress: { end(): Promise<void> } | null = null;
  try {
    return await workWholeNight({
      ...whole,
      onChainRun: (chainRunId) => {
        progress = showNightProgress({ terminal, store, logger, chainRunId, cutOffAtMs: night.cutOffAtMs });
      },
    });
  } finally {
    await (progress as { end(): Promise<void> } | null)?.end();
  }
}

/** A night that ended with 3 is past its cut-off, or waits for people: it is asked about, matched and reported anew. */
async function lastPassAgain(parts: NightParts, money: NightMoney, stop: AbortSignal): Promise<NightEnd> {
  const { reconcile } = await import('../../executor/examples/settlement/night-handlers.ts');
  await money.engine.connect({ forMs: 30_000, signal: stop });
  const { id: nightId, chainRunId, cutOffAtMs } = parts.night;
  if (chainRunId !== null) await money.engine.beginChainRun({ chainRunId, cutOffAtMs, exclusive: true });
  await reconcile({ ...parts.options, ...parts, ...money, downstream: money.gateway.downstream, nightId }, stop);
  return { kind: 'worked', executors: [], file: null };
}
