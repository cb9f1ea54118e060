import { onTestFinished } from 'vitest';
import { acceptCallback, type CallbackVerdict } from '../../scheduler/callback/accept-callback.ts';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../scheduler/definition/read-definitions.ts';
import { dispatchReadyShards } from '../../scheduler/dispatch/dispatch-ready-shards.ts';
import type { ExecutorClient } from '../../scheduler/dispatch/executor-client.ts';
import { createSender } from '../../scheduler/dispatch/send-run-request.ts';
import { storeDefinitions } from '../../scheduler/firing/store-definitions.ts';
import { triggerJob } from '../../scheduler/firing/trigger-job.ts';
import { recordHeartbeat } from '../../scheduler/registry/record-heartbeat.ts';
import { type RunView, viewRun } from '../../scheduler/run/run-view.ts';
import type { SchedulerContext } from '../../scheduler/scheduler-context.ts';
import type { SchedulerSettings } from '../../scheduler/settings.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import type { RunRequest } from '../../shared/protocol/wire.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createFakeRuntime, type FakeRuntime } from './fake-runtime.ts';
import { givenContext, silentClient } from './given-scheduler-context.ts';

/** A request that left, with the address it went to. */
export type Sent = RunRequest & { readonly address: string };

export interface GivenRuns {
  readonly ctx: SchedulerContext;
  readonly store: SqlStore;
  readonly runtime: FakeRuntime;
  /** What executors answer; a test replaces what it needs. */
  readonly client: { -readonly [K in keyof ExecutorClient]: ExecutorClient[K] };
  /** One pass of handing out; its requests have been answered when it resolves. */
  dispatch(): Promise<Sent[]>;
  beat(port: number, incarnation?: string | null): Promise<void>;
  /** Triggers the job and gives the run's id. */
  trigger(job: string, requestId?: string): Promise<number>;
  /** Hands in a result. */
  report(sent: Sent, code?: number, words?: { msg?: string; result?: unknown }): Promise<CallbackVerdict>;
  view(runId: number): Promise<RunView>;
}

/** Jobs of the group `orders` on a store in memory and a clock that a test moves; two executors live, nothing ticks. */
export async function givenRuns(
  jobs: readonly JobDefinition[],
  options: { settings?: Partial<SchedulerSettings>; store?: SqlStore } = {},
): Promise<GivenRuns> {
  const runtime = createFakeRuntime();
  const store = options.store ?? (await openSqlStore('sqlite::memory:', { runtime, logger }));
  if (options.store === undefined) onTestFinished(() => store.close());
  await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
  const sent: Sent[] = [];
  const client = {
    ...silentClient,
    run: async (address: string, request: RunRequest) => {
      sent.push({ ...request, address });
      return { kind: 'accepted' as const };
    },
  };
  const ctx = givenContext(store, options.settings, { client, runtime });
  const sender = createSender(ctx);
  await storeDefinitions(ctx, { calendars: [], ...readDefinitions(jobs, []) });
  const given: GivenRuns = {
    ctx,
    store,
    runtime,
    client,
    async dispatch() {
      sent.length = 0;
      await dispatchReadyShards(ctx, sender);
      await sender.idle();
      return sent.toSorted((a, b) => (a.broadcastIndex ?? 0) - (b.broadcastIndex ?? 0));
    },
    async beat(port, incarnation = 'first') {
      await recordHeartbeat(ctx, {
        registryGroup: 'EXECUTOR',
        registryKey: 'orders',
        registryValue: `http://127.0.0.1:${port}/`,
        ...(incarnation === null ? {} : { incarnation }),
      });
    },
    async trigger(job, requestId = 'by hand') {
      return (await triggerJob(ctx, { job, businessDate: '2026-11-20', requestId })).runId;
    },
    report: ({ logId }, handleCode = 200, { msg, result } = {}) =>
      acceptCallback(ctx, {
        logId,
        handleCode,
        ...(msg === undefined ? {} : { handleMsg: msg }),
        ...(result === undefined ? {} : { result: JSON.stringify(result) }),
      }),
    async view(runId) {
      const view = await store.read('view', (db) => viewRun(db, runId));
      if (view === null) throw new Error(`no run ${runId}`);
      return view;
    },
  };
  await given.beat(9001);
  await given.beat(9002);
  return given;
}

/** The only one of a list. */
export function only<T>(list: readonly T[]): T {
  const [one, ...more] = list;
  if (one === undefined || more.length > 0) throw new Error(`one was expected, there are ${list.length}`);
  return one;
}
