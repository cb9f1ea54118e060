import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { clearRuns } from '../../scheduler/admin/clear-runs.ts';
import {
  type ReportFigures,
  type ReportOrder,
  reportByDay,
  reportByJob,
} from '../../scheduler/admin/night/run-report.ts';
import { countRuns } from '../../scheduler/count/count-runs.ts';
import { QUANTILE_ERROR } from '../../scheduler/count/histogram.ts';
import { pruneHistory } from '../../scheduler/storage/prune-history.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { describeOnEachStore, emptyTables, type StorePlace } from '../support/each-store.ts';
import { cron, firingOn, type GivenFiring, timedJob } from '../support/given-firing.ts';
import { unsureStore } from '../support/unsure-store.ts';

interface Planted {
  readonly id: number;
  readonly jobId: number;
  readonly group: string;
  state: string;
  readonly createdAt: number;
  readonly latenessMs: number;
  endedAt: number | null;
}

const DATE = '2026-11-20';
const NAMES = ['', 'alpha', 'beta', 'gamma'];
const STATES = ['succeeded', 'succeeded', 'failed', 'timed_out', 'cancelled', 'discarded'];
const ALL: ReportOrder = { from: '2020-01-01', to: '2099-12-31', jobId: null, groups: null };

describeOnEachStore('runs counted by day', (newPlace) => {
  let place: StorePlace;
  let store: SqlStore;
  let given: GivenFiring;
  let planted: Planted[];
  // Never the same again: MariaDB keeps locks around what was deleted and comes back.
  let nextId = 1;
  const open = () => openSqlStore(place.url, { runtime: systemRuntime(), logger: silentLogger });
  beforeAll(async () => {
    place = await newPlace();
    store = await open();
    given = await firingOn(store);
    const schedule = cron('0 0 0 1 1 ? 2099');
    await given.define(NAMES.slice(1).map((name, at) => timedJob(at + 1, name, { schedule })));
  });
  afterAll(async () => {
    await store.close();
    await place.drop();
  });
  beforeEach(async () => {
    planted = [];
    await emptyTables(store, ['s_fire', 's_run', 's_open_run', 's_run_day', 's_uncounted_run']);
    await store.transaction('begin-anew', (tx) => tx.run('update s_run_count_mark set run_id = 0 where id = 1'));
  });
  const count = (by: SqlStore = store) => countRuns({ ...given.ctx, store: by }, new AbortController().signal);

  /** Runs of three jobs in two groups over some days, the last ones minutes old; `open` of them have not ended. */
  async function plant(many: number, { open = 0, endAgoMs = 120_000 } = {}): Promise<void> {
    await store.transaction('plant', async (tx) => {
      const fresh = Array.from({ length: many }, (_, n): Planted => {
        const createdAt = tx.nowMs - endAgoMs - (many - n) * 1_000_003;
        const isOpen = n >= many - open;
        return {
          id: nextId++,
          jobId: 1 + (n % 3),
          group: n % 5 === 0 ? 'other' : 'orders',
          state: isOpen ? 'running' : (STATES[n % STATES.length] ?? ''),
          createdAt,
          latenessMs: (n * 7_919) % 5_000,
          endedAt: isOpen ? null : createdAt + 1 + ((n * 104_729) % 600_000),
        };
      });
      await insertRuns(tx, fresh);
    });
  }

  async function insertRuns(tx: SqlTx, fresh: readonly Planted[]): Promise<void> {
    const fires = fresh.map(({ id, jobId, createdAt }) => [
      id,
      jobId,
      'cron',
      `planted ${id}`,
      createdAt,
      DATE,
      'fired',
    ]);
    const fire = ['id', 'job_id', 'origin', 'dedup_key', 'planned_at', 'business_date', 'state'];
    await tx.insertRows({ table: 's_fire', columns: fire }, fires);
    const runs = fresh.map(({ id, jobId, group, state, createdAt, latenessMs, endedAt }) => [
      ...[id, id, jobId, 'x', group, state, '', createdAt - latenessMs, DATE, createdAt, endedAt],
    ]);
    const run = ['id', 'fire_id', 'job_id', 'config_hash', 'app_name', 'state', 'param', 'planned_at', 'business_date'];
    await tx.insertRows({ table: 's_run', columns: [...run, 'created_at', 'ended_at'] }, runs);
    const open = fresh.flatMap(({ id, jobId, group, endedAt }) => (endedAt === null ? [[id, jobId, group]] : []));
    await tx.insertRows({ table: 's_open_run', columns: ['run_id', 'job_id', 'app_name'] }, open);
    planted.push(...fresh);
  }

  async function end(run: Planted): Promise<void> {
    run.state = 'succeeded';
    run.endedAt = run.createdAt + 77_000;
    await store.transaction('end', async (tx) => {
      await tx.run(`update s_run set state = 'succeeded', ended_at = ? where id = ?`, [run.endedAt, run.id]);
      await tx.run('delete from s_open_run where run_id = ?', [run.id]);
    });
  }

  /** Both reports say what the runs themselves come to, whoever of them is still there. */
  async function expectTrue(): Promise<void> {
    const day = (run: Planted): string => new Date(run.createdAt).toISOString().slice(0, 10);
    const job = (run: Planted): string => NAMES[run.jobId] ?? '';
    const byDay = (order: ReportOrder) => store.read('by-day', (db) => reportByDay(db, order));
    expectLike(await byDay(ALL), planted, day);
    expectLike(
      await byDay({ ...ALL, jobId: 2 }),
      planted.filter(({ jobId }) => jobId === 2),
      day,
    );
    expectLike(
      await byDay({ ...ALL, groups: ['other'] }),
      planted.filter(({ group }) => group === 'other'),
      day,
    );
    const lines = await store.read('by-job', (db) => reportByJob(db, ALL, { after: null, limit: 50 }));
    expectLike(lines, planted, job);
  }

  /** What is counted, and nothing that is not counted yet. */
  const countedSum = async (): Promise<number> => {
    const [row] = await given.rows('select coalesce(sum(runs), 0) as n from s_run_day where job_id > 0');
    return Number((row as { n: number }).n);
  };

  test('what is counted and what is not yet are together what the runs say', async () => {
    await plant(1_203, { open: 5 });
    // Too young to be counted: some of what began with them may not be committed yet.
    await plant(7, { endAgoMs: -7 * 1_000_003 - 3_000 });
    await expectTrue();
    await count();
    expect(await countedSum()).toBe(1_198);
    await expectTrue();
    const [late] = planted.filter(({ endedAt }) => endedAt === null);
    await end(late as Planted);
    await expectTrue();
    await count();
    await count();
    expect(await countedSum()).toBe(1_199);
    await expectTrue();
  });

  test('a pass that dies before its commit has counted nothing, one whose answer is lost has counted once', async () => {
    await plant(1_203, { open: 5 });
    // Three batches of runs, and what ran when the mark passed it: each is killed once, and its answer is lost once.
    for (let step = 1; step <= 4; step++) {
      if (step === 4) for (const late of planted.slice(-2)) await end(late);
      await expect(count(diesAtOnce(store))).rejects.toThrow('killed');
      await expectTrue();
      const unsure = unsureStore(store);
      unsure.loseAnswer(1);
      await expect(count(unsure.store)).rejects.toThrow('lost');
      await expectTrue();
    }
    await count();
    expect(await countedSum()).toBe(1_200);
    await expectTrue();
  });

  test('two schedulers at once, and clearing and retention beside them, count every run once', async () => {
    await plant(2_004, { open: 6 });
    const other = store.dialect === 'sqlite' ? store : await open();
    const early = planted[600]?.createdAt ?? 0;
    await Promise.all([
      count(),
      count(other),
      clearRuns({ ...given.ctx, store: other }, { beforeMs: early }, 600),
      count(other),
    ]);
    for (const late of planted.slice(-6)) await end(late);
    const keepFew = { ...given.ctx.settings, keepSweepRuns: 3 };
    await Promise.all([count(other), pruneHistory({ ...given.ctx, settings: keepFew }), count()]);
    await pruneHistory({ ...given.ctx, settings: keepFew });
    expect(await given.rows('select id from s_run')).toHaveLength(9);
    await expectTrue();
    await count();
    expect(await countedSum()).toBe(2_004);
    await expectTrue();
    if (other !== store) await other.close();
  });

  test('what is deleted before it was counted is counted then', async () => {
    await plant(60);
    await plant(9, { endAgoMs: -9 * 1_000_003 - 3_000 });
    expect(await clearRuns(given.ctx, { keepLast: 1 }, 66)).toEqual({ deleted: 66, more: false });
    await expectTrue();
    await count();
    await expectTrue();
  });

  test('a run whose transaction commits late is waited for', async () => {
    if (store.dialect === 'sqlite') return;
    await plant(3);
    const other = await open();
    const inserted = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const late = other.transaction('late', async (tx) => {
      const createdAt = tx.nowMs - 120_000;
      const facts = { jobId: 1, group: 'orders', state: 'failed', createdAt, latenessMs: 5, endedAt: createdAt + 9 };
      await insertRuns(tx, [{ id: nextId++, ...facts }]);
      inserted.resolve();
      await release.promise;
    });
    await inserted.promise;
    await plant(3);
    const counting = count();
    // It stands at the row that is not committed; only then may it be.
    const waits = `select count(*) as n from information_schema.innodb_trx t
      join information_schema.processlist p on p.id = t.trx_mysql_thread_id
      where t.trx_state = 'LOCK WAIT' and p.db = database()`;
    // The server makes this table anew only for who has not read it for a tenth of a second.
    const often = { timeout: 60_000, interval: 250 };
    const isWaiting = expect.poll(async () => (await given.rows(waits))[0], often).toEqual({ n: 1 });
    await Promise.race([counting, isWaiting]);
    release.resolve();
    await Promise.all([late, counting]);
    await count();
    expect(await countedSum()).toBe(7);
    await expectTrue();
    await other.close();
  });

  test('runs that are counted while the report is read are in it once', async () => {
    if (store.dialect === 'sqlite') return;
    await plant(30, { open: 5 });
    await count();
    for (const late of planted.slice(-5)) await end(late);
    const other = await open();
    const lines = await other.read('by-day', async (db) => {
      let isFirst = true;
      const between: typeof db = {
        ...db,
        nowMs: db.nowMs,
        get: db.get.bind(db),
        all: db.all.bind(db),
        async arrays(text, params) {
          const rows = await db.arrays(text, params);
          if (isFirst) await count();
          isFirst = false;
          return rows;
        },
      };
      return reportByDay(between, ALL);
    });
    await other.close();
    expectLike(lines, planted, (run) => new Date(run.createdAt).toISOString().slice(0, 10));
  });

  test('jobs come a page at a time, by name, those without runs left out', async () => {
    await plant(12);
    const page = (after: string | null) => store.read('page', (db) => reportByJob(db, ALL, { after, limit: 1 }));
    expect((await page(null)).map(({ key }) => key)).toEqual(['alpha', 'beta']);
    expect((await page('beta')).map(({ key }) => key)).toEqual(['gamma']);
    const none = await store.read('page', (db) =>
      reportByJob(db, { ...ALL, groups: ['nobody'] }, { after: null, limit: 1 }),
    );
    expect(none).toEqual([]);
  });
});

/** A store whose next transaction is rolled back at its end, as if the process had been killed there. */
const diesAtOnce = (store: SqlStore): SqlStore => ({
  ...store,
  transaction: (name, body, options) =>
    store.transaction(
      name,
      async (tx) => {
        await body(tx);
        throw new Error('killed');
      },
      options,
    ),
});

function expectLike(lines: readonly ReportFigures[], runs: readonly Planted[], keyOf: (run: Planted) => string): void {
  const groups = Map.groupBy(runs, keyOf);
  expect(lines.map(({ key }) => key)).toEqual([...groups.keys()].sort());
  for (const line of lines) {
    const of = groups.get(line.key) ?? [];
    const [succeeded, failed] = [['succeeded'], ['failed', 'timed_out']].map(
      (states) => of.filter(({ state }) => states.includes(state)).length,
    );
    expect(line).toMatchObject({ runs: of.length, succeeded, failed });
    const durations = of.flatMap(({ createdAt, endedAt }) => (endedAt === null ? [] : [endedAt - createdAt]));
    const latenesses = of.map(({ latenessMs }) => latenessMs);
    expectNear(line.durationP50Ms, exact(durations, 0.5));
    expectNear(line.durationP95Ms, exact(durations, 0.95));
    expectNear(line.latenessP50Ms, exact(latenesses, 0.5));
    expectNear(line.latenessP95Ms, exact(latenesses, 0.95));
  }
}

const exact = (values: readonly number[], part: number): number | null =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(part * values.length) - 1)] ?? null;

function expectNear(value: number | null, of: number | null): void {
  if (of === null || value === null) expect(value).toBe(of);
  // Half a millisecond for the rounding.
  else expect(Math.abs(value - of)).toBeLessThanOrEqual(of * QUANTILE_ERROR + 0.5);
}
