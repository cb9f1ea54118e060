import { acceptCallback } from '../../scheduler/callback/accept-callback.ts';
import { type JobDefinition, readJob } from '../../scheduler/definition/job-definition.ts';
import { createAskingPatience } from '../../scheduler/dispatch/asking-patience.ts';
import type { Dispatch } from '../../scheduler/dispatch/dispatch.ts';
import { dispatchReadyShards } from '../../scheduler/dispatch/dispatch-ready-shards.ts';
import type { ExecutorClient } from '../../scheduler/dispatch/executor-client.ts';
import { triggerJob } from '../../scheduler/firing/trigger-job.ts';
import { recordHeartbeat } from '../../scheduler/registry/record-heartbeat.ts';
import { type RunView, viewRun } from '../../scheduler/run/run-view.ts';
import type { SchedulerContext } from '../../scheduler/scheduler-context.ts';
import type { SchedulerSettings } from '../../scheduler/settings.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { storeJob } from '../../scheduler/storage/sql/definition-queries.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { givenContext } from './given-scheduler-context.ts';

/** A scheduler's parts and the hands of a test: nothing moves by itself, nothing is sent. Jobs are of the group `orders`. */
export interface GivenRouting {
  readonly store: SqlStore;
  readonly ctx: SchedulerContext;
  /** Registers an executor at this port of this machine; `peer`: one of another make, that tells no incarnation. */
  executor(
    port: number,
    more?: { labels?: Record<string, string>; peer?: boolean; incarnation?: string },
  ): Promise<void>;
  /** Fires a job by hand; the run's id. */
  fire(job: string): Promise<number>;
  /** One pass of the body that lets runs go and hands out shards; what it would send. */
  dispatch(): Promise<Dispatch[]>;
  /** The result of an attempt comes in. */
  report(one: Dispatch, code?: number): Promise<string>;
  run(runId: number): Promise<RunView>;
  /** `waits_for` of the run, its state when it does not wait. */
  waits(runId: number): Promise<string>;
  /** Another scheduler on the same store. */
  beside(): GivenRouting;
}

export const portOf = (one: Dispatch): number => Number(new URL(one.address).port);

export async function givenRouting(options: {
  jobs: readonly (Partial<JobDefinition> & { id: number; name: string })[];
  store?: SqlStore;
  runtime?: Runtime;
  client?: ExecutorClient;
  settings?: Partial<SchedulerSettings>;
}): Promise<GivenRouting> {
  const runtime = options.runtime ?? systemRuntime();
  const store = options.store ?? (await openSqlStore('sqlite::memory:', { runtime, logger: silentLogger }));
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  await store.transaction('definitions', async (tx) => {
    for (const job of options.jobs) {
      await storeJob(tx, readJob({ handler: job.name, group: 'orders', route: 'FIRST', ...job }));
    }
  });
  let fires = 0;
  const beside = (): GivenRouting => {
    const parts = options.client === undefined ? { runtime } : { runtime, client: options.client };
    const ctx = givenContext(store, options.settings, parts);
    const patience = createAskingPatience(runtime.clock);
    const given: GivenRouting = {
      store,
      ctx,
      async executor(port, { labels, peer = false, incarnation = 'first' } = {}) {
        const verdict = await recordHeartbeat(ctx, {
          registryGroup: 'EXECUTOR',
          registryKey: 'orders',
          registryValue: `http://127.0.0.1:${port}/`,
          ...(peer ? {} : { incarnation }),
          ...(labels === undefined ? {} : { labels }),
        });
        if (verdict.kind === 'refused') throw new Error(verdict.why);
      },
      async fire(job) {
        fires += 1;
        const order = { job, businessDate: '2026-11-20', requestId: `fire ${fires}` };
        return (await triggerJob(ctx, order)).runId;
      },
      async dispatch() {
        const sent: Dispatch[] = [];
        await dispatchReadyShards(ctx, { send: (one) => void sent.push(one), idle: async () => undefined }, patience);
        return sent;
      },
      report: (one, code = 200) => acceptCallback(ctx, { logId: one.request.logId, handleCode: code }),
      async run(runId) {
        const run = await store.read('view-run', (db) => viewRun(db, runId));
        if (run === null) throw new Error(`there is no run ${runId}`);
        return run;
      },
      async waits(runId) {
        const row = await store.read('waits', (db) =>
          db.get<{ state: string; waitsFor: string | null }>(
            'select state, waits_for as waitsFor from s_run where id = ?',
            [runId],
          ),
        );
        return row?.state === 'waiting' ? `waiting for ${row.waitsFor}` : (row?.state ?? 'none');
      },
      beside,
    };
    return given;
  };
  return beside();
}
