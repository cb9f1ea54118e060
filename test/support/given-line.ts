import { onTestFinished } from 'vitest';
import type { Executor, Handler } from '../../executor/index.ts';
import { createHttpApi } from '../../scheduler/api/http-api.ts';
import type { ExecutorClient } from '../../scheduler/dispatch/executor-client.ts';
import { createExecutorDirectory } from '../../scheduler/dispatch/executor-directory.ts';
import { createHeldExecutorClient, eitherClient } from '../../scheduler/dispatch/held-executor-client.ts';
import { createHeldLines, type HeldLines } from '../../scheduler/dispatch/held-lines.ts';
import { LOOPBACK_ONLY } from '../../scheduler/dispatch/http-allowed-networks.ts';
import { createHttpExecutorClient } from '../../scheduler/dispatch/http-executor-client.ts';
import { createKeyring } from '../../scheduler/registry/keyring.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { heldAddress } from '../../shared/protocol/hold.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { freePort } from './free-port.ts';
import { givenExecutor, removeDir, TEST_TOKEN, tempDir } from './given-executor.ts';
import { givenContext } from './given-scheduler-context.ts';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** Whether schedulers dial the executor, or it holds a line to them. */
export type LineKind = 'dialled' | 'held';

/** A scheduler's wire without its clockwork, on a port that stays the same. */
export interface GivenWire {
  readonly url: string;
  readonly port: number;
  readonly client: ExecutorClient;
  readonly lines: HeldLines;
  /** The process ends and a new one opens the same store and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when the executor at the address is alive there. */
  alive(address: string): Promise<void>;
  lastBeatAt(address: string): Promise<number>;
}

export async function givenWire(options: { timeoutMs?: number; gapMs?: number } = {}): Promise<GivenWire> {
  const runtime = systemRuntime();
  const { timeoutMs = 10_000 } = options;
  const store = await openSqlStore('sqlite::memory:', { runtime, logger: silentLogger });
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  const port = await freePort();

  async function open() {
    const lines = createHeldLines(runtime, options.gapMs === undefined ? {} : { gapMs: options.gapMs });
    const keyring = createKeyring({ store, clock: runtime.clock, accessToken: TEST_TOKEN });
    const client = eitherClient(
      createHttpExecutorClient({
        directory: createExecutorDirectory(store, keyring),
        timeoutMs,
        allowedNetworks: LOOPBACK_ONLY,
        runtime,
      }),
      createHeldExecutorClient({ lines, timeoutMs }),
    );
    const settings = { executorSilentAfterMs: 60_000, executorGoneAfterMs: 120_000, probeTimeoutMs: 10_000 };
    const ctx = givenContext(store, settings, { client });
    const metrics = createMetrics();
    metrics.close();
    const api = createHttpApi(ctx, {
      accessToken: TEST_TOKEN,
      keyring,
      strangersMayRegister: true,
      lines,
      metrics,
      status: async () => ({}),
    });
    await api.listen({ host: '127.0.0.1', port });
    return { lines, client, api };
  }
  let now = await open();
  const stop = async () => {
    now.client.close();
    await now.api.close();
  };
  onTestFinished(async () => {
    await stop();
    await store.close();
  });
  const row = (address: string) =>
    store.read('look', (db) =>
      db.get<{ state: string; lastBeatAt: number }>(
        'select state, last_beat_at as lastBeatAt from s_executor where address = ?',
        [address],
      ),
    );
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get client() {
      return now.client;
    },
    get lines() {
      return now.lines;
    },
    stop,
    async restart() {
      await stop();
      now = await open();
    },
    async alive(address) {
      while ((await row(address))?.state !== 'alive') await pause();
    },
    lastBeatAt: async (address) => (await row(address))?.lastBeatAt ?? 0,
  };
}

/** An executor of either kind with a proxy on the way that runs take. */
export async function givenLine(
  kind: LineKind,
  wire: GivenWire,
  options: { handlers: readonly Handler[]; pollMs?: number; schedulerTimeoutMs?: number },
): Promise<{ executor: Executor; address: string; proxy: TcpProxy }> {
  const { handlers, pollMs = 20_000, schedulerTimeoutMs = 10_000 } = options;
  const dataDir = await tempDir();
  const { proxy, way, address } = await lineWay(kind, wire, { pollMs });
  const executor = await givenExecutor({ ...way, handlers, dataDir, schedulerTimeoutMs, heartbeatIntervalMs: 500 });
  onTestFinished(async () => {
    await executor.stop();
    await proxy.close();
    await removeDir(dataDir);
  });
  await wire.alive(address);
  return { executor, address, proxy };
}

/** What differs in the options of an executor; for one that runs as a process of its own, too. */
export async function lineWay(kind: LineKind, wire: { port: number; url: string }, { pollMs }: { pollMs: number }) {
  if (kind === 'held') {
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: wire.port });
    const way = { schedulers: [`http://127.0.0.1:${proxy.port}`], hold: { id: 'node-1', pollMs } };
    return { proxy, way, address: heldAddress('orders', 'node-1') };
  }
  const port = await freePort();
  const proxy = await createTcpProxy({ host: '127.0.0.1', port });
  const address = `http://127.0.0.1:${proxy.port}/`;
  return { proxy, way: { schedulers: [wire.url], port, advertisedAddress: address }, address };
}

export const pause = (ms = 5): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks until it is so. */
export async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await pause();
}
