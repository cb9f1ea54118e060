import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Given } from './options/parse-command-line.ts';
import {
  dateOption,
  httpUrlOption,
  integerOption,
  percentOption,
  redisUrlOption,
  timeOfDayOption,
  timeZoneOption,
  wordOption,
} from './options/read-values.ts';
import { type StoreLocation, storeLocation } from './options/store-location.ts';
import { inert } from './screen/table.ts';
import { UsageError } from './usage-error.ts';

/** What `daybreak night` was asked for, checked: every field is usable as it stands. */
export interface NightOptions {
  readonly businessDate: string;
  readonly plansPath: string;
  readonly sample: boolean;
  readonly gateway: GatewayChoice;
  readonly gatewayTimeoutMs: number;
  readonly callback: { readonly port: number; readonly secret: string | null } | null;
  readonly executors: number;
  readonly home: string;
  readonly store: StoreLocation;
  readonly redisUrl: string | null;
  readonly chunkSize: number;
  /** HH:MM, or null for two hours after the first start. */
  readonly cutOff: string | null;
  readonly timeZone: string;
  readonly reportDir: string;
  readonly maxRejectPercent: number;
  readonly fresh: boolean;
  readonly json: boolean;
}

export const FAULT_LEVELS = ['none', 'moderate', 'hostile'] as const;
export type FaultLevel = (typeof FAULT_LEVELS)[number];

export type GatewayChoice =
  | { readonly kind: 'simulator'; readonly faults: FaultLevel }
  | { readonly kind: 'url'; readonly url: URL; readonly key: string };

export const SAMPLE = {
  businessDate: '2026-11-20',
  path: join(import.meta.dirname, '../../executor/examples/settlement/sample/plans-2026-11-20.csv'),
} as const;

/** Throws UsageError, naming the option and the way out, for anything that cannot be used. Reads the key file. */
export function nightOptions(given: Given, cwd: string): NightOptions {
  const { values, switches } = given;
  const plans = whatToDebit(values, cwd);
  const gateway = gatewayChoice(given, cwd);
  const home = resolve(cwd, values.home ?? './daybreak-data');
  return {
    ...plans,
    gateway,
    gatewayTimeoutMs: integerOption('gateway-timeout-ms', values['gateway-timeout-ms'], {
      min: 100,
      max: 600_000,
      default: gateway.kind === 'simulator' ? 2_000 : 10_000,
    }),
    callback: callbackDoor(given),
    executors: integerOption('executors', values.executors, { min: 1, max: 64, default: 3 }),
    home,
    store: storeLocation(values.store, home, cwd),
    redisUrl: values.redis === undefined ? null : redisUrlOption(values.redis),
    chunkSize: integerOption('chunk-size', values['chunk-size'], { min: 1, max: 100_000, default: 1_000 }),
    cutOff: values['cut-off'] === undefined ? null : timeOfDayOption('cut-off', values['cut-off']),
    timeZone:
      values['time-zone'] === undefined
        ? new Intl.DateTimeFormat().resolvedOptions().timeZone
        : timeZoneOption('time-zone', values['time-zone']),
    reportDir: values.report === undefined ? defaultReportDir({ home, ...plans }) : resolve(cwd, values.report),
    maxRejectPercent: percentOption('max-reject-percent', values['max-reject-percent'] ?? '1'),
    fresh: switches.has('fresh'),
    json: switches.has('json'),
  };
}

export const defaultReportDir = ({ home, businessDate }: Pick<NightOptions, 'home' | 'businessDate'>): string =>
  join(home, 'nights', businessDate);

function whatToDebit(
  values: Given['values'],
  cwd: string,
): { businessDate: string; plansPath: string; sample: boolean } {
  const { date, plans } = values;
  if (plans === undefined && date === undefined) {
    return { businessDate: SAMPLE.businessDate, plansPath: SAMPLE.path, sample: true };
  }
  if (date === undefined) {
    throw new UsageError('--plans needs --date: which business date is to be settled? Add --date YYYY-MM-DD');
  }
  const businessDate = dateOption('date', date);
  if (plans === undefined) {
    throw new UsageError(
      '--date needs --plans FILE; a night without new plans takes a file with the header and the line TRAILER,0',
    );
  }
  return { businessDate, plansPath: resolve(cwd, plans), sample: false };
}

function gatewayChoice(given: Given, cwd: string): GatewayChoice {
  const { values, fromEnv } = given;
  const typed = (name: string): boolean => values[name] !== undefined && !fromEnv.has(name);
  if (values.gateway === undefined) {
    for (const name of ['gateway-key', 'gateway-key-file']) {
      if (typed(name)) throw new UsageError(`--${name} needs --gateway URL: without it the simulator is used`);
    }
    return { kind: 'simulator', faults: wordOption('faults', values.faults ?? 'moderate', FAULT_LEVELS) };
  }
  if (values.faults !== undefined) {
    throw new UsageError('--faults is for the simulator: leave out --faults, or leave out --gateway');
  }
  const url = httpUrlOption('gateway', values.gateway);
  if (typed('gateway-key') && values['gateway-key-file'] !== undefined) {
    throw new UsageError('--gateway-key and --gateway-key-file are both given: give one of them');
  }
  const fromFile = values['gateway-key-file'];
  const key = fromFile === undefined ? values['gateway-key'] : keyFromFile(resolve(cwd, fromFile));
  if (key === undefined) {
    throw new UsageError('--gateway needs a key: --gateway-key-file FILE, DAYBREAK_GATEWAY_KEY, or --gateway-key KEY');
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UsageError('--gateway-key cannot be sent: it must be printable ASCII characters without blanks');
  }
  return { kind: 'url', url, key };
}

function keyFromFile(path: string): string {
  try {
    const key = readFileSync(path, 'utf8').trim();
    if (key !== '') return key;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new UsageError(`--gateway-key-file ${inert(path)} cannot be read (${code}): name a file that holds the key`, {
      cause,
    });
  }
  throw new UsageError(`--gateway-key-file ${inert(path)} is empty: write the key into it`);
}

function callbackDoor({ values, fromEnv }: Given): NightOptions['callback'] {
  const secret = values['callback-secret'] ?? null;
  if (values['callback-port'] === undefined) {
    if (secret !== null && !fromEnv.has('callback-secret')) {
      throw new UsageError('--callback-secret needs --callback-port N: without it no callback is taken');
    }
    return null;
  }
  return { port: integerOption('callback-port', values['callback-port'], { min: 1, max: 65_535, default: 0 }), secret };
}
