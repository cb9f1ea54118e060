import type { Ticker } from '../../scheduler/clockwork.ts';
import { createScheduler } from '../../scheduler/create-scheduler.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import { DEFAULT_SETTINGS } from '../../scheduler/settings.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import type { Random } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { TEST_TOKEN } from '../support/given-executor.ts';
import { simulatedClient, type WireMessage } from './executor-client.ts';
import { createDoom, mortalStore, type StoreFaults } from './mortal-store.ts';
import type { Network } from './network.ts';
import type { SimulatedHints } from './simulated-hints.ts';
import type { Workload } from './workload.ts';
import type { Life, World } from './world.ts';

export interface SimulatedScheduler {
  readonly address: string;
  /** Null while it is down. */
  readonly scheduler: Scheduler | null;
  start(): void;
  /** Dies now, or at the so-and-so-manieth statement or commit from now; another process takes its place. */
  kill(atStatement: number): void;
  /** Dies, and nobody takes its place for so long. */
  goDown(ms: number): void;
}

const SETTINGS = {
  ...DEFAULT_SETTINGS,
  executorSilentAfterMs: 6_000,
  executorGoneAfterMs: 12_000,
  probeTimeoutMs: 1_000,
  dispatchTimeoutMs: 1_500,
  resendAfterMs: 500,
  killAgainMs: 1_000,
  timeoutGraceMs: 2_000,
  avoidExecutorMs: 1_000,
  refusalsMax: 3,
  // The checker wants to see everything.
  keepSweepRuns: 1_000_000,
};
const CALLER = { holder: { groups: new Set<string>(), installation: true }, appName: null, signed: false };
const PERIODS: Readonly<Record<string, number>> = {
  '* * * * * *': 1_000,
  '*/10 * * * * *': 10_000,
  '0 * * * * *': 60_000,
};

export function createSimulatedScheduler(given: {
  address: string;
  world: World;
  network: Network;
  store: SqlStore;
  /** Null: there is no Redis. */
  hints: SimulatedHints | null;
  faults: StoreFaults;
  random: Random;
  wallOffsetMs: number;
  workload: () => Workload;
}): SimulatedScheduler {
  const { address, world, network, random } = given;
  let incarnations = 0;
  let downUntilMs = 0;
  let current: Scheduler | null = null;
  let life: Life = world.life(address);
  let doom = createDoom();

  function start(): void {
    incarnations += 1;
    life = world.life(`${address}.${incarnations}`);
    doom = createDoom();
    const mine = life;
    const runtime = world.runtime(mine, { wallOffsetMs: () => given.wallOffsetMs });
    const metrics = createMetrics();
    metrics.close();
    const scheduler = createScheduler({
      store: mortalStore({ store: given.store, life: mine, world, random, faults: given.faults, doom }),
      runtime,
      logger: silentLogger,
      metrics,
      accessToken: TEST_TOKEN,
      settings: SETTINGS,
      ...given.workload(),
      ...(given.hints === null ? {} : { hints: given.hints.of(mine) }),
      client: simulatedClient({ network, life: mine, address, timeoutMs: SETTINGS.dispatchTimeoutMs }),
      ticker: tickerOf(world, mine, random),
      door(verbs) {
        network.listen(address, mine, async (message) => {
          const { verb, body } = message as WireMessage;
          const take = verbs[verb];
          if (take === undefined) throw new Error(`no such verb: ${verb}`);
          return take(body, CALLER);
        });
        return address;
      },
    });
    mine.onKill(() => {
      current = null;
      const waitMs = Math.max(downUntilMs - world.nowMs, 500 + random.integer(12_000));
      world.after(waitMs, start);
    });
    world.note(`${mine.name} starts`);
    scheduler.start().then(
      () => {
        if (mine.alive) current = scheduler;
      },
      (error: unknown) => {
        world.note(`${mine.name} did not start: ${String(error)}`);
        mine.kill();
      },
    );
  }

  return {
    address,
    get scheduler() {
      return current;
    },
    start,
    kill(atStatement) {
      if (atStatement <= 0) life.kill();
      else doom.left = atStatement;
    },
    goDown(ms) {
      downUntilMs = world.nowMs + ms;
      life.kill();
    },
  };
}

/** Ticks of virtual time; each process and body has its own place in the second. */
const tickerOf =
  (world: World, life: Life, random: Random): Ticker =>
  ({ cron, tick }) => {
    const periodMs = PERIODS[cron] ?? 1_000;
    let stopped = false;
    const again = () => {
      if (stopped || !life.alive) return;
      tick();
      world.after(periodMs, again);
    };
    world.after(random.integer(1_000), again);
    return {
      async stop() {
        stopped = true;
      },
    };
  };
