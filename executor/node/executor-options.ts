import { join } from 'node:path';
import { createLogger, type Logger } from '../../shared/logger.ts';
import { createMetrics, type Metrics } from '../../shared/metrics.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createScriptRunner, type ScriptOptions, type ScriptRunner } from '../handler/builtin/script-runner.ts';
import type { Handler, JsonValue } from '../handler/handler-context.ts';
import { createHandlerRegistry, type HandlerRegistry } from '../handler/handler-registry.ts';
import { createSecrets, type Secrets, type SecretsOption } from '../handler/secrets.ts';
import type { Inspections } from '../inspect/inspections.ts';
import type { WorkersSettings } from '../workers/worker-crew.ts';
import { checkExecutorOptions } from './check-executor-options.ts';
import type { OutboxSender } from './outbox-sender.ts';
import type { SchedulerAnswer } from './scheduler-client.ts';
import { createSlotPools, type PoolOptions, type SlotPools } from './slot-pools.ts';
import { systemCores } from './system-cores.ts';
import { type ExecutorEnvironment, readExecutorEnvironment } from './system-environment.ts';

export interface ExecutorOptions {
  /** The group that this node belongs to; jobs are sent to groups. 1 to 64 characters. */
  readonly appname: string;
  /**
   * Roots of the schedulers, tried in order: `http://10.0.0.5:8080`, or `.../xxl-job-admin` for an xxl-job admin.
   * Default: DAYBREAK_SCHEDULERS, separated by commas; without it those that this node joined before.
   */
  readonly schedulers?: readonly string[];
  /** Shared with the schedulers, both ways: at least 32 bytes. Without it the node joins by `joinToken`. */
  readonly accessToken?: string;
  /**
   * A one-time token of a scheduler, for which this node gets the access token of its group. What it got is kept in
   * `dataDir`, so only the first start needs one. Default: DAYBREAK_JOIN_TOKEN. Not looked at beside an accessToken.
   */
  readonly joinToken?: string;
  /** The token before, still taken while the schedulers change to the new one. Default none. */
  readonly previousAccessToken?: string | null;
  /**
   * Takes and makes no request that is not signed with the token, so that the token itself is never sent. Admins of
   * xxl-job cannot sign. Default false: the token alone is enough until a scheduler has shown that it signs.
   */
  readonly requireSignatures?: boolean;
  /** What may be run here, by name. */
  readonly handlers: readonly Handler[];
  /** Runs scripts that come with run requests (xxl-job's GLUE jobs). Default: off, and such requests are refused. */
  readonly scripts?: ScriptOptions;
  /**
   * What jobs name in their parameters as `{secret.NAME}`: values, or files. What is not here is looked for in the
   * environment, as DAYBREAK_SECRET_NAME, and as a file NAME in DAYBREAK_SECRETS_DIR. Values never leave the node.
   * @example { GATEWAY_KEY: { file: '/run/secrets/gateway-key', handlers: ['debit'] } }
   */
  readonly secrets?: SecretsOption;
  /** Where to listen; default 127.0.0.1. */
  readonly host?: string;
  /** Default 9999; 0 takes any free port. */
  readonly port?: number;
  /** Takes the first free port from `port` upward instead of failing when that one is taken. */
  readonly portFrom?: boolean;
  /** What jobs may ask for: `{ region: 'north' }`. At most 32, names to 64 and values to 255 characters. Default none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What schedulers are told, when it is not `http://{host}:{port}/`. */
  readonly advertisedAddress?: string;
  /**
   * The store with this node's attempts and outbox, migrated by whoever opened it (`openExecutorStore` does). Without it
   * the node keeps a small file of its own in `dataDir`.
   */
  readonly store?: SqlStore;
  /** For run logs, and the node's own store; default `./daybreak-data/executor`. One per node unless it has `store`. */
  readonly dataDir?: string;
  /**
   * Opens no port: the node asks each of its schedulers for messages and waits there for the answer, so it works behind
   * NAT and in containers that nobody can dial. Default false. docs/held-executors.md has the whole of it.
   */
  readonly hold?: boolean | HoldOptions;
  /**
   * Worker processes beside this one, for the handlers that `workerHandler` names: they use all cores, and neither a
   * computation nor a hang in them holds up heartbeats. One registration, one port and one outbox stay here. 1 to 256;
   * default none. docs/handlers.md tells more.
   */
  readonly processes?: number;
  /** The module of those processes, a `file:` URL: it exports `openWorker`. Needed beside `processes`. */
  readonly workerModule?: string | URL;
  /** Handed to `openWorker` as it is, over a channel that nobody else reads. JSON; default null. */
  readonly workerConfig?: JsonValue;
  /**
   * How many attempts run at a time. Default four for each core of the machine, and 8 at least: handlers wait more than
   * they compute. For handlers that only compute give as many as there are cores.
   */
  readonly slots?: number;
  /** How many attempts may wait; default 1,000. */
  readonly queueMax?: number;
  /** How many attempts of one job run at a time; default as many as there are slots. */
  readonly slotsPerJob?: number;
  /**
   * Slots of their own for some handlers, beside `slots`, which the others share: a slow handler then takes none of
   * theirs. `{ reports: { handlers: ['monthly'], slots: 2 } }`. Default none.
   */
  readonly pools?: Readonly<Record<string, PoolOptions>>;
  /** Default 30,000 ms, as xxl-job has it; for a node that joined, what its scheduler told it. */
  readonly heartbeatIntervalMs?: number;
  /** For one request to a scheduler; default 5,000 ms. */
  readonly schedulerTimeoutMs?: number;
  /**
   * How long a handler may take to return after its signal; then its outcome is reported without it, and a thread or
   * process is ended (after 3 s at most when it does not even hear the signal). Default 10,000 ms.
   */
  readonly stopGraceMs?: number;
  /** Bytes one attempt may log; default 10 MiB. More is dropped from the middle, and a marker says how much. */
  readonly runLogBytesMax?: number;
  /** Lines one attempt may log; default 100,000. */
  readonly runLogLinesMax?: number;
  /** Bytes of all run logs together; default 5 GiB. Every hour the oldest go, never one that is still written. */
  readonly runLogsTotalBytesMax?: number;
  /** How long run logs and ended attempts are kept; default 30 days. */
  readonly keepDays?: number;
  /** In which a business date is told from a trigger time, when the scheduler sends none; default 'UTC'. */
  readonly timeZone?: string;
  /**
   * What people may ask of it over the scheduler's page: items, slices, nights. Executors of a group share a store, so any
   * of them is asked. Default: the steps of batch jobs in `store`, when it was given one.
   */
  readonly inspections?: Inspections;
  /** Takes outbox messages of kind 'after-settled'. Of the executors that share a store, the first one's counts. */
  readonly afterSettled?: (body: unknown) => Promise<void>;
  /** Told what came of each heartbeat: which scheduler has taken this node, or why none has. Must not throw. */
  readonly onRegistration?: (answer: SchedulerAnswer, address: string) => void;
  /** Sends this store's outbox; default: one shared by the executors of this process with the same store and group. */
  readonly outbox?: OutboxSender;
  readonly runtime?: Runtime;
  readonly logger?: Logger;
  /** A registry of its own per executor: a name can be registered once. */
  readonly metrics?: Metrics;
  /** Names this very start; default a new ULID. A scheduler tells a restart on the same address by it. */
  readonly incarnation?: string;
}

/** How a node that nobody dials holds its lines. */
export interface HoldOptions {
  /**
   * Names the node in its group: 1 to 64 letters, digits, `_` and `-`, the same after a restart. Default: made at the
   * first start and kept in `dataDir`.
   */
  readonly id?: string;
  /**
   * How long one question waits at the scheduler. Less than what proxies on the way allow an idle connection. Default
   * 20,000 ms, 1,000 to 55,000.
   */
  readonly pollMs?: number;
}

/** The options, checked and with every default in its place; null where there is none. */
export interface ExecutorSettings
  extends Required<
    Omit<
      ExecutorOptions,
      | 'handlers'
      | 'scripts'
      | 'secrets'
      | 'store'
      | 'outbox'
      | 'afterSettled'
      | 'onRegistration'
      | 'advertisedAddress'
      | 'joinToken'
      | 'hold'
      | 'pools'
      | 'processes'
      | 'workerModule'
      | 'workerConfig'
    >
  > {
  /** null beside an access token, or when there is none. */
  readonly joinToken: string | null;
  readonly handlers: HandlerRegistry;
  readonly scripts: ScriptRunner | null;
  readonly secrets: Secrets;
  readonly store: SqlStore | null;
  readonly outbox: OutboxSender | null;
  readonly afterSettled: ((body: unknown) => Promise<void>) | null;
  readonly onRegistration: ((answer: SchedulerAnswer, address: string) => void) | null;
  readonly advertisedAddress: string | null;
  /** null: it listens. */
  readonly hold: { readonly id: string | null; readonly pollMs: number } | null;
  readonly slotPools: SlotPools;
  /** null: everything runs in this process. */
  readonly workers: WorkersSettings | null;
}

/** Throws BAD_OPTION with a sentence that names the option and the way out. */
export function settleExecutorOptions(
  options: ExecutorOptions,
  environment: ExecutorEnvironment = readExecutorEnvironment(),
): ExecutorSettings {
  const schedulers = options.schedulers ?? environment.schedulers ?? [];
  checkExecutorOptions(options, schedulers);
  const runtime = options.runtime ?? systemRuntime();
  const dataDir = options.dataDir ?? join('daybreak-data', 'executor');
  const slots = options.slots ?? defaultSlots(systemCores());
  const queueMax = options.queueMax ?? 1_000;
  return {
    appname: options.appname,
    schedulers,
    accessToken: options.accessToken ?? '',
    joinToken: options.accessToken === undefined ? (options.joinToken ?? environment.joinToken) : null,
    previousAccessToken: options.previousAccessToken ?? null,
    requireSignatures: options.requireSignatures ?? false,
    handlers: createHandlerRegistry(options.handlers),
    scripts: options.scripts
      ? createScriptRunner({ dir: join(dataDir, 'scripts'), ...options.scripts }, runtime)
      : null,
    secrets: createSecrets(options.secrets),
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 9_999,
    portFrom: options.portFrom ?? false,
    labels: options.labels ?? {},
    advertisedAddress: options.advertisedAddress ?? null,
    store: options.store ?? null,
    dataDir,
    hold: settleHold(options.hold ?? false),
    slots,
    queueMax,
    slotsPerJob: options.slotsPerJob ?? Number.MAX_SAFE_INTEGER,
    slotPools: createSlotPools({ slots, queueMax }, options.pools),
    workers: settleWorkers(options),
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 30_000,
    schedulerTimeoutMs: options.schedulerTimeoutMs ?? 5_000,
    stopGraceMs: options.stopGraceMs ?? 10_000,
    runLogBytesMax: options.runLogBytesMax ?? 10 * 1_048_576,
    runLogLinesMax: options.runLogLinesMax ?? 100_000,
    runLogsTotalBytesMax: options.runLogsTotalBytesMax ?? 5 * 2 ** 30,
    keepDays: options.keepDays ?? 30,
    timeZone: options.timeZone ?? 'UTC',
    inspections: options.inspections ?? {},
    afterSettled: options.afterSettled ?? null,
    onRegistration: options.onRegistration ?? null,
    outbox: options.outbox ?? null,
    runtime,
    logger: (options.logger ?? createLogger({ name: 'executor' })).child({ appname: options.appname }),
    metrics: options.metrics ?? createMetrics(),
    incarnation: options.incarnation ?? runtime.random.ulid(),
  };
}

const HOLD_MS = 20_000;

function settleHold(hold: boolean | HoldOptions): ExecutorSettings['hold'] {
  if (hold === false) return null;
  const { id = null, pollMs = HOLD_MS } = hold === true ? {} : hold;
  return { id, pollMs };
}

function settleWorkers({ processes, workerModule, workerConfig = null }: ExecutorOptions): WorkersSettings | null {
  if (processes === undefined) return null;
  return { processes, module: String(workerModule), config: workerConfig };
}

/** Four for each core: handlers of a batch wait for databases and gateways most of their time. */
const defaultSlots = (cores: number): number => Math.max(8, 4 * cores);
