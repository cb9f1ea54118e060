import { afterEach, beforeEach, expect, test } from 'vitest';
import { raiseAlarm } from '../../scheduler/alarm/raise-alarm.ts';
import { evaluateEdges } from '../../scheduler/chain/evaluate-edges.ts';
import { startChain } from '../../scheduler/chain/start-chain.ts';
import { readDefinitions } from '../../scheduler/definition/read-definitions.ts';
import type { Dispatch } from '../../scheduler/dispatch/dispatch.ts';
import { dispatchReadyShards } from '../../scheduler/dispatch/dispatch-ready-shards.ts';
import { sendKills } from '../../scheduler/dispatch/send-kills.ts';
import { newEffects } from '../../scheduler/effects.ts';
import { advanceBackfills } from '../../scheduler/firing/advance-backfills.ts';
import { fireDueJobs } from '../../scheduler/firing/fire-due-jobs.ts';
import { planFires } from '../../scheduler/firing/plan-fires.ts';
import { storeDefinitions } from '../../scheduler/firing/store-definitions.ts';
import { triggerJob } from '../../scheduler/firing/trigger-job.ts';
import { retireSilentExecutors } from '../../scheduler/registry/retire-silent-executors.ts';
import { killRun } from '../../scheduler/run/kill-run.ts';
import { rescueLostAttempts } from '../../scheduler/run/rescue-lost-attempts.ts';
import type { SchedulerContext } from '../../scheduler/scheduler-context.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { comesThrough } from '../support/comes-through.ts';
import { describeOnEachServer } from '../support/each-store.ts';
import { firingOn, type GivenFiring, timedJob } from '../support/given-firing.ts';
import { givenContext, silentClient } from '../support/given-scheduler-context.ts';
import { holdTransaction } from '../support/held-store.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';

// One scheduler stands still right before its commit, with its locks; the other makes the same pass, and comes through.
describeOnEachServer('two schedulers in the same body at the same moment', (server) => {
  let given: GivenFiring;
  let drop: () => Promise<void>;
  const JOBS = Array.from({ length: 12 }, (_, i) =>
    timedJob(i + 1, `job-${i + 1}`, { schedule: { kind: 'fixed_rate', everyMs: 3_600_000 } }),
  );
  const CHAIN = { name: 'chain', nodes: ['first', 'second'], edges: [{ from: 'first', to: 'second' }] } as const;

  beforeEach(async () => {
    const place = await createMysqlDatabase(server);
    drop = place.drop;
    const options = { runtime: systemRuntime(), logger: silentLogger };
    given = await firingOn(await openSqlStore({ url: place.url, connections: 8, durability: 'warn' }, options));
    await given.executor();
  });
  afterEach(async () => {
    await given.store.close();
    await drop();
  });

  /** While `body` of one scheduler is held in the transaction of that name, the other one's pass comes to its end. */
  async function beside(name: string, body: (ctx: SchedulerContext) => Promise<unknown>, how: 'commit' | 'die') {
    const held = holdTransaction(given.store, name);
    const first = body(givenContext(held.store));
    const second = held.arrived.then(() => body(given.ctx));
    try {
      await comesThrough(`the other one's pass beside ${name}`, second);
    } finally {
      held.end(how);
      await first.catch((error: unknown) => {
        if (how === 'commit') throw error;
      });
      // One that had to wait ends now; the next test has a database of its own.
      await second.catch(() => undefined);
    }
  }

  const due = (ms: number) =>
    given.store.transaction('due', (tx) => tx.run('update s_schedule set next_at = ?', [tx.nowMs + ms]));
  const sender = (sent: Dispatch[]) => ({ send: (one: Dispatch) => void sent.push(one), idle: async () => undefined });
  const count = async (sql: string) => (await given.rows<{ n: number }>(`select count(*) as n from ${sql}`))[0]?.n;

  test('plan-fires: a schedule in the hands of one is passed over by the other, and planned once', async () => {
    await given.define(JOBS);
    await due(500);
    await beside('plan-fires', planFires, 'commit');
    expect(await count('s_fire')).toBe(12);
    expect(await count('s_planned_fire')).toBe(12);
  });

  test.for([
    'commit',
    'die',
  ] as const)('fire-due-jobs: each fire is one run, when the first of them is to %s', async (how) => {
    await given.define(JOBS);
    await due(-1);
    await planFires(given.ctx);
    const sent: Dispatch[] = [];
    await beside('fire-due-jobs', (ctx) => fireDueJobs(ctx, sender(sent)), how);
    // What the dead one had is free with its connection.
    if (how === 'die') expect(await count('s_run')).toBe(0);
    await fireDueJobs(given.ctx, sender(sent));
    expect(await count('s_run')).toBe(12);
    expect(await count(`s_fire where state = 'fired'`)).toBe(12);
    expect(await count('s_planned_fire')).toBe(0);
    expect(new Set(sent.map(({ request }) => request.jobId)).size).toBe(12);
    expect(sent).toHaveLength(12);
  });

  test('fire-due-jobs takes the fires that nobody else has, and says that it looks again', async () => {
    await given.define(JOBS);
    await due(-1);
    await planFires(given.ctx);
    const theirs = await given.rows<{ id: number; at: number }>(
      'select id, planned_at as at from s_fire order by id limit 5',
    );
    const someone = holdTransaction(given.store, 'someone');
    const other = someone.store.transaction('someone', async (tx) => {
      for (const { id, at } of theirs) {
        await tx.get('select id from s_fire where id = ? for update', [id]);
        await tx.get('select fire_id from s_planned_fire where planned_at = ? and fire_id = ? for update', [at, id]);
      }
    });
    try {
      await someone.arrived;
      const report = await comesThrough('firing', fireDueJobs(given.ctx));
      expect(await count('s_run')).toBe(7);
      expect(report.wakeInMs).not.toBeNull();
    } finally {
      someone.end('commit');
      await other;
    }
    await fireDueJobs(given.ctx);
    expect(await count('s_run')).toBe(12);
  });

  test('dispatch-ready-shards: a run that one lets go, and shards that one hands out, are not waited for', async () => {
    await given.define([timedJob(1, 'work')]);
    await given.store.transaction('away', (tx) => tx.run(`update s_executor set state = 'silent'`));
    await triggerJob(given.ctx, { job: 'work', businessDate: '2026-11-20', requestId: '1' });
    await given.store.transaction('back', (tx) => tx.run(`update s_executor set state = 'alive'`));
    const sent: Dispatch[] = [];
    const pass = (ctx: SchedulerContext) => dispatchReadyShards(ctx, sender(sent));
    await beside('look-at-run', pass, 'commit');
    await given.store.transaction('ready', (tx) => tx.run(`update s_run set state = 'running'`));
    expect(sent).toHaveLength(1);
    expect(await count('s_attempt')).toBe(1);
    await triggerJob(given.ctx, { job: 'work', businessDate: '2026-11-20', requestId: '2' });
    await beside('hand-out-shards', pass, 'commit');
    expect(sent).toHaveLength(2);
    expect(await count('s_attempt')).toBe(2);
  });

  test('send-kills: of two that see an order one sends it', async () => {
    await given.define([timedJob(1, 'work')]);
    const { runId } = await triggerJob(given.ctx, { job: 'work', businessDate: '2026-11-20', requestId: '1' });
    await dispatchReadyShards(given.ctx, sender([]));
    await killRun(given.ctx, runId, { by: 'ann', reason: 'wrong' });
    let kills = 0;
    const kill = async () => {
      kills += 1;
      return 'told' as const;
    };
    const pass = (ctx: SchedulerContext) => sendKills({ ...ctx, client: { ...silentClient, kill } });
    await beside('claim-kills', pass, 'commit');
    expect(kills).toBe(1);
  });

  test('rescue-lost-attempts, retire-silent-executors, advance-backfills: one does it, the other goes on', async () => {
    await given.define([timedJob(1, 'work', { onNodeLoss: 'reassign' })]);
    await triggerJob(given.ctx, { job: 'work', businessDate: '2026-11-20', requestId: '1' });
    await dispatchReadyShards(given.ctx, sender([]));
    const quiet = (store: SqlStore) =>
      store.transaction('quiet', (tx) => tx.run('update s_executor set last_beat_at = last_beat_at - 3600000'));
    await quiet(given.store);
    const listened = (ctx: SchedulerContext) => ({
      ...ctx,
      listening: { ...ctx.listening, listenedMs: () => 7_200_000 },
    });
    await beside('retire-executor', (ctx) => retireSilentExecutors(listened(ctx)), 'commit');
    expect(await count(`s_executor where state = 'gone'`)).toBe(1);
    await beside('rescue-attempt', rescueLostAttempts, 'commit');
    expect(await count(`s_attempt where state = 'lost'`)).toBe(1);
    const dates = { fromDate: '2026-11-01', toDate: '2026-11-03', parallel: 3 };
    await given.api.backfill({ job: 'work', ...dates, requestId: 'b', by: 'ann' });
    await beside('advance-backfill', advanceBackfills, 'commit');
    expect(await count(`s_fire where origin = 'backfill'`)).toBe(3);
  });

  test('a process that stands still in a transaction loses its locks with its session', async () => {
    const [row] = await given.rows<{ version: string }>('select version() as version');
    // MySQL has a limit for sessions alone, with or without a transaction.
    const limit = /mariadb/i.test(row?.version ?? '') ? 'idle_transaction_timeout' : 'wait_timeout';
    const [session] = await given.rows<{ seconds: number }>(`select @@session.${limit} as seconds`);
    expect(session?.seconds).toBeGreaterThan(0);
    expect(session?.seconds).toBeLessThanOrEqual(60);
  });

  test('two that start at the same moment store the same definitions one after the other', async () => {
    const definitions = { calendars: [], ...readDefinitions(JOBS, []) };
    // Their group is there already, so that nothing but the lock keeps them apart.
    await storeDefinitions(given.ctx, { calendars: [], ...readDefinitions([timedJob(99, 'before')], []) });
    // The first has seen that there is no such job, and has not made it yet.
    const { promise: seen, resolve: hasSeen } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: letGoOn } = Promise.withResolvers<void>();
    const slow: SqlStore = {
      ...given.store,
      transaction: (name, body) =>
        given.store.transaction(name, (tx) => {
          const slowed = Object.create(tx) as SqlTx;
          const all: SqlTx['all'] = async (text, params) => {
            const rows = await tx.all(text, params);
            if (!text.includes('from s_job where id')) return rows as never;
            hasSeen();
            await goOn;
            return rows as never;
          };
          Object.defineProperty(slowed, 'all', { value: all });
          return body(slowed);
        }),
    };
    const first = storeDefinitions(givenContext(slow), definitions);
    await seen;
    const second = storeDefinitions(given.ctx, definitions);
    // Kept out it waits; let in it is through long before that.
    await Promise.race([second, systemRuntime().sleep(3_000)]);
    letGoOn();
    await Promise.all([first, second]);
    expect(await count('s_job')).toBe(13);
    expect(await count('s_job_version')).toBe(13);
  });

  test('an alarm that two raise at the same moment is open once', async () => {
    const alarm = { kind: 'RUN_FAILED', subjectKind: 'job', subjectId: 1, severity: 'critical', message: 'x' } as const;
    const raise = (tx: SqlTx) => raiseAlarm(tx, alarm, newEffects());
    const held = holdTransaction(given.store, 'raise');
    const first = held.store.transaction('raise', raise);
    await held.arrived;
    const second = given.store.transaction('raise', raise);
    held.end('commit');
    await Promise.all([first, second]);
    expect(await count('s_alarm')).toBe(1);
  });

  test('evaluate-edges: a chain run that one moves is passed over by the other', async () => {
    await given.define([timedJob(1, 'first'), timedJob(2, 'second')], [CHAIN]);
    await startChain(given.ctx, { chain: 'chain', businessDate: '2026-11-20', cutOffAtMs: null, requestId: '1' });
    await beside('evaluate-edges', evaluateEdges, 'commit');
    expect(await count('s_run')).toBe(1);
  });
});
