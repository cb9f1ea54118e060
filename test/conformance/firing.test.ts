import { afterEach, beforeEach, expect, test } from 'vitest';
import { acceptCallback } from '../../scheduler/callback/accept-callback.ts';
import { advanceBackfills } from '../../scheduler/firing/advance-backfills.ts';
import { fireDueJobs } from '../../scheduler/firing/fire-due-jobs.ts';
import { planFires } from '../../scheduler/firing/plan-fires.ts';
import { triggerJob } from '../../scheduler/firing/trigger-job.ts';
import { moveCursors } from '../../scheduler/storage/sql/schedule-queries.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachStore, type StorePlace } from '../support/each-store.ts';
import { cron, firingOn, type GivenFiring, timedJob } from '../support/given-firing.ts';
import { givenContext } from '../support/given-scheduler-context.ts';

// Each store has its clock: a test moves the cursors back instead, as an outage of that length leaves them.
describeOnEachStore('the ledger of fires', (newPlace) => {
  let place: StorePlace;
  let given: GivenFiring;
  const setBack = (ms: number) =>
    given.store.transaction('outage', async (tx) => {
      const minute = Math.floor((tx.nowMs - ms) / 60_000) * 60_000;
      await tx.run('update s_schedule set next_at = ?', [minute]);
      return minute;
    });
  const states = () =>
    given.rows<{ state: string; n: number }>('select state, count(*) as n from s_fire group by state order by state');

  beforeEach(async () => {
    place = await newPlace();
    const store = await openSqlStore(place.url, { runtime: systemRuntime(), logger: silentLogger });
    given = await firingOn(store);
  });
  afterEach(async () => {
    await given.store.close();
    await place.drop();
  });

  test('two schedulers give each missed instant one verdict, and each fire one run', async () => {
    await given.define(
      Array.from({ length: 120 }, (_, i) => timedJob(i + 1, `job-${i + 1}`, { schedule: cron('0 * * * * ?') })),
    );
    await setBack(600_000);
    const other = givenContext(given.store);
    await Promise.all([planFires(given.ctx), planFires(other)]);
    await Promise.all([fireDueJobs(given.ctx), fireDueJobs(other)]);
    const odd = await given.rows(
      `select f.job_id from s_fire f where f.planned_at <= (select max(planned_at) from s_run)
        group by f.job_id having count(*) < 10 or count(*) > 20 or count(*) <> count(distinct f.planned_at)`,
    );
    expect(odd).toEqual([]);
    expect(await given.rows('select fire_id from s_run group by fire_id having count(*) > 1')).toEqual([]);
    const merged = `select count(*) as n from s_fire f where f.state = 'merged' and not exists
      (select 1 from s_fire w where w.id = f.merged_into and w.job_id = f.job_id and w.state = 'fired')`;
    expect(await given.rows(merged)).toEqual([{ n: 0 }]);
    expect((await states()).map(({ state }) => state)).toEqual(expect.arrayContaining(['fired', 'merged']));
  });

  test('what is left over of a schedule that somebody edits just now waits for the end of the edit', async () => {
    // SQLite has one writer at a time: nobody is in the middle of an edit there.
    if (given.store.dialect === 'sqlite') return;
    const far = givenContext(given.store, { planAheadMs: 90_000 });
    const misfire = { policy: 'FIRE_ONCE', afterMs: 1 } as const;
    const soon = timedJob(1, 'import', { schedule: { kind: 'fixed_rate', everyMs: 60_000 }, misfire });
    await given.define([soon]);
    await planFires(far);
    await given.store.transaction('it is late', async (tx) => {
      await tx.run('update s_planned_fire set planned_at = ?', [tx.nowMs - 10_000]);
      await tx.run('update s_fire set planned_at = ?', [tx.nowMs - 10_000]);
    });
    const [held, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const edit = given.store.transaction('edit', async (tx) => {
      await tx.all('select job_id from s_schedule for update');
      held.resolve();
      await done.promise;
    });
    await held.promise;
    await fireDueJobs(given.ctx).finally(done.resolve);
    expect(await given.rows('select state, reason from s_fire')).toEqual([{ state: 'planned', reason: null }]);
    await edit;
    await fireDueJobs(given.ctx);
    expect((await states()).map(({ state }) => state)).toEqual(['fired']);
  });

  test('a cursor that another scheduler has moved refuses the whole pass', async () => {
    await given.define([timedJob(1, 'import', { schedule: cron('0 * * * * ?') })]);
    const nextAt = await setBack(60_000);
    const from = { jobId: 1, chainId: 0, chainRunId: 0, configHash: '', nextAt };
    await given.store.transaction('first', (tx) => moveCursors(tx, [{ from, nextAt: nextAt + 1 }]));
    const again = given.store.transaction('second', (tx) => moveCursors(tx, [{ from, nextAt: nextAt + 2 }]));
    await expect(again).rejects.toThrow('moved by another scheduler');
  });

  test('a scheduler that dies after any of its commits leaves no instant without a fire, and none with two', async () => {
    await given.define([1, 2, 3].map((id) => timedJob(id, `job-${id}`, { schedule: cron('0 * * * * ?') })));
    await setBack(300_000);
    let commitsLeft = 1;
    const mortal: SqlStore = {
      ...given.store,
      read: (what, body) => given.store.read(what, body),
      transaction(what, body, options) {
        if (commitsLeft-- <= 0) throw new Error('the process has died');
        return given.store.transaction(what, body, options);
      },
    };
    await planFires(givenContext(mortal)).catch(() => undefined);
    await planFires(given.ctx);
    const planned = await given.rows<{ n: number; instants: number }>(
      'select count(*) as n, count(distinct planned_at) as instants from s_fire group by job_id',
    );
    expect(planned).toHaveLength(3);
    for (const { n, instants } of planned) {
      expect(n).toBeGreaterThanOrEqual(5);
      expect(n).toBe(instants);
    }
  });

  test('more missed instants than a row each is worth are one range', async () => {
    await given.define([timedJob(1, 'tick', { schedule: cron('* * * * * ?') })]);
    await setBack(86_400_000);
    await planFires(given.ctx);
    const [range] = await given.rows<{ count: number }>(
      `select range_count as count from s_fire where state = 'truncated'`,
    );
    const merged = (await states()).find(({ state }) => state === 'merged')?.n;
    expect(Number(merged)).toBe(9_999);
    expect(Number(range?.count)).toBeGreaterThan(76_000);
  });

  test('an edit takes back what was planned, and a stop skips it', async () => {
    // Far enough ahead that nothing falls due while the test runs.
    const looking = givenContext(given.store, { planAheadMs: 3_600_000 });
    const rate = (everyMs: number, enabled = true) => [
      timedJob(1, 'tick', { schedule: { kind: 'fixed_rate', everyMs }, enabled }),
    ];
    await given.define(rate(1_800_000));
    await planFires(looking);
    expect((await states()).map(({ state }) => state)).toEqual(['planned']);
    await given.define(rate(1_200_000));
    expect(await states()).toEqual([]);
    await planFires(looking);
    await given.define(rate(1_200_000, false));
    expect((await states()).map(({ state }) => state)).toEqual(['skipped']);
    expect(await given.rows('select * from s_planned_fire')).toEqual([]);
  });

  test('fires under a hold wait for its end, and a trigger is refused', async () => {
    await given.define([timedJob(1, 'import', { schedule: cron('0 * * * * ?'), misfire: { policy: 'CATCH_UP' } })]);
    await given.api.hold({ scope: 'job', name: 'import', reason: 'wait', by: 'ana' });
    await setBack(300_000);
    await planFires(given.ctx);
    await fireDueJobs(given.ctx);
    const [{ heldFires = 0 } = {}] = await given.api.holds();
    expect(heldFires).toBeGreaterThanOrEqual(5);
    const order = { job: 'import', businessDate: '2026-11-20', requestId: 'one' };
    await expect(triggerJob(given.ctx, order)).rejects.toMatchObject({ code: 'CONFLICT' });
    const resumed = await given.api.resume({ scope: 'job', name: 'import', by: 'bo' });
    expect(resumed).toEqual({ fired: 1, merged: heldFires - 1, skipped: 0 });
    expect(await given.rows('select * from s_held_fire')).toEqual([]);
  });

  test('a run that ends fires its children once, and a backfill its next date', async () => {
    await given.executor();
    await given.define([
      timedJob(1, 'import'),
      timedJob(2, 'after', { schedule: { kind: 'parent', jobs: ['import'], on: 'success' } }),
    ]);
    const { backfillId } = await given.api.backfill({
      job: 'import',
      fromDate: '2026-11-19',
      toDate: '2026-11-20',
      requestId: 'two days',
      by: 'ana',
    });
    for (let round = 0; round < 3; round++) {
      await advanceBackfills(given.ctx);
      await fireDueJobs(given.ctx);
      await given.work();
    }
    await advanceBackfills(given.ctx);
    expect(await given.api.backfillView(backfillId)).toMatchObject({ state: 'done', succeeded: 2 });
    expect(
      await given.rows('select job_id as job, business_date as date, state from s_fire order by job_id, business_date'),
    ).toEqual([1, 2].flatMap((job) => ['2026-11-19', '2026-11-20'].map((date) => ({ job, date, state: 'fired' }))));
    // Told again, the end of a parent fires nobody again.
    const [attempt] = await given.rows<{ id: number }>('select min(id) as id from s_attempt');
    await acceptCallback(given.ctx, { logId: attempt?.id ?? 0, handleCode: 200 });
    expect(await given.fires(2)).toHaveLength(2);
  });

  test('a backfill of a chain follows its chain runs', async () => {
    await given.executor();
    await given.define([timedJob(1, 'import')], [{ name: 'night', nodes: ['import'], edges: [] }]);
    const order = { chain: 'night', fromDate: '2026-11-19', toDate: '2026-11-19', requestId: 'a day', by: 'ana' };
    const { backfillId } = await given.api.backfill(order);
    await advanceBackfills(given.ctx);
    await fireDueJobs(given.ctx);
    expect(await given.api.backfillView(backfillId)).toMatchObject({ open: 1 });
    await given.work();
    await advanceBackfills(given.ctx);
    expect(await given.api.backfillView(backfillId)).toMatchObject({ state: 'done', succeeded: 1 });
  });

  test('a calendar is stored in versions, and its schedules are found', async () => {
    await given.calendar({ name: 'cn' });
    await given.define([timedJob(1, 'import', { schedule: cron('0 0 9 * * ?'), limits: { calendar: 'cn' } })]);
    await given.calendar({ name: 'cn', weekly: [] });
    expect(await given.api.nextFires({ job: 'import' }, 1)).toEqual([]);
    await given.calendar({ name: 'cn', weekly: ['SUN'] });
    expect(await given.api.nextFires({ job: 'import' }, 2)).toHaveLength(2);
  });

  test('a delay is armed by the end of its run', async () => {
    await given.executor();
    await given.define([timedJob(1, 'poll', { schedule: { kind: 'fixed_delay', delayMs: 600_000 } })]);
    await setBack(0);
    await planFires(given.ctx);
    await fireDueJobs(given.ctx);
    await planFires(given.ctx);
    expect(await given.api.nextFires({ job: 'poll' }, 1)).toEqual([]);
    await given.work();
    await planFires(given.ctx);
    expect(await given.api.nextFires({ job: 'poll' }, 1)).toHaveLength(1);
  });
});
