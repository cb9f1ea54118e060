import type { Scheduler } from '../../../scheduler/scheduler.ts';
import { activeChainRunLines } from '../../../scheduler/storage/sql/admin-chain-queries.ts';
import { openRuns } from '../../../scheduler/storage/sql/run-queries.ts';
import { isDaybreakError, messageOf } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { openableLink } from '../admin/admin-settings.ts';
import { makeFolder } from '../make-folder.ts';
import { migrateNightStore } from '../migrate-night-store.ts';
import { openNightLog } from '../night-log.ts';
import { NIGHTLY_SETTLEMENT } from '../nightly-settlement.ts';
import { announceOwner } from '../owner/announce-owner.ts';
import { holdSqliteStore } from '../owner/sqlite-store-lock.ts';
import { readResolution, resolveWith } from '../resolve-item.ts';
import { inert } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';
import { localTime } from '../screen/words.ts';
import { statusDocument } from '../status-document.ts';
import { watchStore } from '../store-watch.ts';
import { UsageError } from '../usage-error.ts';
import { type DevDefinitions, devDefinitions } from './dev-definitions.ts';
import type { DevMoney } from './dev-money.ts';
import type { DevOptions } from './dev-options.ts';
import { refreshPage } from './dev-page.ts';
import { startSamples } from './dev-samples.ts';
import { type DevParts, startDevScheduler } from './dev-scheduler.ts';
import { createDevScreen, type DevScreen } from './dev-screen.ts';
import { fireByName } from './fire-by-name.ts';
import { joinCommand, reachableRoot } from './join-command.ts';
import { watchEvents } from './watch-events.ts';

export interface DevCall {
  readonly options: DevOptions;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly stop: AbortSignal;
  /** As typed. */
  readonly command: string;
}

const STORE_WAIT_MS = 2_000;
/** Runs until the stop signal. What is opened is closed in the reverse order, however it ends. */
export async function runDev(call: DevCall): Promise<void> {
  const { options, terminal, stop } = call;
  await using closing = new AsyncDisposableStack();
  const runtime = systemRuntime();
  makeFolder(options.folder, 'home');
  const log = openNightLog({ home: options.folder, businessDate: 'dev', toStderr: false });
  closing.defer(() => log.close());
  const { logger } = log;
  const definitions = await devDefinitions(options);
  const store = watchStore(await holdStore(call, { runtime, logger }, closing), runtime);
  await migrateNightStore(store.store, logger);
  const parts: DevParts = { options, store: store.store, runtime, logger };
  const screen = createDevScreen(terminal, options);

  const open = await store.store.read('read-open', async (db) => ({
    openChainRuns: (await activeChainRunLines(db)).length,
    openRuns: (await openRuns(db)).length,
  }));
  let setupLink: string | null = null;
  const scheduler = await startDevScheduler(
    parts,
    { definitions: definitions.current(), onSetupLink: (url) => (setupLink = url) },
    closing,
  );
  const issueToken = () => issue(call, scheduler);
  const samples: { money: DevMoney | null } = { money: null };
  closing.use(await answerOthers(call, parts, { scheduler, samples, definitions, issueToken }));
  await sayHello(call, { scheduler, screen, log: log.path, open });
  // Who opens the link while the page is built would find none; refreshPage() tells what fails, and never does itself.
  void refreshPage((text) => screen.page(text)).then(() => {
    if (setupLink !== null && !stop.aborted) screen.setup(openableLink({ url: setupLink }, urlOf(call, scheduler)));
  });
  const showToken = async () => screen.token(await issueToken());
  await showToken();
  scheduler.joins.onJoined(() => {
    showToken().catch((error: unknown) => logger.warn({ err: error }, 'there is no new token to show'));
  });

  const watch = await watchEvents({
    ...parts,
    async onEvent(event) {
      // While it stops, its own executors leave: nobody has to be told.
      if (!stop.aborted || event.event !== 'executor_left') await screen.tell(event, scheduler);
    },
  });
  closing.defer(() => watch.stop());
  if (options.schedule !== null) samples.money = await startSamples(parts, scheduler, closing);
  if (options.now)
    await fireByName(scheduler, definitions.current(), { ...parts.options, runtime }, NIGHTLY_SETTLEMENT);
  const ended = AbortSignal.any([stop, store.lost]);
  await followJobsFile(parts, { scheduler, definitions, screen, ended });
  if (!stop.aborted) ended.throwIfAborted();
}

async function holdStore(
  { options, command }: DevCall,
  given: { runtime: Runtime; logger: Logger },
  closing: AsyncDisposableStack,
): Promise<SqlStore> {
  try {
    const held = await holdSqliteStore(options.store, { ...given, waitMs: STORE_WAIT_MS });
    closing.defer(() => held.release());
    return held.store;
  } catch (error) {
    if (!isDaybreakError(error, 'STORE_BUSY')) throw error;
    const { pid } = error.details;
    const who = typeof pid === 'number' ? `process ${pid}` : 'another process';
    throw new UsageError(
      `${who} works in ${inert(options.folder)} already, so ${command} cannot: stop it, or name another folder with --home DIR`,
      { cause: error },
    );
  }
}

async function issue({ options }: DevCall, scheduler: Scheduler): Promise<{ token: string; command: string }> {
  const { token } = await scheduler.joins.issue();
  const root = urlOf({ options }, scheduler);
  return { token, command: joinCommand(root, token) };
}

const urlOf = ({ options }: Pick<DevCall, 'options'>, { url }: Pick<Scheduler, 'url'>): string =>
  reachableRoot(options.host, Number(new URL(url).port));

/** `daybreak dev --token`, `--fire`, and `daybreak status` and `resolve` for this home, reach us by this door. */
function answerOthers(
  { command }: DevCall,
  { options, store, runtime }: DevParts,
  has: {
    readonly scheduler: Scheduler;
    readonly samples: { readonly money: DevMoney | null };
    readonly definitions: DevDefinitions;
    issueToken(): Promise<{ token: string; command: string }>;
  },
): Promise<AsyncDisposable> {
  const { scheduler, samples, definitions } = has;
  return announceOwner(options.store, { command, runtime }, (running) => ({
    'join-token': () => has.issueToken(),
    fire: async (body) => fireByName(scheduler, definitions.current(), { ...options, runtime }, nameIn(body)),
    status: async () => statusDocument(store, { running, chain: null }),
    resolve: async (body) => {
      const request = readResolution(body);
      if (samples.money !== null) return resolveWith(samples.money.engine, store, request);
      return (await import('../resolve-in-store.ts')).resolveInStore(store, request);
    },
  }));
}

const nameIn = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'name' in body ? String(body.name) : '';

async function sayHello(
  { options }: DevCall,
  up: {
    readonly scheduler: Scheduler;
    readonly screen: DevScreen;
    readonly log: string;
    /** Of the start before: this one goes on with them. */
    readonly open: { readonly openChainRuns: number; readonly openRuns: number };
  },
): Promise<void> {
  const { scheduler, screen } = up;
  const url = urlOf({ options }, scheduler);
  const [next] = options.schedule === null ? [] : await scheduler.nextFires({ chain: NIGHTLY_SETTLEMENT }, 1);
  screen.up({
    url,
    store: options.store.path,
    log: up.log,
    ...up.open,
    nextFire: next === undefined ? null : localTime(next.plannedAtMs, options.timeZone),
  });
}

/** Until `ended`: definitions that changed are stored as new versions; a file that cannot be used changes nothing. */
async function followJobsFile(
  { runtime, logger }: DevParts,
  to: { scheduler: Scheduler; definitions: DevDefinitions; screen: DevScreen; ended: AbortSignal },
): Promise<void> {
  const { scheduler, definitions, screen, ended } = to;
  for (;;) {
    await runtime.sleep(1_000, ended).catch(() => undefined);
    if (ended.aborted) return;
    try {
      const changed = await definitions.readAgain((next) => scheduler.define(next));
      if (changed !== null) screen.jobs(changed);
    } catch (error) {
      logger.warn({ err: error }, 'the jobs file cannot be used');
      screen.jobsRefused(messageOf(error));
    }
  }
}
