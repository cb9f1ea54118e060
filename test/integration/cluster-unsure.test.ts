import { expect, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { isDaybreakError } from '../../shared/errors.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { givenExecutor } from '../support/given-executor.ts';
import { givenScheduler, job } from '../support/given-scheduler.ts';
import { unsureStore } from '../support/unsure-store.ts';

const runtime = systemRuntime();
/** So many at once: each waits for beats and instants, and computes a sixth of its time. */
const LANES = 6;

const jobs = [
  job(1, 'by-hand', { route: 'ROUND', handler: 'count' }),
  job(2, 'by-itself', { route: 'ROUND', handler: 'count', schedule: { kind: 'fixed_rate', everyMs: 300 } }),
];
const order = { job: 'by-hand', businessDate: '2026-11-20', requestId: 'tonight' };

/** A scheduler and an executor whose first COMMIT of this name, in either store, goes unanswered; null: none does. */
async function workWithout(name: string | null): Promise<{ names: Set<string>; lost: string | null }> {
  const names = new Set<string>();
  const unsure = unsureStore(await openSqlStore('sqlite::memory:', { runtime, logger }), (each) => each === name);
  const executorStore = await openSqlStore('sqlite::memory:', { runtime, logger });
  await migrate(executorStore, executorMigrations, { logger, component: 'executor' });
  const unsureExecutor = unsureStore(executorStore, (each) => each === name);
  const noting = (store: SqlStore): SqlStore => ({
    ...store,
    transaction: (each, body, options) => {
      names.add(each);
      return store.transaction(each, body, options);
    },
  });
  // Schedulers that are given a store leave it open; what they set up is not what is lost here.
  const given = await givenScheduler({ jobs, store: noting(unsure.store) });
  const ran = new Map<string, number>();
  unsure.loseAnswer(1);
  unsureExecutor.loseAnswer(1);
  const count = defineHandler('count', async (ctx) => {
    ran.set(`${ctx.runId}`, (ran.get(`${ctx.runId}`) ?? 0) + 1);
  });
  // One that cannot start ends, and is started anew by whoever keeps it.
  const executor = await untilAnswered(() =>
    givenExecutor({ schedulers: [given.scheduler.url], store: noting(unsureExecutor.store), handlers: [count] }),
  );
  try {
    const { runId } = await untilAnswered(() => given.scheduler.triggerJob(order));
    await expect.poll(async () => (await given.scheduler.run(runId)).state, { timeout: 120_000 }).toBe('succeeded');
    // One more round of the job that fires by itself after the loss.
    const fired = ran.size;
    await expect.poll(() => ran.size, { timeout: 120_000 }).toBeGreaterThan(fired + 2);
    const about = `the answer to "${name}" was lost`;
    expect(
      [...ran].filter(([, times]) => times !== 1),
      about,
    ).toEqual([]);
    expect((await given.scheduler.triggerJob(order)).runId, about).toBe(runId);
    const doubled = await given.store.read('doubled', (db) =>
      db.all('select job_id, planned_at from s_fire group by job_id, planned_at having count(*) > 1'),
    );
    expect(doubled, about).toEqual([]);
    return { names, lost: unsure.lost ?? unsureExecutor.lost };
  } finally {
    await executor.stop();
    await given.scheduler.stop({ drainMs: 0 });
    await executorStore.close();
    await given.store.close();
  }
}

/** As its caller does: the same request again. */
async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDaybreakError(error, 'COMMIT_UNKNOWN')) throw error;
    }
  }
}

test('whichever COMMIT of scheduler or executor goes unanswered once, each run is made once and executed once', async () => {
  const { names } = await workWithout(null);
  const lostOnes: string[] = [];
  const left = [...names];
  const lane = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const { lost } = await workWithout(name);
      if (lost !== null) lostOnes.push(lost);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  expect(lostOnes).toEqual(
    expect.arrayContaining([
      'trigger-job',
      'fire-due-jobs',
      'record-heartbeat',
      'hand-out-shards',
      'accept-attempt',
      'end-attempt',
      'accept-callback',
      'ack-outbox',
    ]),
  );
});
