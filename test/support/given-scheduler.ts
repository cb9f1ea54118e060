import { onTestFinished } from 'vitest';
import type { Ticker } from '../../scheduler/clockwork.ts';
import { createScheduler } from '../../scheduler/create-scheduler.ts';
import type { ChainDefinition } from '../../scheduler/definition/chain-definition.ts';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import { isRunEnded, type RunState } from '../../scheduler/run/run-transitions.ts';
import type { RunView } from '../../scheduler/run/run-view.ts';
import type { Scheduler, SchedulerOptions } from '../../scheduler/scheduler.ts';
import { SCALED_SETTINGS, type SchedulerSettings } from '../../scheduler/settings.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type FakeExecutor, givenFakeExecutor } from './fake-executor.ts';
import { TEST_TOKEN } from './given-executor.ts';

/**
 * Repeats and retries are quick, and nobody is given up for a stall of the machine: an executor that is late with a beat
 * would be lost, and a request that is answered late be sent twice. Tests of just that take SCALED_SETTINGS.
 */
export const STEADY_SETTINGS: SchedulerSettings = {
  ...SCALED_SETTINGS,
  executorSilentAfterMs: 120_000,
  executorGoneAfterMs: 240_000,
  probeTimeoutMs: 30_000,
  dispatchTimeoutMs: 30_000,
  expectWaitMs: 120_000,
};

/** A clock that never ticks: what happens all the same waits for no tick, however slow the machine is. */
export const noTicks: Ticker = () => ({ stop: async () => undefined });

export interface GivenScheduler {
  readonly scheduler: Scheduler;
  readonly store: SqlStore;
  /** A fake executor that is registered and alive. */
  executor(): Promise<FakeExecutor>;
  /** Resolves when a line of the scrape has at least this value. */
  metric(line: string, atLeast: number): Promise<void>;
  /** The process dies and a new one opens the same store. */
  restart(options?: Partial<SchedulerOptions>): Promise<void>;
}

/** A migrated store in memory (or the one given), a started scheduler on it; both go with the test. */
export async function givenScheduler(
  options: Partial<SchedulerOptions> & { jobs: readonly JobDefinition[] },
): Promise<GivenScheduler> {
  const runtime = systemRuntime();
  const store = options.store ?? (await openSqlStore('sqlite::memory:', { runtime, logger: silentLogger }));
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  const executors: FakeExecutor[] = [];
  const make = (more: Partial<SchedulerOptions>) =>
    createScheduler({
      runtime,
      logger: silentLogger,
      accessToken: TEST_TOKEN,
      settings: STEADY_SETTINGS,
      ...options,
      ...more,
      store,
    });
  let scheduler = make({});
  await scheduler.start();
  onTestFinished(async () => {
    await scheduler.stop({ drainMs: 100 });
    for (const executor of executors) await executor.die();
    if (options.store === undefined) await store.close();
  });
  return {
    get scheduler() {
      return scheduler;
    },
    store,
    async executor() {
      const executor = await givenFakeExecutor({ schedulerUrl: () => scheduler.url });
      executors.push(executor);
      const answer = await executor.register();
      if (answer.code !== 200) throw new Error(`the fake executor was refused: ${answer.msg}`);
      return executor;
    },
    async metric(line, atLeast) {
      await until(async () => {
        const text = await (await fetch(`${scheduler.url}metrics`)).text();
        const value = text
          .split('\n')
          .find((each) => each.startsWith(`${line} `))
          ?.split(' ')
          .at(-1);
        return value !== undefined && Number(value) >= atLeast ? true : null;
      });
    },
    async restart(more = {}) {
      await scheduler.stop({ drainMs: 0 });
      scheduler = make(more);
      await scheduler.start();
    },
  };
}

/** The run once it is in that state, or once it has ended. */
export async function runOf(scheduler: Scheduler, runId: number, state?: RunState): Promise<RunView> {
  return until(async () => {
    const run = await scheduler.run(runId);
    return (state === undefined ? isRunEnded(run.state) || run.state === 'running' : run.state === state) ? run : null;
  });
}

/** Looks every few milliseconds: for what another process of the wire does in its own time. */
async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A job of group `orders` whose handler has the job's name; its runs go side by side, and shards of a dead node go on. */
export function job(id: number, name: string, differing: Partial<JobDefinition> = {}): JobDefinition {
  return {
    id,
    name,
    handler: name,
    group: 'orders',
    route: 'SHARDING_BROADCAST',
    block: 'PARALLEL',
    onNodeLoss: 'reassign',
    ...differing,
  };
}

/** The night's shape with a sweep: import, two legs, reconcile. */
export const NIGHT_JOBS: readonly JobDefinition[] = [
  job(1, 'import', { route: 'ROUND' }),
  job(2, 'premium', { tellsSettled: true }),
  job(3, 'principal', { tellsSettled: true }),
  job(4, 'reconcile', { route: 'ROUND' }),
  job(5, 'sweep', {
    schedule: { kind: 'fixed_rate', everyMs: 100 },
    block: 'DISCARD_LATER',
    enabledWhile: 'chain_running',
  }),
];

export const NIGHT: ChainDefinition = {
  name: 'night',
  nodes: ['import', 'premium', 'principal', 'reconcile'],
  edges: [
    { from: 'import', to: 'premium', milestone: 'SETTLED' },
    { from: 'premium', to: 'principal', milestone: 'SETTLED', graceMs: 'auto' },
    { from: 'principal', to: 'reconcile', milestone: 'SETTLED', orCutOff: true },
  ],
  sweeps: ['sweep'],
};
