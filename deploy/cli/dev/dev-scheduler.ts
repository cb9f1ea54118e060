import { createScheduler } from '../../../scheduler/create-scheduler.ts';
import { LOOPBACK_ONLY } from '../../../scheduler/dispatch/http-allowed-networks.ts';
import type { Scheduler } from '../../../scheduler/scheduler.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { pageFolder } from '../admin/admin-settings.ts';
import { listenError } from '../cluster/listen-error.ts';
import type { DevOptions } from './dev-options.ts';
import type { JobsFile } from './jobs-file.ts';
import { ownAccessToken } from './own-access-token.ts';

/** What everything of a dev works with. */
export interface DevParts {
  readonly options: DevOptions;
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

/** How many executors settle the sample night. */
export const SAMPLE_EXECUTORS = 3;
/** Short, so that a person who kills an executor sees what becomes of it. */
const SETTINGS = { executorSilentAfterMs: 3_000, executorGoneAfterMs: 10_000 };
/** With --host executors may live on this machine and in private networks. */
const PRIVATE_NETWORKS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

/** Opens the port. Throws UsageError, naming the option, when it cannot be opened. */
export async function startDevScheduler(
  { options, store, runtime, logger }: DevParts,
  { definitions, onSetupLink }: { readonly definitions: JobsFile; onSetupLink(url: string): void },
  closing: AsyncDisposableStack,
): Promise<Scheduler> {
  const { host, port } = options;
  const scheduler = createScheduler({
    ...definitions,
    store,
    runtime,
    logger: logger.child({ name: 'scheduler' }),
    accessToken: ownAccessToken(options.folder, runtime.random),
    joinable: true,
    host,
    port,
    allowedNetworks: isLoopback(host) ? LOOPBACK_ONLY : [...LOOPBACK_ONLY, ...PRIVATE_NETWORKS],
    admin: {
      isDev: isLoopback(host),
      pageFolder: pageFolder(),
      onSetupLink: (link) => onSetupLink(link.url),
      // A webhook is tried out with a receiver on this machine, which has no certificate.
      alarmNetworks: LOOPBACK_ONLY,
      plainWebhooks: true,
    },
    settings: { ...SETTINGS, expectExecutors: options.schedule === null ? 0 : SAMPLE_EXECUTORS },
  });
  try {
    await scheduler.start();
  } catch (cause) {
    throw listenError(cause, options) ?? cause;
  }
  closing.defer(() => scheduler.stop());
  // What an earlier start defined, and this one does not, must not fire.
  await scheduler.define(definitions);
  return scheduler;
}

const isLoopback = (host: string): boolean => /^(127\.|localhost$|::1$)/.test(host);
