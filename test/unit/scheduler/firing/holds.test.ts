import { describe, expect, test } from 'vitest';
import { startChain } from '../../../../scheduler/chain/start-chain.ts';
import { advanceBackfills } from '../../../../scheduler/firing/advance-backfills.ts';
import { heldBy } from '../../../../scheduler/firing/held-by.ts';
import { triggerJob } from '../../../../scheduler/firing/trigger-job.ts';
import { insertFire } from '../../../../scheduler/storage/sql/fire-queries.ts';
import type { OnResume } from '../../../../scheduler/storage/sql/hold-queries.ts';
import { cron, givenFiring, timedJob } from '../../../support/given-firing.ts';

const everyMinute = [
  timedJob(1, 'import', { schedule: cron('0 * * * * ?') }),
  timedJob(2, 'other', { schedule: cron('0 * * * * ?'), group: 'others' }),
];
const why = { reason: 'the bank is late', by: 'ana' };
const states = async (given: Awaited<ReturnType<typeof givenFiring>>, job = 1) =>
  (await given.fires(job)).map(({ state }) => state);

describe('a hold', () => {
  test.each<[OnResume, string[], object]>([
    ['all', ['fired', 'fired', 'fired'], { fired: 3, merged: 0, skipped: 0 }],
    ['latest', ['merged', 'merged', 'fired'], { fired: 1, merged: 2, skipped: 0 }],
    ['none', ['skipped', 'skipped', 'skipped'], { fired: 0, merged: 0, skipped: 3 }],
  ])('that is taken away with %s leaves %j', async (onResume, verdicts, counted) => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define(everyMinute);
    await given.api.hold({ scope: 'job', name: 'import', onResume, ...why });
    await given.passUntil('2026-11-20T00:03:10Z');
    expect(await states(given)).toEqual(['held', 'held', 'held']);
    expect(await states(given, 2)).toEqual(['fired', 'fired', 'fired']);
    expect((await given.fires(1))[0]?.reason).toBe('job "import" is held by ana: the bank is late');
    expect(await given.api.holds()).toMatchObject([{ scope: 'job', name: 'import', onResume, heldFires: 3, ...why }]);
    expect(await given.api.resume({ scope: 'job', name: 'import', by: 'bo' })).toEqual(counted);
    expect(await states(given)).toEqual(verdicts);
    expect(await given.api.holds()).toEqual([]);
    expect(await given.rows('select * from s_held_fire')).toEqual([]);
    const runs = await given.rows<{ at: number }>('select planned_at as at from s_run where job_id = 1 order by id');
    expect(runs).toHaveLength(verdicts.filter((state) => state === 'fired').length);
    expect(runs).toEqual([...runs].sort((a, b) => a.at - b.at));
    expect(await given.rows('select who, verb from s_operator_action order by id')).toEqual([
      { who: 'ana', verb: 'hold' },
      { who: 'bo', verb: 'resume' },
    ]);
  });

  test.each([
    ['group', 'orders', ['held', 'fired']],
    ['cluster', undefined, ['held', 'held']],
  ] as const)('of a %s holds its jobs', async (scope, name, verdicts) => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define(everyMinute);
    await given.api.hold({ scope, ...(name === undefined ? {} : { name }), ...why });
    await given.passUntil('2026-11-20T00:01:05Z');
    expect([...(await states(given)), ...(await states(given, 2))]).toEqual(verdicts);
  });

  test('under another hold lets a fire go only when both are taken away', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define(everyMinute);
    await given.api.hold({ scope: 'job', name: 'import', ...why });
    await given.passUntil('2026-11-20T00:01:05Z');
    await given.api.hold({ scope: 'group', name: 'orders', onResume: 'all', ...why });
    await given.api.resume({ scope: 'job', name: 'import', by: 'bo' });
    expect(await states(given)).toEqual(['held']);
    await given.api.resume({ scope: 'group', name: 'orders', by: 'bo' });
    expect(await states(given)).toEqual(['fired']);
  });

  test('merges no date of a backfill, and nothing into one: each is for a date of its own', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define(everyMinute);
    // One date is planned before the instants that are held, and one after them.
    const dates = { fromDate: '2026-01-02', toDate: '2026-01-02' };
    await given.api.backfill({ job: 'import', ...dates, requestId: 'before', by: 'ana' });
    await advanceBackfills(given.ctx);
    await given.api.hold({ scope: 'job', name: 'import', ...why });
    await given.passUntil('2026-11-20T00:02:10Z');
    await given.store.transaction('planned just before the hold', (tx) =>
      insertFire(tx, {
        jobId: 1,
        origin: 'backfill',
        dedupKey: '9:2026-01-03',
        chainRunId: null,
        plannedAt: tx.nowMs,
        businessDate: '2026-01-03',
        state: 'planned',
        reason: null,
      }),
    );
    await given.pass();
    await given.api.resume({ scope: 'job', name: 'import', by: 'bo' });
    const fires = (await given.fires(1)).map(({ date, origin, state }) => `${date} ${origin} ${state}`);
    expect(fires).toEqual([
      '2026-01-02 backfill fired',
      '2026-11-20 cron merged',
      '2026-11-20 cron fired',
      '2026-01-03 backfill fired',
    ]);
  });

  test('of more fires than one transaction decides is taken away whole', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define([timedJob(1, 'import', { schedule: cron('* * * * * ?') })]);
    await given.api.hold({ scope: 'job', name: 'import', onResume: 'latest', ...why });
    await given.passUntil('2026-11-20T00:04:10Z');
    expect(await given.api.resume({ scope: 'job', name: 'import', by: 'bo' })).toEqual({
      fired: 1,
      merged: 249,
      skipped: 0,
    });
    const lastMerged = await given.rows(
      `select count(distinct merged_into) as winners from s_fire where state = 'merged'`,
    );
    expect(lastMerged).toEqual([{ winners: 1 }]);
  });

  test('refuses a trigger by hand with its name, unless it is asked for in spite of it', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define(everyMinute);
    await given.api.hold({ scope: 'job', name: 'import', ...why });
    const order = { job: 'import', businessDate: '2026-11-20', requestId: 'by hand' };
    await expect(triggerJob(given.ctx, order)).rejects.toThrow('job "import" is held by ana: the bank is late');
    expect(await triggerJob(given.ctx, { ...order, despiteHold: true })).toMatchObject({ created: true });
    // One fire of it may be run or dropped by a person meanwhile.
    await given.passUntil('2026-11-20T00:02:05Z');
    const [first, second] = await given.rows<{ id: number }>(`select id from s_fire where state = 'held' order by id`);
    const by = { by: 'ana', reason: 'wanted' };
    expect(await given.api.decideHeldFire({ fireId: first?.id ?? 0, decision: 'fire', ...by })).toEqual({
      state: 'fired',
    });
    expect(await given.api.decideHeldFire({ fireId: second?.id ?? 0, decision: 'skip', ...by })).toEqual({
      state: 'skipped',
    });
  });

  test('is there once, of something that is there, with a name and a reason', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    await given.define(everyMinute);
    await given.api.hold({ scope: 'job', name: 'import', ...why });
    const holding = (order: object) => given.api.hold({ scope: 'job', name: 'import', ...why, ...order });
    await expect(holding({})).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(holding({ name: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(holding({ scope: 'chain', name: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(holding({ reason: ' ' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(holding({ by: '' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(holding({ scope: 'world' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(holding({ onResume: 'some' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(given.api.resume({ scope: 'job', name: 'other', by: 'bo' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('that lasts beyond the cut-off of a chain leaves its fire to a person', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    const chain = {
      name: 'night',
      nodes: ['import'],
      edges: [],
      schedule: cron('0 1 0 * * ?'),
      cutOff: { kind: 'after', afterMs: 60_000 } as const,
    };
    await given.define([timedJob(1, 'import')], [chain]);
    await given.api.hold({ scope: 'chain', name: 'night', onResume: 'all', ...why });
    await given.passUntil('2026-11-20T00:01:05Z');
    given.setClock('2026-11-20T00:05:00Z');
    expect(await given.api.resume({ scope: 'chain', name: 'night', by: 'bo' })).toMatchObject({ fired: 0 });
    expect(await given.rows('select scope, name from s_held_fire')).toEqual([{ scope: null, name: null }]);
    expect(await given.rows('select kind from s_alarm')).toEqual([{ kind: 'FIRE_HELD' }]);
  });

  test('skips the sweeps of a chain run: the next one does their work', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    const sweep = { schedule: { kind: 'fixed_rate', everyMs: 1_000 }, enabledWhile: 'chain_running' } as const;
    const chain = { name: 'night', nodes: ['import'], edges: [], sweeps: ['sweep'] };
    await given.define([timedJob(1, 'import'), timedJob(2, 'sweep', sweep)], [chain]);
    await startChain(given.ctx, { chain: 'night', businessDate: '2026-11-20', cutOffAtMs: null, requestId: '1' });
    await given.api.hold({ scope: 'job', name: 'sweep', ...why });
    await given.passUntil('2026-11-20T00:00:03Z');
    expect(await states(given, 2)).toEqual(['skipped', 'skipped', 'skipped', 'planned', 'planned']);
    await given.api.resume({ scope: 'job', name: 'sweep', by: 'bo' });
    await given.passUntil('2026-11-20T00:00:04Z');
    expect((await states(given, 2)).filter((state) => state === 'fired')).toHaveLength(1);
  });

  test('of a chain holds its fires, and nodes of its runs can see it', async () => {
    const given = await givenFiring('2026-11-20T00:00:00Z');
    const chain = { name: 'night', nodes: ['import'], edges: [], schedule: cron('0 * * * * ?') };
    await given.define([timedJob(1, 'import')], [chain]);
    await given.api.hold({ scope: 'chain', name: 'night', ...why });
    await given.passUntil('2026-11-20T00:01:05Z');
    expect((await given.fires()).map(({ state }) => state)).toEqual(['held']);
    const over = await given.store.read('held', (db) => heldBy(db, { jobId: 1, group: 'orders', chainId: 1 }));
    expect(over).toMatchObject({ scope: 'chain', name: 'night' });
    expect(await given.store.read('held', (db) => heldBy(db, { jobId: 1, group: 'orders', chainId: null }))).toBeNull();
  });
});
