import { join, resolve } from 'node:path';
import { PRESETS, type Preset } from '../../../executor/examples/settlement/gateway-simulator/presets.ts';
import type { Schedule } from '../../../scheduler/definition/schedule-definition.ts';
import { tryParseCron } from '../../../shared/cron/cron.ts';
import type { Given } from '../options/parse-command-line.ts';
import { integerOption, timeZoneOption, wordOption } from '../options/read-values.ts';
import { type StoreLocation, storeLocation } from '../options/store-location.ts';
import { UsageError } from '../usage-error.ts';

/** What `daybreak dev` was asked for, checked: every field is usable as it stands. */
export interface DevOptions {
  /** HOME/dev: everything that dev keeps. */
  readonly folder: string;
  /** What is typed in another terminal to ask the dev of this home. */
  readonly askCommand: string;
  readonly store: Extract<StoreLocation, { kind: 'sqlite' }>;
  readonly host: string;
  readonly port: number;
  readonly timeZone: string;
  /** Of the sample night; null without samples. */
  readonly schedule: Extract<Schedule, { kind: 'cron' }> | null;
  readonly jobsPath: string | null;
  /** What the sample night's gateway does wrong. */
  readonly faults: Preset;
  /** From the fire of a sample night to its cut-off. */
  readonly nightLastsMs: number;
  /** Fires the sample night at the start. */
  readonly now: boolean;
  /** Asks the dev that runs here, instead of starting one. */
  readonly ask: { readonly action: 'join-token' } | { readonly action: 'fire'; readonly name: string } | null;
  readonly json: boolean;
}

export const DEFAULT_PORT = 8_080;
export const DEFAULT_CRON = '0 */5 * * * ?';

/** Throws UsageError, naming the option and the way out. */
export function devOptions({ values, switches }: Given, cwd: string): DevOptions {
  const folder = join(resolve(cwd, values.home ?? './daybreak-data'), 'dev');
  const store = storeLocation(undefined, folder, cwd);
  if (store.kind !== 'sqlite') throw new Error('the default store is embedded');
  const timeZone =
    values.zone === undefined
      ? new Intl.DateTimeFormat().resolvedOptions().timeZone
      : timeZoneOption('zone', values.zone);
  const samples = !switches.has('no-samples');
  for (const option of ['cron', 'now', 'faults', 'night-lasts'] as const) {
    const isGiven = values[option] !== undefined || switches.has(option);
    if (isGiven && !samples)
      throw new UsageError(`--${option} is for the sample night: leave out --${option} or --no-samples`);
  }
  return {
    folder,
    askCommand: `npx daybreak dev${values.home === undefined ? '' : ` --home ${inShell(values.home)}`}`,
    store,
    host: values.host ?? '127.0.0.1',
    port: integerOption('port', values.port, { min: 0, max: 65_535, default: DEFAULT_PORT }),
    timeZone,
    schedule: samples ? { kind: 'cron', ...cronOption(values.cron ?? DEFAULT_CRON), zone: timeZone } : null,
    jobsPath: values.jobs === undefined ? null : resolve(cwd, values.jobs),
    faults: wordOption('faults', values.faults ?? 'moderate', PRESETS),
    nightLastsMs: 1_000 * integerOption('night-lasts', values['night-lasts'], { min: 20, max: 3_600, default: 180 }),
    now: switches.has('now'),
    ask: whatToAsk(values, switches),
    json: switches.has('json'),
  };
}

/** As a shell takes it for one word. */
const inShell = (text: string): string => (/^[\w./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** Five fields are Unix's, six or seven Quartz's. */
function cronOption(text: string): { dialect: 'unix' | 'quartz'; text: string } {
  const dialect = text.trim().split(/\s+/).length === 5 ? 'unix' : 'quartz';
  const reading = tryParseCron(text, { dialect });
  if (reading.kind === 'refused') throw new UsageError(`--cron "${text}": ${reading.problem.message}`);
  return { dialect, text };
}

function whatToAsk(values: Given['values'], switches: Given['switches']): DevOptions['ask'] {
  const name = values.fire;
  if (switches.has('token') && name !== undefined)
    throw new UsageError('--token and --fire are both given: give one of them');
  if (switches.has('token')) return { action: 'join-token' };
  return name === undefined ? null : { action: 'fire', name };
}
