import { onTestFinished } from 'vitest';
import type { CalendarDefinition } from '../../scheduler/calendar/calendar.ts';
import { storeCalendar } from '../../scheduler/calendar/store-calendar.ts';
import { acceptCallback } from '../../scheduler/callback/accept-callback.ts';
import type { ChainDefinition } from '../../scheduler/definition/chain-definition.ts';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../scheduler/definition/read-definitions.ts';
import type { Dispatch } from '../../scheduler/dispatch/dispatch.ts';
import { dispatchReadyShards } from '../../scheduler/dispatch/dispatch-ready-shards.ts';
import { newEffects } from '../../scheduler/effects.ts';
import { advanceBackfills } from '../../scheduler/firing/advance-backfills.ts';
import { defineChain } from '../../scheduler/firing/define.ts';
import { defineJobs } from '../../scheduler/firing/define-together.ts';
import { fireDueJobs } from '../../scheduler/firing/fire-due-jobs.ts';
import { createFiringApi, type FiringApi } from '../../scheduler/firing/firing-api.ts';
import { planFires } from '../../scheduler/firing/plan-fires.ts';
import { recordHeartbeat } from '../../scheduler/registry/record-heartbeat.ts';
import type { SchedulerContext } from '../../scheduler/scheduler-context.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createFakeRuntime } from './fake-runtime.ts';
import { givenContext } from './given-scheduler-context.ts';

/** A fire as a test reads it: its instant as ISO text, its verdict, its business date and why. */
export interface SeenFire {
  readonly at: string;
  readonly state: string;
  readonly date: string;
  readonly reason: string | null;
  readonly origin: string;
}

/** The firing of a scheduler on a store in memory whose clock a test moves: nothing ticks, bodies are called by hand. */
export interface GivenFiring {
  readonly ctx: SchedulerContext;
  readonly store: SqlStore;
  readonly api: FiringApi;
  /** Sets the store's clock. */
  setClock(iso: string): void;
  define(jobs: readonly JobDefinition[], chains?: readonly ChainDefinition[]): Promise<void>;
  calendar(definition: CalendarDefinition): Promise<void>;
  /** One pass of the bodies that decide on fires. */
  pass(): Promise<void>;
  /** Passes once a second from the clock's instant up to this one. */
  passUntil(iso: string): Promise<void>;
  /** An executor of group `orders` that is alive. */
  executor(): Promise<void>;
  /** Hands out what is ready and ends each shard so. */
  work(code?: number): Promise<number>;
  /** Fires in the order of their instants. */
  fires(job?: number): Promise<SeenFire[]>;
  rows<T extends object>(sql: string): Promise<T[]>;
}

export async function givenFiring(startIso: string): Promise<GivenFiring> {
  const runtime = createFakeRuntime({ startMs: Date.parse(startIso) });
  const store = await openSqlStore('sqlite::memory:', { runtime, logger: silentLogger });
  onTestFinished(() => store.close());
  return firingOn(store, runtime);
}

/** The same on any empty store. Where the store has a clock of its own, the test moves instants instead of the clock. */
export async function firingOn(store: SqlStore, runtime = createFakeRuntime()): Promise<GivenFiring> {
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  const ctx = givenContext(store, {}, { runtime });
  const rows = <T extends object>(sql: string) => store.read('look', (db) => db.all<T>(sql));
  const pass = async () => {
    await planFires(ctx);
    await advanceBackfills(ctx);
    await fireDueJobs(ctx);
  };
  return {
    ctx,
    store,
    api: createFiringApi(ctx),
    setClock: (iso) => runtime.setWall(Date.parse(iso)),
    async define(jobs, chains = []) {
      const definitions = readDefinitions(jobs, chains);
      await store.transaction('define', async (tx) => {
        await defineJobs(tx, definitions.jobs, newEffects());
        for (const chain of definitions.chains) await defineChain(tx, chain, newEffects());
      });
    },
    calendar: async (definition) => void (await storeCalendar(ctx, definition)),
    pass,
    async passUntil(iso) {
      for (let at = runtime.clock.wallMs(); at <= Date.parse(iso); at += 1_000) {
        runtime.setWall(at);
        await pass();
      }
    },
    executor: async () =>
      void (await recordHeartbeat(ctx, {
        registryGroup: 'EXECUTOR',
        registryKey: 'orders',
        registryValue: 'http://127.0.0.1:9001/',
        incarnation: 'first',
      })),
    async work(code = 200) {
      const sent: Dispatch[] = [];
      await dispatchReadyShards(ctx, { send: (one) => void sent.push(one), idle: async () => undefined });
      for (const { request } of sent) await acceptCallback(ctx, { logId: request.logId, handleCode: code });
      return sent.length;
    },
    async fires(job) {
      const found = await rows<{ at: number; state: string; date: string; reason: string | null; origin: string }>(
        `select planned_at as at, state, business_date as date, reason, origin from s_fire
          where ${job === undefined ? '1 = 1' : `job_id = ${job}`} order by planned_at, id`,
      );
      return found.map(({ at, ...fire }) => ({ at: new Date(at).toISOString(), ...fire }));
    },
    rows,
  };
}

/** A job of group `orders` whose runs go side by side. */
export function timedJob(id: number, name: string, more: Partial<JobDefinition> = {}): JobDefinition {
  return { id, name, handler: name, group: 'orders', route: 'ROUND', block: 'PARALLEL', ...more };
}

/** Every second `every` of a minute, hour and so on, in a zone. */
export const cron = (text: string, zone = 'UTC') => ({ kind: 'cron', dialect: 'quartz', text, zone }) as const;
