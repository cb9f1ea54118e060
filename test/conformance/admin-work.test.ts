import { describe, expect, test } from 'vitest';
import { type AuditPlace, verifyAudit, verifyAuditPart } from '../../scheduler/admin/audit/verify-audit.ts';
import type { RouteName } from '../../scheduler/api/admin/contract/routes.ts';
import { ROUTES } from '../../scheduler/api/admin/contract/routes.ts';
import { cancelChainRun } from '../../scheduler/chain/start-chain.ts';
import { describeOnEachStore } from '../support/each-store.ts';
import { type Asker, type GivenAdmin, givenAdmin } from '../support/given-admin.ts';
import { job } from '../support/given-scheduler.ts';

const CRON = { kind: 'cron', dialect: 'quartz', text: '0 30 2 * * ?', zone: 'Europe/Berlin' } as const;
const JOBS = [
  job(1, 'import', { schedule: CRON, tags: ['night'], owner: 'ana', title: 'Takes in <script>alert(1)</script>' }),
  job(2, 'debit', { tellsSettled: true }),
  job(3, 'report', { group: 'reports' }),
];
const CHAINS = [
  {
    name: 'night',
    nodes: ['import', 'debit'],
    edges: [{ from: 'import', to: 'debit' }],
    schedule: { ...CRON, text: '0 0 3 * * ?' },
    cutOff: { kind: 'after', afterMs: 3_600_000 },
  },
] as const;

describeOnEachStore('what people do with the admin', (newPlace) => {
  const given = () => givenAdmin(newPlace, { jobs: JOBS, chains: CHAINS });

  test('every list and view answers in the shape of the contract', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const ids = await aNight(admin, root);
    const labels = { action: 'job.tag', ids: [1], tag: 'seen', reason: 'a test', requestId: 'a' };
    const { operationId } = (await admin.ask('POST /bulk', root, { body: labels })).body;
    const params = { ...ids, operationId, group: 'orders', chain: 'night', version: 1, userId: 1, calendar: 'none' };
    const query: Partial<Record<RouteName, object>> = {
      'GET /cron/preview': { text: '0 30 2 * * ?', dialect: 'quartz', zone: 'Europe/Berlin' },
      'GET /grid': { chain: 'night' },
      'GET /reports/runs': { by: 'job', from: '2020-01-01', to: '2020-01-02' },
      'GET /audit/export': { format: 'jsonl' },
      'GET /clearing': { olderThanDays: 1 },
    };
    const asked: RouteName[] = [];
    for (const name of Object.keys(ROUTES) as RouteName[]) {
      if (
        !name.startsWith('GET') ||
        /items|nights|slices|steps|scripts\/|stream|logs|calendars\/|approvals\//.test(name)
      )
        continue;
      if (name === 'GET /executors/:executorId' || name === 'GET /backfills/:backfillId') continue;
      const { status, body } = await admin.ask(name, root, { params, query: query[name] ?? {} });
      if (status !== 200) expect({ name, status, body }).toMatchObject({ status: 200 });
      asked.push(name);
    }
    expect(asked.length).toBeGreaterThan(40);
  });

  test('the home page shows the night, what waits, and what comes next', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const { chainRunId } = await aNight(admin, root);
    const { body } = await admin.ask('GET /tonight', root);
    expect(body.shown?.run).toMatchObject({ id: chainRunId, chain: 'night', state: 'running' });
    expect(body.shown?.run.cutOffAtMs).toBeGreaterThan(body.nowMs);
    expect(body.shown?.nodes.map(({ job: name, rank, picture }) => [name, rank, picture.kind])).toEqual([
      ['import', 0, 'run'],
      ['debit', 1, 'waits'],
    ]);
    expect(body.shown?.edges).toMatchObject([{ from: 'import', to: 'debit', verdict: 'wait', milestone: 'SETTLED' }]);
    expect(body.openRuns.waiting).toBe(2);
    expect(body.next.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual(['chain night', 'job import']);
  });

  test('a job is made, changed, found, compared, put back and taken away; of two editors the second is told', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const fresh = { name: 'close', group: 'orders', handler: 'close', route: 'ROUND', tags: ['night'] } as const;
    const wrong = { ...fresh, schedule: { ...CRON, text: '0 61 2 * * ?' }, priority: 12, retry: { count: -1 } };
    const refused = await admin.ask('POST /jobs', root, { body: { job: wrong } });
    expect(refused.status).toBe(400);
    const fields = (refused.body as unknown as { error: { fields: { path: string; column?: number }[] } }).error.fields;
    expect(fields.map(({ path }) => path).sort()).toEqual(['priority', 'retry.count', 'schedule.text']);
    expect(fields.find(({ path }) => path === 'schedule.text')?.column).toBe(3);
    const never = { ...fresh, schedule: { ...CRON, text: '0 0 22 31 2 ?' } };
    expect((await admin.ask('POST /jobs/check', root, { body: { job: never } })).body.problems).toMatchObject([
      { path: 'schedule.text', column: 8, message: expect.stringContaining('it never fires') },
    ]);
    const made = (await admin.ask('POST /jobs', root, { body: { job: fresh } })).body;
    expect(made).toMatchObject({ name: 'close', version: 1 });
    const params = { jobId: made.jobId };
    expect((await admin.ask('POST /jobs', root, { body: { job: fresh } })).status).toBe(409);
    const second = await admin.ask('PUT /jobs/:jobId', root, {
      params,
      body: { job: { ...fresh, priority: 2 }, version: 1 },
    });
    expect(second.body.version).toBe(2);
    const ana = await admin.user('ana', [{ group: '*', permissions: ['edit'] }], root);
    await admin.ask('PUT /jobs/:jobId', ana, { params, body: { job: { ...fresh, priority: 4 }, version: 2 } });
    const makers = async (of: object) =>
      (await admin.ask('GET /jobs/:jobId/versions', root, { params: of })).body.items.map(({ by }) => by);
    expect(await makers(params)).toEqual(['ana', 'root', 'root']);
    // By a program, at its start.
    expect(await makers({ jobId: 1 })).toEqual([null]);
    const body = { chain: { name: 'made', nodes: ['close'], edges: [] } };
    expect((await admin.ask('POST /chains', ana, { body })).status).toBe(200);
    const ofChain = await admin.ask('GET /chains/:chain/versions', root, { params: { chain: 'made' } });
    expect(ofChain.body.items).toMatchObject([{ version: 1, by: 'ana' }]);
    const late = await admin.ask('PUT /jobs/:jobId', root, {
      params,
      body: { job: { ...fresh, priority: 3 }, version: 1 },
    });
    expect(late.status).toBe(409);
    const diff = await admin.ask('GET /jobs/:jobId/versions/:version/diff', root, {
      params: { ...params, version: 2 },
    });
    expect(diff.body.differences).toEqual([{ path: 'priority', before: 5, after: 2 }]);
    const restore = { params: { ...params, version: 1 }, body: { reason: 'it was better' } };
    expect((await admin.ask('POST /jobs/:jobId/versions/:version/restore', root, restore)).status).toBe(200);
    expect((await admin.ask('GET /jobs/:jobId', root, { params })).body.job.priority).toBe(5);
    const versions = async () =>
      (await admin.ask('GET /jobs/:jobId/versions', root, { params })).body.items.map(({ version, isCurrent }) =>
        isCurrent ? `${version} is current` : version,
      );
    // What came back is current under the number that it had first, and leaves the next one out.
    expect(await versions()).toEqual([3, 2, '1 is current']);
    await admin.ask('POST /jobs/:jobId/labels', root, { params, body: { owner: 'bob' } });
    expect(await versions()).toEqual(['5 is current', 3, 2, 1]);
    const since = { params: { ...params, version: 5 } };
    expect((await admin.ask('GET /jobs/:jobId/versions/:version/diff', root, since)).body.from).toBe(3);
    await admin.ask('POST /jobs/:jobId/copy', root, { params, body: { name: 'close-too' } });
    const found = async (query: object) =>
      (await admin.ask('GET /jobs', root, { query })).body.items.map(({ name }) => name);
    expect(await found({ search: 'CLOSE' })).toEqual(['close', 'close-too']);
    // The copy runs what `close` runs; its name has more.
    expect(await found({ name: 'Too' })).toEqual(['close-too']);
    expect(await found({ tag: 'night', enabled: true })).toEqual(['close', 'import']);
    expect(await found({ group: 'reports' })).toEqual(['report']);
    expect(await found({ owner: 'ana', schedule: 'cron' })).toEqual(['import']);
    await admin.ask('DELETE /jobs/:jobId', root, { params });
    expect(await found({ search: 'close' })).toEqual(['close-too']);
    expect(await found({ removed: true })).toEqual(['close']);
  });

  test('what storing would refuse is told while it is written, all of it at once', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const wrongIn = async (definition: object, asker = root): Promise<string[]> => {
      const { body } = await admin.ask('POST /jobs/check', asker, { body: { job: definition } });
      return body.problems.map(({ path, message }) => `${path} ${message}`.slice(0, 60)).sort();
    };
    expect(await wrongIn({ name: '', handler: '', group: '', labels: 'none' })).toEqual([
      'group must be the appname of executors',
      'handler must not be empty',
      'labels is "none" and must be object',
      'name must be 1 to 64 letters, digits, ".", "_" or "-"',
      expect.stringMatching(/^route must be one of FIRST, LAST/),
    ]);
    const good = { name: 'close', group: 'orders', handler: 'close', route: 'ROUND' } as const;
    expect(await wrongIn(good)).toEqual([]);
    expect(await wrongIn({ ...good, name: 'import', limits: { calendar: 'lost' } })).toEqual([
      'limits.calendar names "lost", but there is no such calendar',
      'name belongs to another job',
    ]);
    expect(await wrongIn({ ...good, id: 1, name: 'import' })).toEqual([]);
    expect(await wrongIn({ ...good, paramFields: { day: {} } })).toEqual(['paramFields.day.type is missing']);
    expect(await wrongIn({ ...good, paramFields: { day: { type: 'day' } }, priority: 99 })).toEqual([
      expect.stringMatching(/^paramFields.day.type must be one of text, integer/),
      'priority must be 1 to 9',
    ]);
    const needy = { ...good, param: '', paramFields: { day: { type: 'date', required: true } }, schedule: CRON };
    expect(await wrongIn(needy)).toEqual([expect.stringMatching(/^param lacks "day", which is required/)]);
    const after = (...jobs: string[]) => ({ schedule: { kind: 'parent', jobs, on: 'always' } });
    expect(await wrongIn({ ...good, ...after('lost') })).toEqual([
      'schedule.jobs names "lost", but there is no such job',
    ]);
    await admin.ask('POST /jobs', root, { body: { job: { ...good, ...after('import') } } });
    expect(await wrongIn({ ...good, id: 1, name: 'import', ...after('close') })).toEqual([
      'schedule.jobs goes round in a circle: "import" fires after i',
    ]);
    // Whoever may not store it does not find out what others have.
    const looking = await admin.user('looking', [{ group: 'orders', permissions: ['view'] }], root);
    expect(await wrongIn({ ...good, name: 'import', limits: { calendar: 'lost' } }, looking)).toEqual([]);
    const chain = { name: 'night', nodes: ['import'], edges: [] };
    const wrongInChain = async (more: object, asker = root) =>
      (await admin.ask('POST /chains/check', asker, { body: { chain, ...more } })).body.problems;
    expect(await wrongInChain({})).toEqual([]);
    expect(await wrongInChain({ isNew: true })).toEqual([{ path: 'name', message: 'belongs to another chain' }]);
    expect(await wrongInChain({ isNew: true }, looking)).toEqual([]);
  });

  test('pages go on where the one before ended', async () => {
    const admin = await given();
    const root = await admin.setUp();
    for (let n = 0; n < 5; n++) await run(admin, root, 3, `r${n}`);
    const seen: number[] = [];
    for (let after: string | null = null, pages = 0; pages < 10; pages++) {
      const query: object = { limit: 2, jobId: 3, ...(after === null ? {} : { after }) };
      const page: { items: { id: number }[]; next: string | null } = (await admin.ask('GET /runs', root, { query }))
        .body;
      seen.push(...page.items.map(({ id }) => id));
      after = page.next;
      if (after === null) break;
    }
    expect(seen).toHaveLength(5);
    expect(seen).toEqual([...seen].sort((a, b) => b - a));
    expect((await admin.ask('GET /runs', root, { query: { after: 'bm9uc2Vuc2U' } })).status).toBe(400);
  });

  test('a chain whose edges go round is refused with the way round', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const chain = {
      name: 'round',
      nodes: ['import', 'debit'],
      edges: [
        { from: 'import', to: 'debit' },
        { from: 'debit', to: 'import' },
      ],
    };
    const { body } = await admin.ask('POST /chains/check', root, { body: { chain } });
    expect(body.problems).toMatchObject([
      { path: 'edges', message: expect.stringMatching(/circle: (import|debit) > /) },
    ]);
    expect((await admin.ask('POST /chains', root, { body: { chain } })).status).toBe(400);
  });

  test('a request that is sent twice makes one run, and says so', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const first = await run(admin, root, 3, 'once');
    expect(await run(admin, root, 3, 'once')).toEqual({ runId: first.runId, created: false });
    const killed = await admin.ask('POST /runs/:runId/kill', root, { params: first, body: { reason: 'a test' } });
    expect(killed.body).toEqual({ killed: true });
    const view = (await admin.ask('GET /runs/:runId', root, { params: first })).body;
    expect(view.run).toMatchObject({ state: 'cancelled', origin: 'manual', by: 'root' });
    expect(view.may).toMatchObject({ kill: false, rerunAll: true });
  });

  test('a chain that was taken away is found where those are, and comes back', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const listed = async (query: object) =>
      (await admin.ask('GET /chains', root, { query })).body.items.map(({ name }) => name);
    await admin.ask('DELETE /chains/:chain', root, { params: { chain: 'night' } });
    expect([await listed({}), await listed({ removed: true })]).toEqual([[], ['night']]);
    await admin.ask('POST /chains/:chain/enable', root, { params: { chain: 'night' } });
    expect([await listed({}), await listed({ removed: true })]).toEqual([['night'], []]);
    const { version } = (await admin.ask('GET /chains/:chain', root, { params: { chain: 'night' } })).body;
    const changed = { ...CHAINS[0], owner: 'ana', tags: ['month'] };
    await admin.ask('PUT /chains/:chain', root, {
      params: { chain: 'night' },
      body: { chain: changed, version },
    });
    const filters = async (asker: Asker) => (await admin.ask('GET /chain-filters', asker)).body;
    expect(await filters(root)).toEqual({ tags: ['month'], owners: ['ana'] });
    expect([await listed({ tag: 'month', owner: 'ana' }), await listed({ tag: 'other' })]).toEqual([['night'], []]);
    expect([await listed({ name: 'IGH' }), await listed({ name: 'ana' })]).toEqual([['night'], []]);
    // One of its jobs is of a group that they do not see.
    const elsewhere = await admin.user('elsewhere', [{ group: 'reports', permissions: ['view'] }], root);
    expect(await filters(elsewhere)).toEqual({ tags: [], owners: [] });
  });

  test('many at once: each is judged by itself, and what fails for one keeps no other from it', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const ana = await admin.user('ana', [{ group: 'orders', permissions: ['edit', 'run'] }], root);
    const open = await run(admin, root, 1, 'a');
    const foreign = await run(admin, root, 3, 'b');
    const body = { action: 'run.kill', ids: [open.runId, foreign.runId, 999_999], reason: 'a test', requestId: 'x' };
    const { body: result } = await admin.ask('POST /bulk', ana, { body });
    expect(result).toMatchObject({ total: 3, successCount: 1, failureCount: 2 });
    expect(result.results.map(({ outcome }) => outcome)).toEqual(['done', 'unknown_id', 'unknown_id']);
    const tagged = await admin.ask('POST /bulk', ana, {
      body: { action: 'job.tag', ids: [1, 2, 3], tag: 'late', reason: 'a test', requestId: 'y' },
    });
    expect(tagged.body.results.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'unknown_id']);
    expect((await admin.ask('POST /bulk', ana, { body: { ...body, ids: [] } })).status).toBe(400);
    const reruns = { action: 'run.rerun', ids: [open.runId], reason: 'again', requestId: 'z' };
    expect((await admin.ask('POST /bulk', ana, { body: reruns })).body.results).toMatchObject([{ outcome: 'done' }]);
    const first = (await admin.ask('POST /bulk', ana, { body: reruns })).body;
    expect(first).toMatchObject({ created: false, state: 'done', results: [{ outcome: 'done' }] });
  });

  test('a mark is asked for by one and approved by another, never by the same', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const rights = [{ group: '*', permissions: ['run', 'approve'] }];
    const [maker, checker] = [await admin.user('maker', rights, root), await admin.user('checker', rights, root)];
    const { chainRunId } = await aNight(admin, root);
    const params = { chainRunId, node: 'debit' };
    const asked = await admin.ask('POST /chain-runs/:chainRunId/nodes/:node/mark', maker, {
      params,
      body: { mark: 'skipped', reason: 'nothing to debit' },
    });
    const which = { params: { approvalId: asked.body.approvalId }, body: {} };
    expect((await admin.ask('GET /approvals', maker)).body.items).toMatchObject([{ mayDecide: false, state: 'open' }]);
    expect((await admin.ask('GET /approvals', checker)).body.items).toMatchObject([
      { mayDecide: true, askedBy: 'maker' },
    ]);
    expect((await admin.ask('POST /approvals/:approvalId/approve', maker, which)).status).toBe(409);
    const approved = await admin.ask('POST /approvals/:approvalId/approve', checker, which);
    expect(approved).toMatchObject({ status: 200, body: { state: 'approved', decidedBy: 'checker' } });
    expect((await admin.ask('POST /approvals/:approvalId/approve', checker, which)).status).toBe(409);
    const { body } = await admin.ask('GET /chain-runs/:chainRunId', root, { params });
    expect(body.nodes.find(({ job: name }) => name === 'debit')?.picture).toEqual({ kind: 'stands', mark: 'skipped' });
  });

  test('each change is in the record with before and after, refused tries too, and the chain shows any change of it', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const ana = await admin.user('ana', [{ group: 'orders', permissions: ['view'] }], root);
    await admin.ask('POST /jobs/:jobId/disable', root, { params: { jobId: 1 } });
    await admin.ask('POST /jobs/:jobId/enable', ana, { params: { jobId: 1 } });
    await admin.ask('POST /groups/:group/token', root, { params: { group: 'orders' }, body: {} });
    const { items } = (await admin.ask('GET /audit', root, { query: { limit: 200 } })).body;
    const disabled = items.find(({ action }) => action === 'job.disable');
    expect(disabled).toMatchObject({
      who: 'root',
      subjectKind: 'job',
      subjectId: '1',
      group: 'orders',
      outcome: 'done',
    });
    expect(disabled?.before).toMatchObject({ enabled: true });
    expect(disabled?.after).toMatchObject({ state: { enabled: false } });
    expect(items.find(({ action }) => action === 'job.enable')).toMatchObject({ who: 'ana', outcome: 'refused' });
    expect(items.map(({ action }) => action)).toContain('group.token');
    expect(JSON.stringify(items)).not.toContain('correct horse battery');
    expect(JSON.stringify(items)).not.toContain('password_hash');
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_, at) => items.length - at));
    const sound = await verifyAudit(admin.store);
    expect(sound).toMatchObject({ entries: items.length, brokenAt: null, problem: null });
    // A part at a time, with the anchor in one of them.
    const [third] = items.filter(({ seq }) => seq === 3);
    const anchor = { hash: third?.hash ?? '', seq: 3 };
    let [from, parts, anchors] = [{ seq: 0, hash: '' } as AuditPlace | null, 0, 0];
    for (; from !== null; parts++) {
      const part = await verifyAuditPart(admin.store, { from, limit: 2, anchor });
      expect(part).toMatchObject({ problem: null, total: items.length });
      if (part.hasAnchor) anchors++;
      from = part.next;
    }
    expect([parts, anchors]).toEqual([Math.floor(items.length / 2) + 1, 1]);
    expect(await verifyAudit(admin.store, `${anchor.hash}@4`)).toMatchObject({ brokenAt: 4 });
    expect(await verifyAudit(admin.store, `${anchor.hash}@3`)).toMatchObject({ problem: null });
    const csv = await admin.ask('GET /audit/export', root, { query: { format: 'csv' } });
    expect(String(csv.body).split('\r\n')).toHaveLength(items.length + 2);

    const spoil = (text: string) => admin.store.transaction('spoil', (tx) => tx.run(text));
    await spoil(`update s_audit set who = 'somebody' where seq = 3`);
    expect(await verifyAudit(admin.store)).toMatchObject({ brokenAt: 3, problem: expect.stringContaining('changed') });
    await spoil(`delete from s_audit where seq = 3`);
    expect(await verifyAudit(admin.store)).toMatchObject({ brokenAt: 3, problem: expect.stringContaining('missing') });
    await spoil(`delete from s_audit where seq >= 3`);
    expect(await verifyAudit(admin.store)).toMatchObject({ problem: expect.stringContaining('were written') });
    await spoil(`update s_audit_head set seq = 2, hash = (select hash from s_audit where seq = 2)`);
    expect(await verifyAudit(admin.store)).toMatchObject({ problem: null });
    expect((await verifyAudit(admin.store, sound.head)).problem).toContain('written down before');
  });

  test('a change that fails leaves no trace but the record of the try', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const before = (await admin.ask('GET /jobs/:jobId/versions', root, { params: { jobId: 1 } })).body.items.length;
    const chain = { name: 'night', nodes: ['import'], edges: [] };
    await admin.ask('POST /chains', root, { body: { chain } });
    await admin.ask('PUT /jobs/:jobId', root, { params: { jobId: 1 }, body: { job: JOBS[0], version: 7 } });
    const { items } = (await admin.ask('GET /audit', root, { query: { outcome: 'refused' } })).body;
    expect(items.map(({ action }) => action)).toEqual(['job.update', 'chain.create']);
    expect((await admin.ask('GET /jobs/:jobId/versions', root, { params: { jobId: 1 } })).body.items).toHaveLength(
      before,
    );
  });

  test('runs of sweeps are left out on demand: those in a chain run, and of no job that is a node of another chain', async () => {
    const chain = { ...CHAINS[0], schedule: { kind: 'none' } } as const;
    const sweep = { schedule: { kind: 'fixed_rate', everyMs: 1_000 }, enabledWhile: 'chain_running' } as const;
    const admin = await givenAdmin(newPlace, {
      jobs: [...JOBS, job(4, 'sweep', sweep), job(5, 'both', sweep)],
      chains: [
        { ...chain, sweeps: ['sweep', 'both'] },
        { name: 'other', nodes: ['both'], edges: [] },
      ],
    });
    const root = await admin.setUp();
    const { chainRunId } = await aNight(admin, root);
    const swept = [await run(admin, root, 4, 'one'), await run(admin, root, 5, 'two')].map(({ runId }) => runId);
    await run(admin, root, 4, 'by hand');
    // As their schedule makes them while the chain runs.
    await admin.store.transaction('sweep', (tx) =>
      tx.run(`update s_run set chain_run_id = ? where id in (?, ?)`, [chainRunId, ...swept]),
    );
    const jobsOf = async (query: object): Promise<string[]> =>
      (await admin.ask('GET /runs', root, { query })).body.items.map((line) => line.job);
    expect(await jobsOf({})).toEqual(['sweep', 'both', 'sweep', 'report', 'import']);
    expect(await jobsOf({ sweeps: 'with' })).toHaveLength(5);
    expect(await jobsOf({ sweeps: 'without' })).toEqual(['sweep', 'both', 'report', 'import']);
    expect(await jobsOf({ sweeps: 'without', chain: 'night' })).toEqual(['both', 'import']);
    expect(await jobsOf({ sweeps: 'without', state: 'open', limit: 2 })).toEqual(['sweep', 'both']);
  });

  test('what is cleared is what was previewed; open runs and runs of open chains stay', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const { chainRunId } = await aNight(admin, root);
    for (let n = 0; n < 4; n++) {
      const { runId } = await run(admin, root, 3, `r${n}`);
      await admin.ask('POST /runs/:runId/kill', root, { params: { runId }, body: { reason: 'a test' } });
    }
    const preview = (await admin.ask('GET /clearing', root, { query: { keepLast: 1 } })).body;
    expect(preview.runs).toBe(3);
    const order = { keepLast: 1, expected: 3, reason: 'a test' };
    expect((await admin.ask('POST /clearing', root, { body: order })).body).toEqual({ deleted: 3, more: false });
    expect((await admin.ask('GET /runs', root, { query: { jobId: 3 } })).body.items).toHaveLength(2);
    expect(
      (await admin.ask('GET /chain-runs/:chainRunId', root, { params: { chainRunId } })).body.nodes[0]?.runId,
    ).not.toBeNull();
    await cancelChainRun(admin.ctx, chainRunId, 'a test');
    expect((await admin.ask('GET /clearing', root, { query: {} })).status).toBe(400);
  });

  test('where our token is sent is for administrators to say', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const ana = await admin.user('ana', [{ group: '*', permissions: ['edit'] }], root);
    const params = { group: 'orders' };
    const typed = { addressType: 'manual', addresses: ['http://127.0.0.1:9999/'] };
    expect((await admin.ask('PATCH /groups/:group', ana, { params, body: typed })).status).toBe(403);
    expect((await admin.ask('POST /groups', ana, { body: { name: 'fresh', ...typed } })).status).toBe(403);
    expect((await admin.ask('PATCH /groups/:group', ana, { params, body: { title: 'Orders' } })).body.title).toBe(
      'Orders',
    );
    expect((await admin.ask('PATCH /groups/:group', root, { params, body: typed })).body.addressType).toBe('manual');
    expect((await admin.ask('POST /groups/:group/join-token', ana, { params })).status).toBe(403);
  });

  test('a drained executor gets nothing new, and work again afterwards', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const executorId = await admin.store.transaction('plant', (tx) =>
      tx.insertReturningId(
        `insert into s_executor (app_name, address, state, registered_at, last_beat_at) values ('orders', 'http://127.0.0.1:1/', 'alive', 1, 1)`,
      ),
    );
    const { liveExecutors } = await import('../../scheduler/storage/sql/live-executor-queries.ts');
    const live = () => admin.store.read('live', (db) => liveExecutors(db, 'orders'));
    expect(await live()).toHaveLength(1);
    const order = { params: { executorId }, body: { reason: 'new disks' } };
    await admin.ask('POST /executors/:executorId/drain', root, order);
    expect(await live()).toHaveLength(0);
    expect((await admin.ask('GET /executors/:executorId', root, order)).body.executor.isDrained).toBe(true);
    await admin.ask('POST /executors/:executorId/undrain', root, order);
    expect(await live()).toHaveLength(1);
  });
});

describe('the cron preview', () => {
  test('tells fires, words in two languages, and where the clocks change', async () => {
    const admin = await givenAdmin(async () => ({ url: 'sqlite::memory:', drop: async () => undefined }));
    const root = await admin.setUp();
    const fromMs = Date.parse('2027-03-26T12:00:00Z');
    const query = { text: '0 30 2 * * ?', dialect: 'quartz', zone: 'Europe/Berlin', n: 3, fromMs };
    const { body } = await admin.ask('GET /cron/preview', root, { query });
    expect(body.problem).toBeNull();
    expect(body.text).toEqual({ en: expect.stringContaining('02:30'), zh: expect.stringMatching(/\p{Script=Han}/u) });
    expect(body.items.map(({ local, clockChange }) => [local, clockChange !== null])).toEqual([
      ['2027-03-27 02:30:00 +01:00', false],
      ['2027-03-28 03:00:00 +02:00', true],
      ['2027-03-29 02:30:00 +02:00', false],
    ]);
    const wrong = await admin.ask('GET /cron/preview', root, { query: { ...query, text: '0 99 2 * * ?' } });
    expect(wrong.body.problem).toMatchObject({ path: 'text', column: 3 });
  });
});

async function run(admin: GivenAdmin, asker: Asker, jobId: number, requestId: string) {
  const answer = await admin.ask('POST /jobs/:jobId/run', asker, { params: { jobId }, body: { requestId } });
  expect(answer.status).toBe(200);
  return answer.body;
}

/** A chain run whose first node waits for executors, and a run beside it. */
async function aNight(admin: GivenAdmin, asker: Asker) {
  const body = { requestId: 'tonight', businessDate: '2026-11-20' };
  const { chainRunId } = (await admin.ask('POST /chains/:chain/start', asker, { params: { chain: 'night' }, body }))
    .body;
  const { runId } = await run(admin, asker, 3, 'beside');
  return { chainRunId, runId, jobId: 1 };
}
