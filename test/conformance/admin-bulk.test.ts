import { describe, expect, test } from 'vitest';
import { verifyAudit } from '../../scheduler/admin/audit/verify-audit.ts';
import { finishBulks } from '../../scheduler/bulk/work-bulk.ts';
import { describeOnEachStore, type NewStorePlace } from '../support/each-store.ts';
import { type GivenAdmin, givenAdmin } from '../support/given-admin.ts';
import { job } from '../support/given-scheduler.ts';

const JOBS = [job(1, 'one'), job(2, 'two'), job(3, 'three'), job(4, 'foreign', { group: 'reports' })];
const order = (more: object) => ({ action: 'job.disable', ids: [1, 2], reason: 'a test', requestId: 'a', ...more });

const IN_MEMORY: NewStorePlace = async () => ({ url: 'sqlite::memory:', drop: async () => undefined });
const given = (newPlace: NewStorePlace = IN_MEMORY) => givenAdmin(newPlace, { jobs: JOBS });
const enabled = async ({ store }: GivenAdmin) =>
  (await store.read('look', (db) => db.all<{ id: number }>('select id from s_job where enabled = 1 order by id'))).map(
    ({ id }) => id,
  );

describeOnEachStore('a bulk operation of the admin', (newPlace) => {
  test('what the scheduler that took it did not do is done by another one, in the name of who asked', async () => {
    const admin = await given(newPlace);
    const root = await admin.setUp();
    // Its scheduler died behind the first of them: that one is done, the others are open and claimed.
    await admin.ask('POST /bulk', root, { body: order({ ids: [1, 2, 3] }) });
    await admin.store.transaction('die', async (tx) => {
      await tx.run(`update s_bulk_operation set state = 'running', ended_at = null`);
      await tx.run(`update s_bulk_target set state = 'open', claim_key = target_no where target_no > 0`);
      await tx.run('update s_job set enabled = 1 where id > 1');
    });
    const body = order({ ids: [1, 2, 3] });
    expect((await admin.ask('POST /bulk', root, { body })).body).toMatchObject({ state: 'running', doneCount: 1 });
    await finishBulks(admin.ctx);
    expect((await admin.ask('POST /bulk', root, { body })).body).toMatchObject({ state: 'done', doneCount: 3 });
    const { items } = (await admin.ask('GET /audit', root, { query: { action: 'job.disable', limit: 50 } })).body;
    expect(items.filter(({ who }) => who === 'root').map(({ subjectId }) => subjectId)).toContain('3');
  });
});

describe('one thing done to many by somebody of the admin', () => {
  test('each has a result and an entry of its own in the audit log; what one may not see is not there', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const ana = await admin.user('ana', [{ group: 'orders', permissions: ['edit', 'run'] }], root);
    const { body } = await admin.ask('POST /bulk', ana, { body: order({ ids: [1, 4, 99] }) });
    expect(body).toMatchObject({ state: 'done', total: 3, doneCount: 3, successCount: 1, failureCount: 2, by: 'ana' });
    expect(body.results).toEqual([
      { id: 1, outcome: 'done' },
      { id: 4, outcome: 'unknown_id', code: 'NOT_FOUND' },
      { id: 99, outcome: 'unknown_id', code: 'NOT_FOUND' },
    ]);
    expect(await enabled(admin)).toEqual([2, 3, 4]);
    const query = { action: 'job.disable', limit: 10 };
    const { items } = (await admin.ask('GET /audit', root, { query })).body;
    expect(items).toMatchObject([
      { who: 'ana', principalKind: 'user', subjectKind: 'job', subjectId: '1', group: 'orders', outcome: 'done' },
    ]);
    expect(await verifyAudit(admin.store)).toMatchObject({ problem: null });
  });

  test('what is seen and not allowed is refused by name, and nothing of it is done', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const grants = [
      { group: 'orders', permissions: ['edit'] },
      { group: 'reports', permissions: ['view'] },
    ];
    const ana = await admin.user('ana', grants, root);
    const { results } = (await admin.ask('POST /bulk', ana, { body: order({ ids: [1, 4] }) })).body;
    expect(results).toEqual([
      { id: 1, outcome: 'done' },
      { id: 4, outcome: 'refused', code: 'FORBIDDEN', reason: 'this needs the right "edit"' },
    ]);
    expect(await enabled(admin)).toEqual([2, 3, 4]);
    const all = (await admin.ask('POST /bulk', ana, { body: order({ ids: [4], requestId: 'b' }) })).body;
    expect(all).toMatchObject({ state: 'done', failureCount: 1 });
  });

  test('how far it has come is for who asked and for administrators', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const rights = [{ group: '*', permissions: ['edit', 'run'] }];
    const [ana, ben] = [await admin.user('ana', rights, root), await admin.user('ben', rights, root)];
    const made = (await admin.ask('POST /bulk', ana, { body: order({}) })).body;
    const params = { operationId: made.operationId };
    expect((await admin.ask('GET /bulk/:operationId', ana, { params })).body).toMatchObject({ successCount: 2 });
    expect((await admin.ask('GET /bulk/:operationId', root, { params })).status).toBe(200);
    expect((await admin.ask('GET /bulk/:operationId', ben, { params })).status).toBe(404);
    // Ids of requests are each asker's own.
    const bens = (await admin.ask('POST /bulk', ben, { body: order({ action: 'job.enable' }) })).body;
    expect(bens).toMatchObject({ created: true, successCount: 2 });
    expect((await admin.ask('POST /bulk', ana, { body: order({}) })).body).toMatchObject({ created: false });
  });

  test('each of the verbs: labels, holds, runs for today, and what a run is asked', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const ask = async (more: object) =>
      (await admin.ask('POST /bulk', root, { body: order({ requestId: JSON.stringify(more), ...more }) })).body.results;
    expect(await ask({ action: 'job.tag', tag: 'late' })).toMatchObject([{ outcome: 'done' }, { outcome: 'done' }]);
    const twice = await ask({ action: 'job.tag', ids: [2, 3], tag: 'late' });
    expect(twice).toMatchObject([{ outcome: 'unchanged' }, { outcome: 'done' }]);
    expect((await admin.ask('GET /jobs', root, { query: { tag: 'late' } })).body.items).toHaveLength(3);
    await ask({ action: 'job.untag', ids: [1, 2, 3], tag: 'late' });
    expect((await admin.ask('GET /jobs', root, { query: { tag: 'late' } })).body.items).toHaveLength(0);
    expect((await admin.ask('POST /bulk', root, { body: order({ action: 'job.tag' }) })).status).toBe(400);

    await ask({ action: 'job.hold', ids: [1] });
    const runs = await ask({ action: 'job.run' });
    expect(runs).toMatchObject([{ outcome: 'refused', code: 'CONFLICT' }, { outcome: 'done' }]);
    const { businessDate } = (await admin.ask('GET /runs/:runId', root, { params: { runId: runs[1]?.runId ?? 0 } }))
      .body.run;
    expect(businessDate).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(await ask({ action: 'job.release', ids: [1] })).toMatchObject([{ outcome: 'done' }]);

    const runIds = [runs[1]?.runId ?? 0];
    expect(await ask({ action: 'run.kill', ids: runIds })).toMatchObject([{ outcome: 'done' }]);
    expect(await ask({ action: 'run.kill', ids: runIds, reason: 'again' })).toMatchObject([{ outcome: 'unchanged' }]);
    expect(await ask({ action: 'run.rerun', ids: runIds })).toMatchObject([{ runId: expect.any(Number) }]);
    await ask({ action: 'job.remove', ids: [3] });
    expect((await admin.ask('GET /jobs', root)).body.items.map(({ name }) => name)).not.toContain('three');
    await ask({ action: 'job.enable', ids: [3] });
    expect((await admin.ask('GET /jobs', root)).body.items.map(({ name }) => name)).toContain('three');
  });
});
