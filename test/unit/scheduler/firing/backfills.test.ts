import { describe, expect, test } from 'vitest';
import { advanceBackfills } from '../../../../scheduler/firing/advance-backfills.ts';
import { judgeBackfill } from '../../../../scheduler/firing/backfill-transitions.ts';
import { pruneHistory } from '../../../../scheduler/storage/prune-history.ts';
import { cron, type GivenFiring, givenFiring, timedJob } from '../../../support/given-firing.ts';

const november = { fromDate: '2026-11-19', toDate: '2026-11-24', requestId: 'november', by: 'ana' };
const started = async (given: GivenFiring) =>
  (await given.fires()).map(({ date, state }) => `${date.slice(8)} ${state}`);

async function givenJob(): Promise<GivenFiring> {
  const given = await givenFiring('2026-12-01T00:00:00Z');
  await given.executor();
  await given.define([timedJob(1, 'import')]);
  return given;
}

describe('a backfill', () => {
  test('fires date after date, the next when the one before has ended, and then is done', async () => {
    const given = await givenJob();
    const order = { job: 'import', ...november, toDate: '2026-11-21', param: 'again' };
    const { backfillId, created } = await given.api.backfill(order);
    expect(created).toBe(true);
    expect(await given.api.backfill(order)).toEqual({ backfillId, created: false });
    await given.pass();
    await given.pass();
    expect(await started(given)).toEqual(['19 fired']);
    for (const dates of [
      ['19 fired', '20 fired'],
      ['19 fired', '20 fired', '21 fired'],
    ]) {
      await given.work();
      await given.pass();
      expect(await started(given)).toEqual(dates);
    }
    expect(await given.api.backfillView(backfillId)).toMatchObject({ state: 'running', open: 1, succeeded: 2 });
    await given.work();
    await given.pass();
    expect(await given.api.backfillView(backfillId)).toMatchObject({ state: 'done', open: 0, succeeded: 3, failed: 0 });
    expect(await given.rows('select distinct param from s_run')).toEqual([{ param: 'again' }]);
  });

  test('goes by a calendar, so many dates at a time', async () => {
    const given = await givenJob();
    await given.calendar({ name: 'week' });
    await given.api.backfill({ job: 'import', ...november, calendar: 'week', parallel: 3 });
    await given.pass();
    expect(await started(given)).toEqual(['19 fired', '20 fired', '23 fired']);
    await given.work();
    await given.pass();
    expect(await started(given)).toEqual(['19 fired', '20 fired', '23 fired', '24 fired']);
  });

  test('keeps its dates while the runs of the schedule are pruned', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define([timedJob(1, 'import', { schedule: cron('0/5 * * * * ?') })]);
    await given.executor();
    const { backfillId } = await given.api.backfill({ job: 'import', ...november, parallel: 100 });
    await given.pass();
    await given.work();
    await given.passUntil('2026-11-20T00:00:31Z');
    await given.work();
    await pruneHistory({ ...given.ctx, settings: { ...given.ctx.settings, keepSweepRuns: 1 } });
    const origins = 'select f.origin, count(*) as n from s_run r join s_fire f on f.id = r.fire_id group by f.origin';
    const kept = await given.rows<{ origin: string; n: number }>(origins);
    expect(kept.map(({ origin, n }) => [origin, Number(n)])).toEqual([
      ['backfill', 6],
      ['cron', 1],
    ]);
    expect(await given.api.backfillView(backfillId)).toMatchObject({ succeeded: 6, failed: 0 });
  });

  test('stops at the first failure and names it, or goes on to the end', async () => {
    for (const stopOnFailure of [true, false]) {
      const given = await givenJob();
      const { backfillId } = await given.api.backfill({ job: 'import', ...november, parallel: 2, stopOnFailure });
      await given.pass();
      await given.work(500);
      await given.pass();
      const view = await given.api.backfillView(backfillId);
      if (stopOnFailure) {
        expect(view).toMatchObject({ state: 'failed', failed: 2, failedDate: '2026-11-19', nextDate: '2026-11-21' });
        expect(view.reason).toBe('2 of 2 dates did not succeed, the first is 2026-11-19');
        const open = "select kind from s_alarm where kind = 'BACKFILL_STOPPED' and closed_at is null";
        expect(await given.rows(open)).toHaveLength(1);
        await given.api.backfill({ job: 'import', ...november, toDate: november.fromDate, requestId: 'another' });
        await given.pass();
        await given.work();
        await given.pass();
        expect(await given.rows(open)).toEqual([]);
      } else {
        expect(view).toMatchObject({ state: 'running', failed: 2, open: 2 });
        for (let round = 0; round < 3; round++) {
          await given.work();
          await given.pass();
        }
        expect(await given.api.backfillView(backfillId)).toMatchObject({ state: 'done', failed: 2, succeeded: 4 });
      }
    }
  });

  test('that is paused starts nothing, goes on where it was, and is cancelled for good', async () => {
    const given = await givenJob();
    const { backfillId } = await given.api.backfill({ job: 'import', ...november });
    await given.pass();
    const order = { backfillId, by: 'bo', reason: 'month end' };
    await given.api.pauseBackfill(order);
    await given.work();
    await given.pass();
    expect(await started(given)).toEqual(['19 fired']);
    expect(await given.api.backfillView(backfillId)).toMatchObject({ state: 'paused', reason: 'bo: month end' });
    await given.api.resumeBackfill(order);
    await given.pass();
    expect(await started(given)).toEqual(['19 fired', '20 fired']);
    await given.api.cancelBackfill(order);
    await given.work();
    await given.pass();
    expect(await started(given)).toHaveLength(2);
    await expect(given.api.resumeBackfill(order)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await given.rows('select verb from s_operator_action order by id')).toEqual(
      ['backfill', 'pause-backfill', 'resume-backfill', 'cancel-backfill'].map((verb) => ({ verb })),
    );
  });

  test('that was paused while it was being looked up starts nothing', async () => {
    const given = await givenJob();
    const { backfillId } = await given.api.backfill({ job: 'import', ...november });
    await given.api.pauseBackfill({ backfillId, by: 'bo', reason: 'month end' });
    const read: typeof given.store.read = (name, body) =>
      name === 'list-backfills' ? Promise.resolve([{ id: backfillId }] as never) : given.store.read(name, body);
    await advanceBackfills({ ...given.ctx, store: { ...given.store, read } });
    expect(await given.fires()).toEqual([]);
  });

  test('over dates of another one fires them anew', async () => {
    const given = await givenJob();
    const one = { job: 'import', ...november, toDate: '2026-11-19' };
    await given.api.backfill(one);
    await given.api.backfill({ ...one, requestId: 'once more' });
    await given.pass();
    expect(await started(given)).toEqual(['19 fired', '19 fired']);
  });

  test('of a held job waits, and goes on when the hold is taken away', async () => {
    const given = await givenJob();
    const { backfillId } = await given.api.backfill({ job: 'import', ...november });
    await given.api.hold({ scope: 'job', name: 'import', reason: 'wait', by: 'ana' });
    await given.pass();
    await given.pass();
    expect(await started(given)).toEqual(['19 held']);
    expect(await given.api.backfillView(backfillId)).toMatchObject({ open: 1 });
    await given.api.resume({ scope: 'job', name: 'import', by: 'ana' });
    expect(await started(given)).toEqual(['19 fired']);
  });

  test('of a chain makes a chain run per date, without a cut-off', async () => {
    const given = await givenJob();
    const chain = { name: 'night', nodes: ['import'], edges: [], cutOff: { kind: 'after', afterMs: 1 } as const };
    await given.define([timedJob(1, 'import')], [chain]);
    const { backfillId } = await given.api.backfill({ chain: 'night', ...november, toDate: '2026-11-20' });
    await given.pass();
    await given.work();
    await given.pass();
    await given.work();
    await given.pass();
    expect(await given.rows('select business_date as date, state, cut_off_at as cutOff from s_chain_run')).toEqual([
      { date: '2026-11-19', state: 'succeeded', cutOff: null },
      { date: '2026-11-20', state: 'succeeded', cutOff: null },
    ]);
    expect(await given.api.backfillView(backfillId)).toMatchObject({ state: 'done', succeeded: 2 });
    expect(await given.api.backfills()).toMatchObject([{ id: backfillId }]);
  });

  test.each<[object, string]>([
    [{ fromDate: '2026-02-30' }, 'fromDate'],
    [{ toDate: '2026-11-18' }, 'toDate'],
    [{ toDate: '2099-01-01' }, 'too many'],
    [{ parallel: 0 }, 'parallel'],
    [{ chain: 'night' }, 'one of the two'],
    [{ job: 'nothing' }, 'no job "nothing"'],
    [{ calendar: 'nothing' }, 'no calendar "nothing"'],
    [{ requestId: '' }, 'requestId'],
    [{ by: '' }, 'by'],
  ])('%j is refused in words', async (more, words) => {
    const given = await givenJob();
    await expect(given.api.backfill({ job: 'import', ...november, ...more })).rejects.toThrow(words);
  });
});

test.each([
  [{ open: 0 }, { kind: 'start', count: 3 }],
  [{ open: 2 }, { kind: 'start', count: 1 }],
  [{ open: 3 }, { kind: 'wait' }],
  [{ open: 1, datesLeft: false }, { kind: 'wait' }],
  [
    { open: 0, datesLeft: false },
    { kind: 'ended', failed: false },
  ],
  [{ open: 1, failed: 1 }, { kind: 'wait' }],
  [
    { open: 0, failed: 1 },
    { kind: 'ended', failed: true },
  ],
  [
    { open: 0, failed: 1, stopOnFailure: false },
    { kind: 'start', count: 3 },
  ],
  [
    { open: 0, failed: 1, stopOnFailure: false, datesLeft: false },
    { kind: 'ended', failed: false },
  ],
])('with %j it is time to %j', (at, step) => {
  expect(judgeBackfill({ failed: 0, datesLeft: true, parallel: 3, stopOnFailure: true, ...at })).toEqual(step);
});
