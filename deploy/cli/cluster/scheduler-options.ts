import { hostname } from 'node:os';
import { type AdminSettings, adminSettings } from '../admin/admin-settings.ts';
import type { Configured } from '../options/configure.ts';
import { networksOption } from '../options/networks-option.ts';
import { httpUrlOption, integerOption } from '../options/read-values.ts';
import type { StoreLocation } from '../options/store-location.ts';
import { UsageError } from '../usage-error.ts';
import { accessTokenOption, checkAccessToken } from './read-secrets.ts';
import {
  clusterOption,
  connectionsOption,
  listOption,
  pathOption,
  portOption,
  redisOption,
  secondsOption,
  storeOption,
} from './read-settings.ts';

/** What `daybreak scheduler` was asked for, checked: every field is usable as it stands. */
export interface SchedulerCommandOptions {
  readonly store: StoreLocation;
  readonly storeConnections: number;
  readonly redisUrl: string | null;
  readonly cluster: string;
  readonly host: string;
  readonly port: number;
  /** What people and the other schedulers call it. */
  readonly address: string;
  readonly accessToken: string;
  readonly previousAccessToken: string | null;
  readonly jobsPath: string | null;
  readonly settlement: boolean;
  /** Null: this machine only. */
  readonly allowedNetworks: readonly string[] | null;
  readonly arrivalRoots: readonly string[];
  readonly admin: AdminSettings;
  /** Where people open the page; null: where it listens. */
  readonly pageRoot: string | null;
  readonly silentAfterMs: number;
  readonly goneAfterMs: number;
  readonly waitMs: number;
  readonly migrate: boolean;
  readonly drainMs: number;
}

/** Throws UsageError, naming the option and the way out. Reads the token's file. */
export function schedulerOptions(given: Configured, cwd: string): SchedulerCommandOptions {
  const { values, switches } = given;
  const previous = values['previous-access-token'] ?? null;
  if (previous !== null) checkAccessToken('DAYBREAK_PREVIOUS_ACCESS_TOKEN', previous);
  const quiet = { min: 100, max: 3_600_000 };
  const silentAfterMs = integerOption('silent-after-ms', values['silent-after-ms'], { ...quiet, default: 45_000 });
  const goneAfterMs = integerOption('gone-after-ms', values['gone-after-ms'], { ...quiet, default: 90_000 });
  if (goneAfterMs <= silentAfterMs) {
    throw new UsageError(`--gone-after-ms ${goneAfterMs} must be more than --silent-after-ms ${silentAfterMs}`);
  }
  const admin = adminSettings(values, switches);
  const [host, port] = [values.host ?? '127.0.0.1', portOption(values, 'port', 8_080)];
  return {
    store: storeOption(values, cwd),
    storeConnections: connectionsOption(values),
    redisUrl: redisOption(values),
    cluster: clusterOption(values),
    host,
    port,
    address: values.address === undefined ? addressOf(host, port) : httpUrlOption('address', values.address).href,
    accessToken: accessTokenOption(given, cwd),
    previousAccessToken: previous,
    jobsPath: pathOption(values.jobs, cwd),
    settlement: switches.has('settlement'),
    allowedNetworks: values['allow-networks'] === undefined ? null : networksOption(values, 'allow-networks'),
    arrivalRoots: listOption(values['arrival-roots']),
    admin,
    pageRoot: admin?.publicUrl ?? (values.address === undefined ? null : httpUrlOption('address', values.address).href),
    silentAfterMs,
    goneAfterMs,
    waitMs: secondsOption(values, 'wait', { max: 86_400, default: 60 }),
    migrate: !switches.has('no-migrate'),
    drainMs: secondsOption(values, 'drain', { max: 3_600, default: 10 }),
  };
}

/** On every address of this machine: by its name. On any free port: it is told apart by the process. */
function addressOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? hostname() : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port === 0 ? `any (process ${process.pid})` : port}/`;
}
