/** How people get into a scheduler: `createScheduler({ admin: { ... } })`. */
export interface AdminOptions {
  /**
   * Where people reach the page when that is not where the scheduler listens, e.g. behind a proxy that ends TLS:
   * `https://scheduler.example.com`. With https the session's cookie is `Secure`. Default: the scheduler's own url.
   */
  readonly publicUrl?: string | null;
  /** A session that is not used for so long ends. Default 2 hours. */
  readonly sessionIdleMs?: number;
  /** and in any case after this. Default 12 hours. */
  readonly sessionMaxMs?: number;
  /** How long the one-time link of the first start is good. Default 24 hours; a new start prints a new one. */
  readonly setupLinkMs?: number;
  /** Called with the one-time link when nobody can log in yet: print it. Default: a line in the log. */
  readonly onSetupLink?: (link: SetupLink) => void;
  /** The folder of the built page. Default null: there is the API alone. */
  readonly pageFolder?: string | null;
  /** A loopback-only trial installation; the page says so. Default false. */
  readonly isDev?: boolean;
  /** What stands in front of the scheduler and says in `x-forwarded-for` who asks: CIDRs. Default none. */
  readonly trustedProxies?: readonly string[];
  /** Networks beside the public internet that alarms may be sent to, e.g. `10.0.0.0/8`. Default none. */
  readonly alarmNetworks?: readonly string[];
  /** Whether webhooks may be called without TLS. Default false. */
  readonly plainWebhooks?: boolean;
  /** Requests a second that one principal, and one address, may make over a minute. Default 50. */
  readonly requestsPerSecond?: number;
}

export interface SetupLink {
  readonly url: string;
  readonly expiresAtMs: number;
}

export interface AdminSettings extends Required<Omit<AdminOptions, 'onSetupLink'>> {
  readonly onSetupLink: ((link: SetupLink) => void) | null;
}

const HOUR_MS = 3_600_000;

export function readAdminOptions(given: AdminOptions): AdminSettings {
  return {
    publicUrl: given.publicUrl ?? null,
    sessionIdleMs: given.sessionIdleMs ?? 2 * HOUR_MS,
    sessionMaxMs: given.sessionMaxMs ?? 12 * HOUR_MS,
    setupLinkMs: given.setupLinkMs ?? 24 * HOUR_MS,
    onSetupLink: given.onSetupLink ?? null,
    pageFolder: given.pageFolder ?? null,
    isDev: given.isDev ?? false,
    trustedProxies: given.trustedProxies ?? [],
    alarmNetworks: given.alarmNetworks ?? [],
    plainWebhooks: given.plainWebhooks ?? false,
    requestsPerSecond: given.requestsPerSecond ?? 50,
  };
}
