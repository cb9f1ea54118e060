import type { OptionSpec } from './command-spec.ts';
import { setting } from './setting-rows.ts';

/** How people get into a scheduler: docs/admin.md. */
export const ADMIN_SETTINGS: readonly OptionSpec[] = [
  setting({
    name: 'public-url',
    value: 'URL',
    meaning: 'where people reach the page when a proxy stands before it; with https cookies are for TLS alone',
    default: 'where it listens',
  }),
  setting({
    name: 'trusted-proxies',
    value: 'CIDR,CIDR',
    meaning: 'proxies whose x-forwarded-for is believed',
    default: 'none',
  }),
  setting({
    name: 'alarm-networks',
    value: 'CIDR,CIDR',
    meaning: 'private networks that alarms may be sent to, beside the public internet',
    default: 'none',
  }),
  setting({ name: 'plain-webhooks', meaning: 'lets alarms go to webhooks without TLS' }),
  setting({ name: 'no-admin', meaning: 'serves neither the page nor its API' }),
];
