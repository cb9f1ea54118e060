import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../scheduler/definition/read-definitions.ts';
import { storeDefinitions } from '../../scheduler/firing/store-definitions.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type FakeExecutor, givenFakeExecutor } from '../support/fake-executor.ts';
import { job } from '../support/given-scheduler.ts';
import { givenContext } from '../support/given-scheduler-context.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

const EVERY_MS = 1_000;
const JOBS = 20;

// Real processes on a real database: what they do to each other when one dies, stands still, or has another clock.
describeWith(['MariaDB'], 'schedulers of a cluster as processes', () => {
  let store: SqlStore;
  let url: string;
  let drop: () => Promise<void>;
  let children: ChildProcess[];
  let executor: FakeExecutor;
  let schedulerUrl: string;

  beforeEach(async () => {
    ({ url, drop } = await createMysqlDatabase());
    children = [];
    store = await openSqlStore({ url, durability: 'warn' }, { runtime: systemRuntime(), logger });
    await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
    executor = await givenFakeExecutor({ schedulerUrl: () => schedulerUrl });
    executor.onRun = (request) => void executor.report(request).catch(() => undefined);
  });
  afterEach(async () => {
    await executor.die();
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      // One that was stopped hears nothing else.
      child.kill('SIGKILL');
      await ended;
    }
    await store.close();
    await drop();
  });

  async function start(wallOffsetMs = 0): Promise<{ url: string; child: ChildProcess }> {
    const path = new URL('./processes/scheduler-process.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [path, url, String(wallOffsetMs)], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    if (child.stdout === null) throw new Error('a scheduler without an output');
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return { url: String(line), child };
  }

  const define = (jobs: readonly JobDefinition[]) =>
    storeDefinitions(givenContext(store), { calendars: [], ...readDefinitions(jobs, []) });
  const rates = (ids: readonly number[]) =>
    ids.map((id) => job(id, `job-${id}`, { route: 'FIRST', schedule: { kind: 'fixed_rate', everyMs: EVERY_MS } }));
  const ids = Array.from({ length: JOBS }, (_, i) => i + 1);
  const one = async (sql: string) =>
    Number((await store.read('one', (db) => db.get<{ n: number }>(`select ${sql} as n`)))?.n ?? 0);
  const until = async (what: string, holds: () => Promise<boolean>) => {
    await expect.poll(holds, { timeout: 120_000, interval: 100, message: what }).toBe(true);
  };
  const firedRuns = (n: number) => until(`${n} runs`, async () => (await one('(select count(*) from s_run)')) >= n);

  /** No instant without a fire, none with two, each fire one run, and all of them come to their end. */
  async function everyInstantOnce(): Promise<void> {
    await store.transaction('stop', (tx) => tx.run('delete from s_schedule'));
    await until('all has ended', async () => {
      return (await one('(select count(*) from s_planned_fire) + (select count(*) from s_open_run)')) === 0;
    });
    const wrong = await store.read('wrong', (db) =>
      db.all(
        `select job_id as job, count(*) as fires, count(distinct planned_at) as instants,
           (max(planned_at) - min(planned_at)) / ${EVERY_MS} + 1 as beats
          from s_fire group by job_id having fires <> instants or instants <> beats`,
      ),
    );
    expect(wrong).toEqual([]);
    expect(await one(`(select count(*) from s_fire where state not in ('fired', 'merged', 'skipped'))`)).toBe(0);
    expect(await one(`(select count(*) from s_run) - (select count(*) from s_fire where state = 'fired')`)).toBe(0);
    expect(await one(`(select count(*) from s_run where state <> 'succeeded')`)).toBe(0);
    const begun = Map.groupBy(executor.requests, ({ logId }) => logId);
    expect(begun.size).toBe(await one('(select count(*) from s_run)'));
    expect(await one('(select count(*) from s_attempt where no > 1)')).toBe(0);
  }

  test('two start at the same moment on an empty store and fire each instant once; one is killed, the other goes on', async () => {
    await define([job(100, 'a-group', { route: 'FIRST', enabled: false })]);
    const [first, second] = await Promise.all([start(), start(3_600_000)]);
    schedulerUrl = second?.url ?? '';
    expect((await executor.register()).code).toBe(200);
    await define(rates(ids));
    await firedRuns(JOBS * 2);
    const killedAtMs = (await store.read('clock', async (db) => db.nowMs)) as number;
    first?.child.kill('SIGKILL');
    const before = await one('(select count(*) from s_run)');
    await firedRuns(before + JOBS * 2);
    // What a user sees of it: how late the worst instant is that came due while the other took over.
    const late = (from: number, to: number) =>
      one(`(select max(r.created_at - f.planned_at) from s_fire f join s_run r on r.fire_id = f.id
        where f.planned_at between ${from} and ${to})`);
    const [quietMs, overMs] = [await late(0, killedAtMs - 1_000), await late(killedAtMs - 1_000, killedAtMs + 5_000)];
    console.log(`fail-over: the latest fire was ${overMs} ms late, before the kill ${quietMs} ms`);
    // A lease of a scheduler decides nothing: nobody waits for its end, which would be 30 s.
    expect(overMs).toBeLessThan(Math.max(20_000, 4 * quietMs));
    await everyInstantOnce();
  });

  test('one stands still past everything, and its late writes touch no row', async () => {
    await define([job(100, 'a-group', { route: 'FIRST', enabled: false })]);
    const [first, second] = [await start(), await start()];
    schedulerUrl = second.url;
    expect((await executor.register()).code).toBe(200);
    await define(rates(ids));
    await firedRuns(JOBS);
    first.child.kill('SIGSTOP');
    const before = await one('(select count(*) from s_run)');
    // Locks that it holds are its connection's: a server that is told so ends them.
    await killIdleOwners();
    await firedRuns(before + JOBS * 2);
    first.child.kill('SIGCONT');
    const after = await one('(select count(*) from s_run)');
    await firedRuns(after + JOBS);
    await everyInstantOnce();
  });

  test('all are down for a while: what was missed is decided once they are back, and nothing is lost', async () => {
    await define([job(100, 'a-group', { route: 'FIRST', enabled: false })]);
    const first = await start(-3_600_000);
    schedulerUrl = first.url;
    expect((await executor.register()).code).toBe(200);
    await define(rates(ids));
    await firedRuns(JOBS);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const lastMs = await one('(select max(next_at) from s_schedule)');
    await until(
      'instants are missed',
      async () => (await one('cast(unix_timestamp(now(3)) * 1000 as unsigned)')) > lastMs + 3_000,
    );
    const second = await start();
    schedulerUrl = second.url;
    const before = await one('(select count(*) from s_run)');
    await firedRuns(before + JOBS * 2);
    await everyInstantOnce();
  });

  /** Ends connections of the database that hold a transaction open: those of a process that stands still. */
  async function killIdleOwners(): Promise<void> {
    const open = await store.read('open-transactions', (db) =>
      db.all<{ id: number }>(
        `select p.id as id from information_schema.processlist p join information_schema.innodb_trx t
           on t.trx_mysql_thread_id = p.id where p.db = database() and p.command = 'Sleep' and p.time >= 1`,
      ),
    );
    for (const { id } of open) await store.transaction('end', (tx) => tx.run(`kill ${id}`).catch(() => 0));
  }
});
