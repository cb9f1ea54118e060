import { createTask, type RunCoordinator, type ScheduledTask } from 'node-cron';
import type { Logger } from '../shared/logger.ts';
import { createLoop, type Loop } from '../shared/runtime/loop.ts';
import type { Runtime } from '../shared/runtime/runtime.ts';
import { TICK_LOCK_MS } from './cluster/one-node-ticks.ts';

/** The recurring bodies, in the order in which data flows. */
export const BODY_NAMES = [
  'beat-scheduler-node',
  'watch-calendars',
  'plan-fires',
  'advance-backfills',
  'fire-due-jobs',
  'watch-inputs',
  'dispatch-ready-shards',
  'count-open-work',
  'look-for-manual-executors',
  'retire-silent-executors',
  'rescue-lost-attempts',
  'ask-foreign-peers',
  'warn-of-slow-attempts',
  'expire-attempts',
  'send-kills',
  'evaluate-edges',
  'end-runs-of-ended-chains',
  'send-alarms',
  'finish-bulks',
  'count-runs',
  'prune-history',
] as const;
export type BodyName = (typeof BODY_NAMES)[number];

export interface BodyReport {
  /** Something falls due this many milliseconds from now: an exact pass for it, between two ticks. */
  readonly wakeInMs?: number | null;
}

export interface Body {
  readonly name: BodyName;
  /** When node-cron ticks it: six fields, the first is seconds, UTC. */
  readonly cron: '* * * * * *' | '*/10 * * * * *' | '0 * * * * *';
  /** One scheduler of a cluster is enough for a tick of it. Default false: every one has its tick. */
  readonly oneNode?: boolean;
  run(signal: AbortSignal): Promise<BodyReport>;
}

/** Calls `tick` at the instants of a cron expression until stopped. The simulator hands in one of its own. */
export type Ticker = (spec: {
  name: string;
  cron: string;
  logger: Logger;
  tick: () => void;
  /** Asked before each tick whether it is this node's; one that is not asked ticks on every node. */
  coordinator?: RunCoordinator;
}) => {
  stop(): Promise<void>;
};

export interface Clockwork {
  start(): void;
  /** An extra pass now; when one is running, another follows it. */
  wake(name: BodyName): void;
  /** Ends the ticks, then the passes that are running. */
  stop(): Promise<void>;
}

export interface ClockworkOptions {
  readonly bodies: readonly Body[];
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Default: node-cron. */
  readonly ticker?: Ticker;
  /** Says of bodies for which one node is enough whether a tick is this one's. Default: each node has them all. */
  readonly coordinator?: RunCoordinator;
  onFailure(body: BodyName): void;
}

// A body is driven by ticks and wakes; its loop's own interval only has to be longer than any tick.
const NO_INTERVAL_MS = 24 * 3_600_000;
// What falls due later than this is found by a tick.
const TICK_MS = 1_000;

/** Registers every recurring body with node-cron and runs each one singly. With node-cron stopped nothing recurs. */
export function createClockwork(options: ClockworkOptions): Clockwork {
  const { bodies, runtime, logger, ticker = nodeCronTicker } = options;
  const loops = new Map<BodyName, Loop>();
  const tickers: { stop(): Promise<void> }[] = [];
  const stopping = new AbortController();

  for (const body of bodies) {
    loops.set(
      body.name,
      createLoop({
        name: body.name,
        intervalMs: NO_INTERVAL_MS,
        backoff: { firstMs: 500, maxMs: 5_000 },
        runtime,
        logger,
        body: async (signal) => {
          try {
            const report = await body.run(signal);
            armExactPass(body.name, report.wakeInMs ?? null);
            return {};
          } catch (error) {
            options.onFailure(body.name);
            throw error;
          }
        },
      }),
    );
  }

  const armed = new Map<BodyName, AbortController>();
  function armExactPass(name: BodyName, inMs: number | null): void {
    armed.get(name)?.abort();
    if (inMs === null || inMs > TICK_MS || stopping.signal.aborted) return;
    const timer = new AbortController();
    armed.set(name, timer);
    const signal = AbortSignal.any([timer.signal, stopping.signal]);
    runtime.sleep(Math.max(0, inMs), signal).then(
      () => loops.get(name)?.wake(),
      (error: unknown) => {
        if (!signal.aborted) logger.error({ err: error, body: name }, 'an exact timer failed; the next tick stands in');
      },
    );
  }

  return {
    start() {
      for (const body of bodies) {
        const loop = loops.get(body.name);
        loop?.start();
        const { coordinator } = options;
        tickers.push(
          ticker({
            name: body.name,
            cron: body.cron,
            logger,
            tick: () => loop?.wake(),
            ...(body.oneNode === true && coordinator !== undefined ? { coordinator } : {}),
          }),
        );
      }
    },
    wake: (name) => loops.get(name)?.wake(),
    async stop() {
      stopping.abort();
      await Promise.all(tickers.map((each) => each.stop()));
      await Promise.all([...loops.values()].map((loop) => loop.stop()));
    },
  };
}

export const nodeCronTicker: Ticker = ({ name, cron, logger, tick, coordinator }) => {
  const task: ScheduledTask = createTask(cron, tick, {
    name,
    noOverlap: true,
    timezone: 'UTC',
    unref: true,
    ...(coordinator === undefined
      ? {}
      : { distributed: true, runCoordinator: coordinator, distributedLease: TICK_LOCK_MS }),
    // A tick that was missed while the machine slept is made good by the next: every body reads what is due.
    suppressMissedWarning: true,
    logger: {
      info: (message) => logger.debug({ body: name }, message),
      debug: (message) => logger.debug({ body: name }, String(message)),
      warn: (message) => logger.warn({ body: name }, message),
      error: (message) => logger.error({ body: name, err: message }, 'node-cron failed'),
    },
  });
  void task.start();
  return {
    async stop() {
      await task.destroy();
    },
  };
};
