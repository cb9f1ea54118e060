import type { SetupLink } from '../../../scheduler/admin/admin-options.ts';
import { createScheduler } from '../../../scheduler/create-scheduler.ts';
import { LOOPBACK_ONLY } from '../../../scheduler/dispatch/http-allowed-networks.ts';
import type { Scheduler } from '../../../scheduler/scheduler.ts';
import { createMetrics } from '../../../shared/metrics.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { openableLink, pageFolder } from '../admin/admin-settings.ts';
import type { CommandCall } from '../command-call.ts';
import { type JobsFile, readJobsFile } from '../dev/jobs-file.ts';
import { reachableRoot } from '../dev/join-command.ts';
import { SCHEDULER_PART } from '../migrate-night-store.ts';
import { CLUSTER_CHAIN, CLUSTER_JOBS } from '../nightly-settlement.ts';
import { ownVersion } from '../own-version.ts';
import { listenError } from './listen-error.ts';
import { openClusterStore, refuseBesideNight } from './open-cluster-store.ts';
import { openHints } from './open-hints.ts';
import { refuseExecutorsOfAnother } from './refuse-other-cluster.ts';
import { configuredCall, runService, type Service, untilAborted } from './run-service.ts';
import { type SchedulerCommandOptions, schedulerOptions } from './scheduler-options.ts';

/** `daybreak scheduler`: one of the schedulers of a cluster, until it is told to stop. */
export async function runSchedulerCommand(call: CommandCall): Promise<number> {
  const given = configuredCall(call);
  if (given === null) return 0;
  const options = schedulerOptions(given, call.cwd);
  const stopping = 'it fires and hands out nothing more, and what is under way may end';
  return runService(call, { ...options, stopping }, (service) => serve(options, service));
}

/** What is opened is closed in the reverse order, however it ends. */
async function serve(options: SchedulerCommandOptions, service: Service): Promise<void> {
  const { stop, say } = service;
  await using closing = new AsyncDisposableStack();
  const definitions = await readClusterDefinitions(options);
  const store = await openClusterStore(
    { location: options.store, part: SCHEDULER_PART, connections: options.storeConnections, migrate: options.migrate },
    service,
    closing,
  );
  await refuseExecutorsOfAnother(store, options.cluster);
  const scheduler = await startScheduler(options, { service, store, definitions }, closing);
  // Once more, now that this process is on record: of two that start together, one sees the other.
  await refuseExecutorsOfAnother(store, options.cluster);
  await refuseBesideNight(store, options.store);
  say(`scheduler is up at ${scheduler.url}, store ${store.label}`);
  await untilAborted(stop);
}

async function startScheduler(
  options: SchedulerCommandOptions,
  parts: { readonly service: Service; readonly store: SqlStore; readonly definitions: JobsFile },
  closing: AsyncDisposableStack,
): Promise<Scheduler> {
  const { service, store, definitions } = parts;
  const { runtime, logger } = service;
  let link: SetupLink | null = null;
  const metrics = createMetrics();
  closing.defer(() => metrics.close());
  const hints = await openHints(options, { ...service, metrics }, closing);
  const scheduler = createScheduler({
    ...definitions,
    store,
    runtime,
    logger,
    metrics,
    ...hints,
    cluster: options.cluster,
    nodeName: options.address,
    codeVersion: ownVersion(),
    accessToken: options.accessToken,
    previousAccessToken: options.previousAccessToken,
    host: options.host,
    port: options.port,
    allowedNetworks: options.allowedNetworks ?? LOOPBACK_ONLY,
    arrivalRoots: options.arrivalRoots,
    admin:
      options.admin === null
        ? null
        : { ...options.admin, pageFolder: pageFolder(), onSetupLink: (made) => (link = made) },
    settings: { executorSilentAfterMs: options.silentAfterMs, executorGoneAfterMs: options.goneAfterMs },
  });
  closing.defer(() => scheduler.stop({ drainMs: options.drainMs }));
  try {
    await scheduler.start();
  } catch (cause) {
    throw listenError(cause, options) ?? cause;
  }
  if (link !== null) service.say(setupLine(link, options, scheduler.url));
  return scheduler;
}

function setupLine(link: SetupLink, { host, pageRoot }: SchedulerCommandOptions, url: string): string {
  const root = pageRoot ?? reachableRoot(host, Number(new URL(url).port));
  return `nobody can log in yet: make the first administrator at ${openableLink(link, root)} (good once, for a day)`;
}

async function readClusterDefinitions({ jobsPath, settlement }: SchedulerCommandOptions): Promise<JobsFile> {
  const own = jobsPath === null ? { jobs: [], chains: [] } : await readJobsFile(jobsPath);
  if (!settlement) return own;
  return { jobs: [...CLUSTER_JOBS, ...own.jobs], chains: [CLUSTER_CHAIN, ...own.chains] };
}
