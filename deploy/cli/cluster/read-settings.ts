import { resolve } from 'node:path';
import { integerOption, redisUrlOption } from '../options/read-values.ts';
import { type StoreLocation, storeLocation } from '../options/store-location.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';
import { CONNECTIONS } from './open-cluster-store.ts';
import { secretOption } from './read-secrets.ts';

type Values = Readonly<Record<string, string>>;

/** The database of a cluster's process. */
export function storeOption(values: Values, cwd: string): StoreLocation {
  const location = optionalStoreOption(values, cwd);
  if (location === null) {
    throw new UsageError(
      '--store is missing: write mysql://USER:PASSWORD@HOST:PORT/DATABASE, the same for the whole cluster',
    );
  }
  return location;
}

/** From --store or --store-file; null: neither. */
export function optionalStoreOption(values: Values, cwd: string): StoreLocation | null {
  const url = secretOption(values, 'store', cwd);
  return url === null ? null : storeLocation(url, cwd, cwd);
}

export const connectionsOption = (values: Values): number =>
  integerOption('store-connections', values['store-connections'], { min: 2, max: 1_000, default: CONNECTIONS });

export const redisOption = ({ redis }: Values): string | null => (redis === undefined ? null : redisUrlOption(redis));

export function clusterOption({ cluster = 'daybreak' }: Values): string {
  if (/^[A-Za-z0-9_.:-]{1,64}$/.test(cluster)) return cluster;
  throw new UsageError('--cluster must have 1 to 64 letters, digits, "_", ".", ":" or "-"');
}

/** Roots of schedulers, at least one. */
export function schedulersOption(values: Values): readonly string[] {
  const roots = listOption(values.schedulers);
  if (roots.length === 0) {
    throw new UsageError(
      '--schedulers is missing: name at least one, e.g. http://10.0.0.5:8080, separated by commas, or set DAYBREAK_SCHEDULERS',
    );
  }
  for (const root of roots) {
    const url = URL.parse(root);
    const isHttp = url !== null && /^https?:$/.test(url.protocol);
    if (!isHttp || url.username !== '' || url.search !== '' || url.hash !== '') {
      throw new UsageError(
        '--schedulers must hold addresses such as http://10.0.0.5:8080 (no user, no "?" part), separated by commas',
      );
    }
  }
  return roots;
}

export const listOption = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export const portOption = (values: Values, name: string, standard: number): number =>
  integerOption(name, values[name], { min: 0, max: 65_535, default: standard });

export const secondsOption = (values: Values, name: string, of: { max: number; default: number }): number =>
  integerOption(name, values[name], { min: 0, max: of.max, default: of.default }) * 1_000;

/** `region=north,rack=3`. */
export function labelsOption(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = listOption(text).map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--labels "${inert(pair)}" is no NAME=TEXT: write region=north,rack=3`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

export const pathOption = (text: string | undefined, cwd: string): string | null =>
  text === undefined ? null : resolve(cwd, text);
