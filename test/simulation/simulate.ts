import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { seededRandom } from '../../shared/runtime/seeded-random.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { keepHistory } from './history.ts';
import type { StoreFaults } from './mortal-store.ts';
import type { NetworkFaults } from './network.ts';
import { createNetwork } from './network.ts';
import { createOperators } from './operators.ts';
import { createSimulatedExecutor, type ExecutorFaults, type SimulatedExecutor } from './simulated-executor.ts';
import { createSimulatedHints } from './simulated-hints.ts';
import { createSimulatedScheduler } from './simulated-scheduler.ts';
import { CLOCK_CHANGES, drawWorkload, type Workload } from './workload.ts';
import { createWorld, type World } from './world.ts';

const MINUTE = 60_000;
/** How long after the last fault and the last instant everything has to have ended (I16). */
export const HEALED_WITHIN_MS = 6 * MINUTE;

export interface Faults {
  readonly network: NetworkFaults;
  readonly store: StoreFaults;
  readonly executors: ExecutorFaults;
}

export interface SimulatedNight {
  readonly world: World;
  readonly store: SqlStore;
  readonly executors: readonly SimulatedExecutor[];
  /** Null: everything has ended. Else what was still open when it should not be. */
  readonly stillOpen: string | null;
  /** When the last instant was due and the faults ended. */
  readonly healedAtMs: number;
}

/**
 * Two schedulers and three executors on one store, under one seed: an hour in which the clocks of a zone change, with
 * all that can go wrong, then the faults end and everything has to come to its end.
 */
export async function simulate(seed: string): Promise<SimulatedNight> {
  const draw = seededRandom(`shape ${seed}`);
  const change = CLOCK_CHANGES[draw.integer(CLOCK_CHANGES.length)] ?? CLOCK_CHANGES[0];
  const startMs = change.atMs - 100_000 - draw.integer(MINUTE);
  const outageMs = [0, 10 * MINUTE, 62 * MINUTE][draw.integer(3)] ?? 0;
  const endAtMs = change.atMs + 150_000 + outageMs;
  const world = createWorld({ seed, startMs });
  const faults = drawFaults(draw);
  const clock = { offsetMs: 0 };
  const storeRuntime = world.runtime(world.life('store'), { wallOffsetMs: () => clock.offsetMs });
  const store = await openSqlStore('sqlite::memory:', { runtime: storeRuntime, logger: silentLogger });
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  await keepHistory(store);
  const network = createNetwork(world, seededRandom(`network ${seed}`), faults.network);
  // Half of the nights have no Redis at all.
  const hints = draw.integer(2) === 0 ? null : createSimulatedHints(world, seededRandom(`hints ${seed}`));
  const desired: { now: Workload } = { now: drawWorkload(draw, change, startMs, endAtMs) };
  const addresses = ['http://s1/', 'http://s2/'];
  const schedulers = addresses.map((address) =>
    createSimulatedScheduler({
      address,
      world,
      network,
      store,
      hints,
      faults: faults.store,
      random: seededRandom(`${address} ${seed}`),
      // I18: no outcome may depend on the wall clock of a node.
      wallOffsetMs: draw.integer(7_200_000) - 3_600_000,
      workload: () => desired.now,
    }),
  );
  const executors = ['e1', 'e2', 'e3'].map((name) =>
    createSimulatedExecutor({
      name,
      group: 'orders',
      world,
      network,
      random: seededRandom(`${name} ${seed}`),
      faults: faults.executors,
      schedulers: addresses,
    }),
  );
  for (const process of [...schedulers, ...executors]) process.start();
  const operators = createOperators({
    world,
    network,
    store,
    clock,
    schedulers,
    executors,
    desired,
    random: seededRandom(`operators ${seed}`),
  });
  operators.begin(startMs + 8_000);
  if (outageMs > 0) {
    const beginMs = change.atMs + 45_000 - startMs;
    world.after(beginMs, () => {
      world.note('outage');
      for (const scheduler of schedulers) scheduler.goDown(outageMs);
    });
  }
  await world.runUntil(endAtMs);
  Object.assign(faults.network, { lost: 0, doubled: 0, late: 0 });
  faults.store.failure = 0;
  Object.assign(faults.executors, { refuses: 0, hangs: 0, fails: 0 });
  operators.heal();
  let stillOpen: string | null = 'not looked at';
  while (stillOpen !== null && world.nowMs < endAtMs + HEALED_WITHIN_MS) {
    await world.runUntil(world.nowMs + 5_000);
    stillOpen = await whatIsOpen(store, executors);
  }
  return { world, store, executors, stillOpen, healedAtMs: endAtMs };
}

/** Each seed has its own weather: some classes of faults are strong, some are off. */
function drawFaults(random: ReturnType<typeof seededRandom>): Faults {
  const chance = (most: number) => (random.integer(3) === 0 ? 0 : random.next() * most);
  return {
    network: { lost: chance(0.06), doubled: chance(0.08), late: chance(0.08), lateMs: 8_000 },
    store: { failure: chance(0.004) },
    executors: { refuses: chance(0.5), fails: 0.02 + chance(0.4), hangs: chance(0.02) },
  };
}

async function whatIsOpen(store: SqlStore, executors: readonly SimulatedExecutor[]): Promise<string | null> {
  const rows = await store.read('what-is-open', (db) =>
    db.all<{ what: string; n: number }>(
      `select 'runs' as what, count(*) as n from s_open_run
       union all select 'ended runs listed as open', count(*) from s_run where ended_at is null
       union all select 'planned fires', count(*) from s_planned_fire
       union all select 'planned fires that nothing leads to', count(*) from s_fire where state = 'planned'
       union all select 'held fires', count(*) from s_held_fire
       union all select 'chain runs', count(*) from s_chain_run where ended_at is null
       union all select 'backfills', count(*) from s_backfill where state = 'running'
       union all select 'schedules of sweeps', count(*) from s_schedule where chain_run_id <> 0
       union all select 'kill orders', count(*) from s_kill_order where next_at is not null`,
    ),
  );
  const open = rows.filter(({ n }) => n > 0).map(({ what, n }) => `${n} ${what}`);
  if (executors.some((executor) => !executor.idle)) open.push('executors with results to tell');
  return open.length === 0 ? null : open.join(', ');
}
