import { basename, join, resolve } from 'node:path';
import type { AdminOptions, SetupLink } from '../../../scheduler/admin/admin-options.ts';
import { networksOption } from '../options/networks-option.ts';
import { httpUrlOption } from '../options/read-values.ts';

/** What people get in by, as `daybreak scheduler` was asked for it; null: there is no admin. */
export type AdminSettings = Pick<
  AdminOptions,
  'publicUrl' | 'trustedProxies' | 'alarmNetworks' | 'plainWebhooks'
> | null;

/** Throws UsageError that names the option. */
export function adminSettings(values: Readonly<Record<string, string>>, switches: ReadonlySet<string>): AdminSettings {
  if (switches.has('no-admin')) return null;
  const url = values['public-url'];
  return {
    publicUrl: url === undefined ? null : httpUrlOption('public-url', url).href,
    trustedProxies: networksOption(values, 'trusted-proxies'),
    alarmNetworks: networksOption(values, 'alarm-networks'),
    plainWebhooks: switches.has('plain-webhooks'),
  };
}

/**
 * Where the build puts the page: beside the compiled files, which the sources know as `dist`. It need not be there: the
 * scheduler looks anew at each request, and serves the API alone until then.
 */
export function pageFolder(from = import.meta.dirname): string {
  const root = resolve(from, '../../..');
  return join(basename(root) === 'dist' ? root : join(root, 'dist'), 'scheduler/web');
}

/** The one-time link with an address that a person can open: a scheduler on every address calls itself 0.0.0.0. */
export function openableLink({ url }: Pick<SetupLink, 'url'>, root: string): string {
  const { pathname, hash } = new URL(url);
  return `${root.replace(/\/+$/, '')}${pathname}${hash}`;
}
