import { heldAddress } from '../../shared/protocol/hold.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { ExecutorSettings } from './executor-options.ts';
import { readHeldId } from './held-id.ts';
import type { MountedDoor } from './http-mounted-routes.ts';
import { startNodeServer, type VerbRoute } from './http-node-server.ts';
import type { NodeMetrics } from './node-metrics.ts';
import { createNodePages } from './node-pages.ts';
import type { WireGuard } from './wire-guard.ts';

/** Where a node is asked. */
export interface Door {
  /** What schedulers are told. */
  readonly address: string;
  /** For a node that holds lines: what it is called in its group. */
  readonly heldId: string | null;
  /** Filled when there is something behind them: until then each verb is an unknown one. */
  readonly verbs: Record<string, VerbRoute>;
  /** What its pages say of it; set by whoever knows. */
  readonly state: NodeState;
}

export interface NodeState {
  draining: boolean;
  stuck: () => number;
  registered: () => boolean;
}

export interface Behind {
  readonly store: SqlStore;
  readonly metrics: NodeMetrics;
  readonly mounted: MountedDoor | null;
  readonly guard: WireGuard;
  readonly scrape: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

/**
 * Listens first, because the address is known only then. A node that is mounted in another server does not listen, and
 * its address was given; one that holds lines does not either, and is called by its group and id.
 */
export async function openDoor(
  settings: ExecutorSettings,
  behind: Behind,
  opened: AsyncDisposableStack,
): Promise<Door> {
  const { host, logger, hold, appname } = settings;
  const state: NodeState = { draining: false, stuck: () => 0, registered: () => false };
  const verbs: Record<string, VerbRoute> = {};
  if (hold !== null) {
    const heldId = hold.id ?? (await readHeldId(settings.dataDir, settings.runtime.random));
    return { address: heldAddress(appname, heldId), heldId, verbs, state };
  }
  const { store, metrics, mounted, guard, scrape } = behind;
  const pages = createNodePages({
    scrape,
    nodeMetrics: metrics,
    store,
    isDraining: () => state.draining,
    isRegistered: () => state.registered(),
    stuck: () => state.stuck(),
  });
  const door = { verbs, pages, host, guard, logger, metrics };
  if (mounted !== null) {
    // Who can reach the other server is not known here, so the pages want the token.
    mounted.open({ ...door, host: '' });
    opened.defer(() => mounted.close());
    return { address: settings.advertisedAddress ?? '', heldId: null, verbs, state };
  }
  const server = await startNodeServer(door, { port: settings.port, searchUp: settings.portFrom });
  opened.defer(() => server.close());
  const own = `http://${bracketed(host)}:${server.port}/`;
  return { address: settings.advertisedAddress ?? own, heldId: null, verbs, state };
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
