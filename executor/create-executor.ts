import { DaybreakError } from '../shared/errors.ts';
import type { Metrics } from '../shared/metrics.ts';
import { admitNode } from './node/admit-node.ts';
import { checkHttpUrl } from './node/check-executor-options.ts';
import { type ExecutorOptions, settleExecutorOptions } from './node/executor-options.ts';
import type { Readiness } from './node/health-pages.ts';
import { createMountedDoor, type ExecutorRoutes, type RoutesOptions } from './node/http-mounted-routes.ts';
import type { RunningAttempt } from './node/slot-entry.ts';
import { type RunningNode, startNode } from './node/start-node.ts';

export interface Executor {
  /** `http://127.0.0.1:9999/`, or `held://orders/01J8ZK3V/`: what schedulers are told. Empty until `start` has resolved. */
  readonly address: string;
  readonly metrics: Metrics;
  /**
   * Joins if it has to, listens, takes up what an earlier start left, and begins to register. Throws BAD_OPTION for a port
   * that is taken, and UNAUTHORIZED, CONFLICT, RATE_LIMITED or SCHEDULER_UNREACHABLE when it cannot join.
   * @param where `address`: what schedulers are told, for one that is only known now; `advertisedAddress` otherwise.
   */
  start(where?: { readonly address?: string }): Promise<void>;
  /**
   * Takes no new runs and gives back those that wait; those that run may end until `deadlineMs` has passed, then their
   * signal aborts. Resolves when every outcome is stored and the handlers are destroyed, for which they have the rest
   * of the time, and 1 s at least. Heartbeats go on until `stop`.
   */
  drain(options: { deadlineMs: number }): Promise<void>;
  /** Drains (with 10 s, unless that was done), tells the outcomes for up to 5 s, signs off and closes. */
  stop(): Promise<void>;
  /**
   * The endpoints for a server of yours (fastify, express, Nest on express, node's own). Call it before `start`, which
   * then does not listen and has to be told where your server has them, prefix included.
   * @example
   * app.use('/batch', executor.routes());
   * await executor.start({ address: 'http://10.0.0.5:3000/batch' });
   */
  routes(options?: RoutesOptions): ExecutorRoutes;
  /** Whether it gets work just now, or why not: what GET /health/ready says, also for a node that holds lines. */
  readiness(): Promise<Readiness>;
  /** What runs here, what does not heed its stop, and what waits for its turn. */
  running(): readonly RunningAttempt[];
}

const DRAIN_MS = 10_000;

/**
 * A node that registers with schedulers and runs handlers for them. It has their access token, or comes to one by a
 * one-time `joinToken`. Throws BAD_OPTION, here or in `start`, with a sentence that names the option.
 * @example
 * const executor = createExecutor({
 *   appname: 'orders',
 *   schedulers: ['http://127.0.0.1:8080'],
 *   accessToken: process.env.ACCESS_TOKEN ?? '',
 *   handlers: [defineHandler('greet', async (ctx) => ctx.log.info('good morning'))],
 * });
 * await executor.start();
 */
export function createExecutor(options: ExecutorOptions): Executor {
  const settings = settleExecutorOptions(options);
  const door = createMountedDoor();
  let mounted = false;
  let node: RunningNode | null = null;
  let started: Promise<RunningNode> | null = null;
  let drained: Promise<void> | null = null;
  let stopped: Promise<void> | null = null;

  async function begin(given: string | undefined): Promise<RunningNode> {
    if (given !== undefined) {
      if (settings.hold !== null) throw badOption('address', 'a node that holds lines has no address: leave it out');
      checkHttpUrl('address', given);
    }
    const advertisedAddress = given ?? settings.advertisedAddress;
    if (mounted && advertisedAddress === null) {
      throw badOption('address', 'the routes are mounted in another server, so say where: http://10.0.0.5:3000/batch');
    }
    const admission = options.accessToken === undefined ? await admitNode(settings) : {};
    const beat = options.heartbeatIntervalMs === undefined ? {} : { heartbeatIntervalMs: options.heartbeatIntervalMs };
    return await startNode({ ...settings, ...admission, ...beat, advertisedAddress }, mounted ? door : null);
  }

  async function stopOnce(): Promise<void> {
    if (started === null) return;
    // A start that failed has closed what it had opened, and has said why.
    const running = await started.catch(() => null);
    await executor.drain({ deadlineMs: DRAIN_MS });
    await running?.close();
    if (options.metrics === undefined) settings.metrics.close();
  }

  const executor: Executor = {
    get address() {
      return node?.address ?? '';
    },
    metrics: settings.metrics,
    async start(where = {}) {
      started ??= begin(where.address);
      node = await started;
    },
    async drain(limit) {
      drained ??= node?.drain(limit) ?? Promise.resolve();
      await drained;
    },
    async stop() {
      stopped ??= stopOnce();
      await stopped;
    },
    routes(where) {
      if (settings.hold !== null)
        throw badOption('routes', 'a node that holds lines answers nobody who dials: drop hold');
      if (started !== null) throw badOption('routes', 'call it before start, which would listen by itself');
      mounted = true;
      return door.routes(where);
    },
    async readiness() {
      return (await node?.readiness()) ?? { ready: false, reasons: ['starting: it is not up yet'] };
    },
    running: () => node?.running() ?? [],
  };
  return executor;
}

const badOption = (option: string, why: string): DaybreakError =>
  new DaybreakError('BAD_OPTION', `executor option ${option}: ${why}`, { details: { option } });
