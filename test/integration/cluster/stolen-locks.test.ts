import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bulk } from '../../../scheduler/bulk/bulk.ts';
import { finishBulks } from '../../../scheduler/bulk/work-bulk.ts';
import { oneNodeTicks } from '../../../scheduler/cluster/one-node-ticks.ts';
import { planAlone } from '../../../scheduler/cluster/plan-lock.ts';
import { deleteAlone } from '../../../scheduler/cluster/retention-lock.ts';
import { dispatchReadyShards } from '../../../scheduler/dispatch/dispatch-ready-shards.ts';
import { createSender } from '../../../scheduler/dispatch/send-run-request.ts';
import { planFires } from '../../../scheduler/firing/plan-fires.ts';
import { triggerJob } from '../../../scheduler/firing/trigger-job.ts';
import { warnOfSlowAttempts } from '../../../scheduler/run/warn-of-slow-attempts.ts';
import type { SchedulerContext } from '../../../scheduler/scheduler-context.ts';
import { pruneHistory } from '../../../scheduler/storage/prune-history.ts';
import { silentLogger as logger } from '../../../shared/logger.ts';
import type { Hints } from '../../../shared/redis/hints.ts';
import { openRedisHints } from '../../../shared/redis/open-redis-hints.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import { comesThrough } from '../../support/comes-through.ts';
import { cron, firingOn, type GivenFiring, timedJob } from '../../support/given-firing.ts';
import { givenContext } from '../../support/given-scheduler-context.ts';
import { holdTransaction } from '../../support/held-store.ts';
import { createMysqlDatabase } from '../../support/mysql-database.ts';
import { type PrivateRedis, startPrivateRedis } from '../../support/private-redis.ts';
import { describeWith } from '../../support/servers.ts';

const PLANNED = Array.from({ length: 12 }, (_, i) =>
  timedJob(i + 1, `planned-${i + 1}`, { schedule: { kind: 'fixed_rate', everyMs: 3_600_000 } }),
);
const BULKED = [21, 22, 23].map((id) => timedJob(id, `bulk-${id}`));
const SLOW = timedJob(31, 'slow', { timeoutSeconds: 3_600 });
const KEPT = timedJob(41, 'kept', { schedule: cron('0 0 0 1 1 ?') });

// Two schedulers, one Redis, one MariaDB. The first has the lock and stands right before its commit; FLUSHALL; now the
// second has the same lock and does the same work. The rows are what they would be had nothing happened.
describeWith(['MariaDB', 'Redis'], 'a lock that FLUSHALL takes from its holder in the middle of its work', () => {
  let given: GivenFiring;
  let other: SchedulerContext;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const place = await createMysqlDatabase();
    drop = place.drop;
    const options = { url: place.url, connections: 8, durability: 'warn' } as const;
    given = await firingOn(await openSqlStore(options, { runtime: systemRuntime(), logger }));
    await given.define([...PLANNED, ...BULKED, SLOW, KEPT]);
    await given.executor();
    other = givenContext(given.store);
  });
  afterAll(async () => {
    await given.store.close();
    await drop();
  });

  /** Let go at the end of the test, also of one that fails. */
  const hold = (name: string) => {
    const held = holdTransaction(given.store, name);
    onTestFinished(() => held.end('commit'));
    return held;
  };
  const count = async (sql: string) => (await given.rows<{ n: number }>(`select count(*) as n from ${sql}`))[0]?.n;
  const run = (sql: string) => given.store.transaction('given', (tx) => tx.run(sql));
  const locks = async ({ command }: PrivateRedis) => ((await command('KEYS', '*:lock:*')) as string[]).length;

  test('one-node ticks: both make the pass, and people hear once', async () => {
    const { redis, first, second } = await givenRedis();
    const { runId } = await triggerJob(given.ctx, { job: 'slow', businessDate: '2026-11-20', requestId: 'slow' });
    const sender = createSender(given.ctx);
    await dispatchReadyShards(given.ctx, sender);
    await sender.idle();
    await run('update s_attempt set warn_at = 1');
    const tick = (hints: Hints) => oneNodeTicks(hints).shouldRun('warn-of-slow-attempts:12', 5_000);
    expect([await tick(first), await tick(second)]).toEqual([true, false]);
    const held = hold('warn-of-slow-attempt');
    const early = warnOfSlowAttempts(givenContext(held.store));
    await held.arrived;
    await redis.flush();
    expect(await tick(second)).toBe(true);
    // It has the attempt on its list, and looks at the row when people have been told.
    const { promise: listed, resolve: isListed } = Promise.withResolvers<void>();
    const late = warnOfSlowAttempts(
      givenContext({
        ...given.store,
        read: (what, body) => given.store.read(what, body).finally(isListed),
        transaction: (what, body) => early.then(() => given.store.transaction(what, body)),
      }),
    );
    await listed;
    held.end('commit');
    await Promise.all([early, late]);
    expect(await given.rows(`select subject_id as id, times from s_alarm where kind = 'RUN_SLOW'`)).toEqual([
      { id: String(runId), times: 1 },
    ]);
  });

  test('planning of fires: both plan the same schedules, and each instant has one fire', async () => {
    const { redis, first, second } = await givenRedis();
    await given.store.transaction('due', (tx) =>
      tx.run('update s_schedule set next_at = ? where job_id <= 12', [tx.nowMs + 500]),
    );
    const held = hold('plan-fires');
    const early = planAlone(first, () => planFires(givenContext(held.store)));
    await held.arrived;
    expect(await locks(redis)).toBe(1);
    const { pass, passes } = counted(() => planFires(other));
    const plan = () => comesThrough('the second planner', planAlone(second, pass));
    await plan();
    expect(passes()).toBe(0);
    await redis.flush();
    await plan();
    expect(passes()).toBe(1);
    held.end('commit');
    await early;
    await plan();
    const [fires] = await given.rows<{ n: number; instants: number }>(
      `select count(*) as n, count(distinct job_id, planned_at) as instants from s_fire where job_id <= 12`,
    );
    expect(fires).toEqual({ n: 12, instants: 12 });
    expect(await count('s_planned_fire where fire_id in (select id from s_fire where job_id <= 12)')).toBe(12);
  });

  test('a bulk operation per target: each target is done once, and a second submitter hears who has it', async () => {
    const { redis, first, second } = await givenRedis();
    const order = {
      verb: 'trigger',
      ids: [21, 22, 23],
      by: 'ann',
      requestId: 'ann-1',
      businessDate: '2026-11-20',
    } as const;
    const held = hold('work-bulk-target');
    const early = bulk(givenContext(held.store), first, order);
    await held.arrived;
    expect(await locks(redis)).toBe(3);
    await redis.flush();
    await expect(bulk(other, second, { ...order, ids: [22, 23], by: 'ben', requestId: 'ben-1' })).rejects.toThrow(
      /changed by another: ann has/,
    );
    // The same request again, and the body that takes up what a dead scheduler has left: of what is in hand, nothing.
    const again = await bulk(other, second, order);
    expect(again).toMatchObject({ created: false, successCount: 0, state: 'running' });
    await finishBulks(other);
    held.end('commit');
    expect(await early).toMatchObject({ total: 3, successCount: 3, failureCount: 0, state: 'done' });
    await finishBulks(other);
    expect(await count('s_run where job_id in (21, 22, 23)')).toBe(3);
    expect(await count(`s_bulk_target where state = 'success' and claim_key is null`)).toBe(3);
    expect(await count('s_bulk_operation')).toBe(1);
  });

  test('retention: both delete, and what is to be kept is kept', async () => {
    const { redis, first, second } = await givenRedis();
    for (const requestId of ['a', 'b', 'c', 'd', 'e']) {
      await triggerJob(given.ctx, { job: 'kept', businessDate: '2026-11-20', requestId });
    }
    await run('update s_run set ended_at = 1 where job_id = 41');
    const newest = await given.rows('select id from s_run where job_id = 41 order by id desc limit 2');
    const settings = { keepSweepRuns: 2 };
    const held = hold('prune-runs');
    const early = deleteAlone(first, () => pruneHistory(givenContext(held.store, settings)));
    await held.arrived;
    const { pass, passes } = counted(() => pruneHistory(givenContext(given.store, settings)));
    const prune = () => deleteAlone(second, pass);
    await prune();
    expect(passes()).toBe(0);
    await redis.flush();
    // It may wait for rows that are just being deleted, and then finds them gone.
    const late = prune();
    await expect.poll(passes, { timeout: 30_000 }).toBe(1);
    held.end('commit');
    await Promise.all([early, late]);
    await prune();
    expect(await given.rows('select id from s_run where job_id = 41 order by id desc')).toEqual(newest);
    expect(await count('s_fire where job_id = 41')).toBe(2);
  });
});

function counted<T>(act: () => Promise<T>): { pass(): Promise<T>; passes(): number } {
  let passes = 0;
  return {
    passes: () => passes,
    pass() {
      passes += 1;
      return act();
    },
  };
}

/** Locks that only a flush ends: on a slow machine one of 800 ms would run out by itself, and nothing were stolen. */
async function givenRedis(): Promise<{ redis: PrivateRedis; first: Hints; second: Hints }> {
  const redis = await startPrivateRedis();
  const open = async (): Promise<Hints> => {
    const patient = { waitMs: 30_000, answerMs: 60_000 };
    const hints = await openRedisHints({
      url: redis.url,
      prefix: 'stolen',
      runtime: systemRuntime(),
      logger,
      ...patient,
    });
    onTestFinished(() => hints.close());
    return { ...hints, lock: (name) => hints.lock(name, 3_600_000) };
  };
  return { redis, first: await open(), second: await open() };
}
