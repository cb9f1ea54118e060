import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BulkOrder, bulk, viewBulk } from '../../scheduler/bulk/bulk.ts';
import { finishBulks } from '../../scheduler/bulk/work-bulk.ts';
import { killRun } from '../../scheduler/run/kill-run.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { NO_HINTS } from '../../shared/redis/hints.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachStore, type StorePlace } from '../support/each-store.ts';
import { type GivenRuns, givenRuns } from '../support/given-runs.ts';
import { job } from '../support/given-scheduler.ts';
import { givenContext } from '../support/given-scheduler-context.ts';
import { holdTransaction } from '../support/held-store.ts';
import { givenLocks, STOLEN_LOCKS } from '../support/lying-hints.ts';

const HINTS = { 'no Redis': NO_HINTS, 'locks that everybody gets': STOLEN_LOCKS, 'locks that hold': givenLocks() };
const JOBS = [1, 2, 3, 4].map((id) => job(id, `job-${id}`, { route: 'FIRST' }));

describeOnEachStore('bulk operations', (newPlace) => {
  let place: StorePlace;
  let store: SqlStore;
  let given: GivenRuns;
  beforeEach(async () => {
    place = await newPlace();
    store = await openSqlStore(place.url, { runtime: systemRuntime(), logger });
    given = await givenRuns(JOBS, { store });
  });
  afterEach(async () => {
    await store.close();
    await place.drop();
  });

  const order = (more: Partial<BulkOrder>): BulkOrder => ({
    verb: 'disable',
    ids: [1, 2],
    by: 'ann',
    requestId: 'one',
    ...more,
  });
  const disabled = async () =>
    (
      await store.read('look', (db) => db.all<{ id: number }>('select id from s_job where enabled = 0 order by id'))
    ).map(({ id }) => id);
  const count = async (table: string) =>
    Number((await store.read('n', (db) => db.get<{ n: number }>(`select count(*) as n from ${table}`)))?.n);

  test.for<[string, Partial<BulkOrder>, RegExp]>([
    ['an empty list', { ids: [] }, /ids is empty/],
    ['a verb that there is not', { verb: 'explode' as never }, /verb must be one of enable, disable/],
    ['nobody', { by: ' ' }, /by must name who asks/],
    ['what is no id', { ids: [1, 0.5] }, /ids has 0.5/],
    [
      'a long atomic list',
      { ids: Array.from({ length: 501 }, (_, i) => i + 1), atomic: true },
      /at most 500 with atomic; leave atomic out/,
    ],
    ['a trigger without a date', { verb: 'trigger' }, /businessDate is ""/],
  ])('%s is refused before anything is stored', async ([, more, why]) => {
    await expect(bulk(given.ctx, NO_HINTS, order(more))).rejects.toThrow(why);
    expect(await count('s_bulk_operation')).toBe(0);
  });

  test('unknown ids are dropped and said; each of the others has a result of its own', async () => {
    const runId = await given.trigger('job-1', 'a');
    const ended = await given.trigger('job-2', 'b');
    await killRun(given.ctx, ended, { by: 'ann', reason: 'wrong' });
    const view = await bulk(given.ctx, NO_HINTS, order({ verb: 'rerun', ids: [runId, ended, 777] }));
    expect(view).toMatchObject({ total: 2, successCount: 1, failureCount: 1, unknownIds: [777], state: 'done' });
    expect(view.results).toEqual([
      { id: runId, state: 'failure', reason: expect.stringContaining('wait for its end'), result: null },
      { id: ended, state: 'success', reason: null, result: { runId: expect.any(Number), created: true } },
    ]);
  });

  test('the verbs do what they say', async () => {
    expect((await bulk(given.ctx, NO_HINTS, order({}))).successCount).toBe(2);
    expect(await disabled()).toEqual([1, 2]);
    expect((await bulk(given.ctx, NO_HINTS, order({ verb: 'enable', requestId: '2' }))).successCount).toBe(2);
    expect(await disabled()).toEqual([]);
    await bulk(given.ctx, NO_HINTS, order({ verb: 'hold', requestId: '3' }));
    expect(await count('s_hold')).toBe(2);
    const trigger = order({ verb: 'trigger', ids: [1, 2, 3], requestId: '4', businessDate: '2026-11-20' });
    expect(await bulk(given.ctx, NO_HINTS, trigger)).toMatchObject({ successCount: 1, failureCount: 2 });
    await bulk(given.ctx, NO_HINTS, order({ verb: 'release', requestId: '5' }));
    expect(await count('s_hold')).toBe(0);
    const [run] = await store.read('runs', (db) => db.all<{ id: number }>('select id from s_run'));
    await bulk(given.ctx, NO_HINTS, order({ verb: 'kill', ids: [run?.id ?? 0], requestId: '6' }));
    expect((await given.view(run?.id ?? 0)).state).toBe('cancelled');
    const again = order({ verb: 'rerun-failed', ids: [run?.id ?? 0], requestId: '7' });
    expect((await bulk(given.ctx, NO_HINTS, again)).results).toHaveLength(1);
  });

  test('the same request twice is one operation, and with another list a mistake', async () => {
    const first = await bulk(given.ctx, NO_HINTS, order({}));
    const second = await bulk(given.ctx, NO_HINTS, order({ ids: [2, 1] }));
    expect(second).toMatchObject({ operationId: first.operationId, created: false, successCount: 2 });
    await expect(bulk(given.ctx, NO_HINTS, order({ ids: [3] }))).rejects.toThrow(/asked for something else/);
    expect(await count('s_bulk_operation')).toBe(1);
  });

  test('atomic: all of it or nothing, and the reason names the one', async () => {
    const runId = await given.trigger('job-1', 'a');
    await bulk(given.ctx, NO_HINTS, order({ verb: 'hold', ids: [2], requestId: 'h' }));
    const atomic = order({ verb: 'hold', ids: [1, 2, 3], requestId: 'x', atomic: true });
    await expect(bulk(given.ctx, NO_HINTS, atomic)).rejects.toThrow(/job "job-2" is held by ann/);
    expect(await count('s_hold')).toBe(1);
    await expect(bulk(given.ctx, NO_HINTS, { ...atomic, ids: [1, 99] })).rejects.toThrow(/there is no job 99/);
    expect(await bulk(given.ctx, NO_HINTS, { ...atomic, ids: [1, 3] })).toMatchObject({
      successCount: 2,
      state: 'done',
    });
    expect(runId).toBeGreaterThan(0);
  });

  test.for(
    Object.entries(HINTS),
  )('with %s: a second submitter hears who has it and since when; after a crash another scheduler does what is left', async ([
    ,
    hints,
  ]) => {
    const other = givenContext(store);
    const held = holdTransaction(store, 'work-bulk-target');
    const dying = bulk({ ...given.ctx, store: held.store }, hints, order({ ids: [1, 2, 3] })).catch(String);
    await held.arrived;
    held.end('die');
    expect(await dying).toContain('died');
    await expect(
      bulk(other, hints, order({ verb: 'enable', ids: [3, 4], by: 'ben', requestId: 'two' })),
    ).rejects.toThrow(/changed by another: ann has target 3 in bulk operation \d+ \(disable\) since 20/);
    expect(await disabled()).toEqual([]);
    await finishBulks(other);
    expect(await disabled()).toEqual([1, 2, 3]);
    const same = await bulk(other, hints, order({ ids: [1, 2, 3] }));
    expect(same).toMatchObject({ created: false, successCount: 3, state: 'done' });
    expect((await viewBulk(other, same.operationId)).state).toBe('done');
    const two = await bulk(other, hints, order({ verb: 'enable', ids: [3, 4], by: 'ben', requestId: 'two' }));
    expect(two).toMatchObject({ created: true, successCount: 2 });
  });

  test('two submitters at the same moment: one does it, or both one after the other, and nothing is done twice', async () => {
    const other = givenContext(store);
    const both = await Promise.allSettled([
      bulk(given.ctx, STOLEN_LOCKS, order({ ids: [1, 2, 3, 4], requestId: 'a' })),
      bulk(other, STOLEN_LOCKS, order({ ids: [4, 3, 2, 1], by: 'ben', requestId: 'b' })),
    ]);
    for (const one of both) if (one.status === 'rejected') expect(String(one.reason)).toContain('changed by another');
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await disabled()).toEqual([1, 2, 3, 4]);
    expect(await count(`s_operator_action where verb = 'disable'`)).toBe(4);
  });
});
