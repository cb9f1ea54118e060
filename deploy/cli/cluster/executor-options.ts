import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { SETTLEMENT_GROUP } from '../nightly-settlement.ts';
import type { Configured } from '../options/configure.ts';
import { httpUrlOption, integerOption, timeZoneOption } from '../options/read-values.ts';
import type { StoreLocation } from '../options/store-location.ts';
import { UsageError } from '../usage-error.ts';
import { accessTokenOption, secretOption } from './read-secrets.ts';
import {
  clusterOption,
  connectionsOption,
  labelsOption,
  optionalStoreOption,
  pathOption,
  portOption,
  redisOption,
  schedulersOption,
  secondsOption,
} from './read-settings.ts';

/** What `daybreak executor` was asked for, checked: every field is usable as it stands. JSON: worker processes get it. */
export interface ExecutorCommandOptions {
  readonly schedulers: readonly string[];
  /** Null: a file of its own in the data directory. */
  readonly store: StoreLocation | null;
  readonly storeConnections: number;
  readonly redisUrl: string | null;
  readonly cluster: string;
  readonly accessToken: string;
  readonly host: string;
  readonly port: number;
  readonly address: string | null;
  /** Opens no port but, where one is named, that of its health pages. */
  readonly hold: { readonly healthPort: number | null } | null;
  /** Worker processes that run the handlers; null: they run in the executor's own. */
  readonly processes: number | null;
  readonly group: string;
  readonly handlersPath: string | null;
  readonly settlement: SettlementChoice | null;
  readonly timeZone: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Null: as many as the machine suggests. */
  readonly slots: number | null;
  readonly heartbeatMs: number;
  readonly dataDir: string;
  readonly waitMs: number;
  readonly migrate: boolean;
  readonly drainMs: number;
}

export interface SettlementChoice {
  readonly gateway: { readonly url: string; readonly key: string; readonly origin: string };
  readonly gatewayTimeoutMs: number;
  readonly chunkSize: number;
  readonly callback: { readonly port: number; readonly url: string | null; readonly secret: string } | null;
  readonly reportDir: string;
}

const SETTLEMENT_ONLY = [
  'gateway',
  'gateway-key-file',
  'gateway-name',
  'callback-port',
  'callback-url',
  'report-dir',
  'chunk-size',
];

/** Throws UsageError, naming the option and the way out. Reads the files of the secrets. */
export function executorOptions(given: Configured, cwd: string): ExecutorCommandOptions {
  const { values, switches } = given;
  const dataDir = resolve(cwd, values['data-dir'] ?? './daybreak-data/executor');
  const settlement = switches.has('settlement') ? settlementChoice(values, { cwd, dataDir }) : null;
  const handlersPath = pathOption(values.handlers, cwd);
  if (settlement === null) refuseWithoutSettlement(given);
  if (settlement === null && handlersPath === null) {
    throw new UsageError('there is nothing to run: give --handlers FILE, or --settlement, or both');
  }
  const store = optionalStoreOption(values, cwd);
  if (settlement !== null && store === null) {
    throw new UsageError(
      '--settlement needs --store mysql://USER:PASSWORD@HOST:PORT/DATABASE, which its executors share',
    );
  }
  const group = values.group ?? (settlement === null ? undefined : SETTLEMENT_GROUP);
  if (group === undefined)
    throw new UsageError('--group is missing: which group of executors do the handlers belong to?');
  if (!/^\S(.{0,62}\S)?$/.test(group))
    throw new UsageError('--group must have 1 to 64 characters, and no blank at its ends');
  return {
    schedulers: schedulersOption(values),
    storeConnections: connectionsOption(values),
    store,
    redisUrl: redisOption(values),
    cluster: clusterOption(values),
    accessToken: accessTokenOption(given, cwd),
    host: values.host ?? '127.0.0.1',
    port: portOption(values, 'port', 9_999),
    address: values.address === undefined ? ownAddress(values) : httpUrlOption('address', values.address).href,
    hold: holdChoice(given),
    processes:
      values.processes === undefined
        ? null
        : integerOption('processes', values.processes, { min: 1, max: 256, default: 1 }),
    group,
    handlersPath,
    settlement,
    timeZone:
      values['time-zone'] === undefined
        ? new Intl.DateTimeFormat().resolvedOptions().timeZone
        : timeZoneOption('time-zone', values['time-zone']),
    labels: labelsOption(values.labels),
    slots:
      values.slots === undefined ? null : integerOption('slots', values.slots, { min: 1, max: 10_000, default: 8 }),
    heartbeatMs: integerOption('heartbeat-ms', values['heartbeat-ms'], { min: 100, max: 60_000, default: 15_000 }),
    dataDir,
    waitMs: secondsOption(values, 'wait', { max: 86_400, default: 60 }),
    migrate: !switches.has('no-migrate'),
    drainMs: secondsOption(values, 'drain', { max: 3_600, default: 30 }),
  };
}

/** One that listens on every address is told by the name of its machine; a port of the system's choice is not known yet. */
function ownAddress(values: Configured['values']): string | null {
  const isAny = values.host === '0.0.0.0' || values.host === '::';
  const port = portOption(values, 'port', 9_999);
  return isAny && port !== 0 ? `http://${hostname()}:${port}/` : null;
}

function holdChoice({ values, switches, origins }: Configured): ExecutorCommandOptions['hold'] {
  const healthPort = values['health-port'] === undefined ? null : portOption(values, 'health-port', 0);
  if (!switches.has('hold')) {
    if (origins.get('health-port') !== '--health-port') return null;
    throw new UsageError('--health-port is for --hold: without it the pages are at --port');
  }
  const odd = ['port', 'address'].find((name) => origins.get(name) === `--${name}`);
  if (odd !== undefined) throw new UsageError(`--${odd} is not for --hold, which opens no port: leave out one of them`);
  return { healthPort };
}

/** Typed on this very command line; a file or an environment may be shared with others. */
function refuseWithoutSettlement({ values, origins }: Configured): void {
  const odd = SETTLEMENT_ONLY.find((name) => values[name] !== undefined && origins.get(name) === `--${name}`);
  if (odd !== undefined) throw new UsageError(`--${odd} is for the settlement: add --settlement, or leave it out`);
}

function settlementChoice(
  values: Configured['values'],
  { cwd, dataDir }: { cwd: string; dataDir: string },
): SettlementChoice {
  if (values.gateway === undefined)
    throw new UsageError('--settlement needs --gateway URL: where are the debits sent to?');
  const url = httpUrlOption('gateway', values.gateway);
  const key = secretOption(values, 'gateway-key', cwd);
  if (key === null) throw new UsageError('--gateway needs a key: --gateway-key-file FILE, or DAYBREAK_GATEWAY_KEY');
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UsageError('the gateway key cannot be sent: it must be printable ASCII characters without blanks');
  }
  const secret = values['callback-secret'] ?? key;
  const callbackUrl = values['callback-url'];
  if (callbackUrl !== undefined && values['callback-port'] === undefined) {
    throw new UsageError('--callback-url needs --callback-port N: without it no callback is taken');
  }
  return {
    gateway: { url: url.href, key, origin: values['gateway-name'] ?? url.origin },
    gatewayTimeoutMs: integerOption('gateway-timeout-ms', values['gateway-timeout-ms'], {
      min: 100,
      max: 600_000,
      default: 10_000,
    }),
    chunkSize: integerOption('chunk-size', values['chunk-size'], { min: 1, max: 100_000, default: 1_000 }),
    callback:
      values['callback-port'] === undefined
        ? null
        : {
            port: portOption(values, 'callback-port', 0),
            url: callbackUrl === undefined ? null : httpUrlOption('callback-url', callbackUrl).href,
            secret,
          },
    reportDir: values['report-dir'] === undefined ? join(dataDir, 'nights') : resolve(cwd, values['report-dir']),
  };
}
