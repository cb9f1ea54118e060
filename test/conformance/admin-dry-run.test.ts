import { describe, expect, test } from 'vitest';
import type { ExecutorClient } from '../../scheduler/dispatch/executor-client.ts';
import { recordHeartbeat } from '../../scheduler/registry/record-heartbeat.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachStore, type NewStorePlace } from '../support/each-store.ts';
import { type Asker, type GivenAdmin, givenAdmin } from '../support/given-admin.ts';
import { job } from '../support/given-scheduler.ts';
import { silentClient } from '../support/given-scheduler-context.ts';
import { usually } from '../support/usual-durations.ts';

const CRON = { kind: 'cron', dialect: 'quartz', text: '0 30 2 * * ?', zone: 'Europe/Berlin' } as const;
const JOBS = [
  job(1, 'debit', { param: '{businessDate} {shardIndex} of {shardTotal}', schedule: CRON, block: 'DISCARD_LATER' }),
  job(2, 'one', { route: 'FIRST', block: 'COVER_EARLY', beforeRun: 'open', afterRun: 'close' }),
  job(3, 'after', { schedule: { kind: 'parent', jobs: ['debit'], on: 'success' } }),
  job(4, 'behind', { schedule: { kind: 'parent', jobs: ['after'], on: 'success' }, group: 'reports' }),
  job(5, 'waits', { arrival: { path: '/in/{businessDate}.csv' }, param: 'read {input}', route: 'FIRST' }),
  job(6, 'failover', { route: 'FAILOVER' }),
  job(7, 'script', { glueType: 'GLUE_SHELL', handler: '', route: 'FIRST' }),
  job(8, 'repair', {}),
  job(9, 'idle', { route: 'BUSYOVER' }),
];
const CHAINS = [
  {
    name: 'night',
    nodes: ['debit', 'one', 'repair', 'behind'],
    edges: [
      { from: 'debit', to: 'one' },
      { from: 'debit', to: 'repair', when: 'failure' },
      { from: 'one', to: 'behind', milestone: 'DISPATCHED' },
    ],
    schedule: CRON,
    cutOff: { kind: 'after', afterMs: 60_000 },
  },
  { name: 'asks', nodes: ['failover', 'idle'], edges: [] },
] as const;

interface Given {
  readonly admin: GivenAdmin;
  readonly root: Asker;
}

/** Two executors of the group `orders` live. */
async function given(newPlace: NewStorePlace = IN_MEMORY, client?: ExecutorClient): Promise<Given> {
  const admin = await givenAdmin(newPlace, { jobs: JOBS, chains: CHAINS, ...(client === undefined ? {} : { client }) });
  for (const port of [9001, 9002]) {
    await recordHeartbeat(admin.ctx, {
      registryGroup: 'EXECUTOR',
      registryKey: 'orders',
      registryValue: `http://127.0.0.1:${port}/`,
      incarnation: 'first',
    });
  }
  return { admin, root: await admin.setUp() };
}
const IN_MEMORY: NewStorePlace = async () => ({ url: 'sqlite::memory:', drop: async () => undefined });

const ofJob = async ({ admin, root }: Given, jobId: number, body: object = {}) =>
  (await admin.ask('POST /jobs/:jobId/dry-run', root, { params: { jobId }, body })).body;
const really = async ({ admin, root }: Given, jobId: number, requestId: string) =>
  (await admin.ask('POST /jobs/:jobId/run', root, { params: { jobId }, body: { requestId } })).body.runId;

describeOnEachStore('a dry run', (newPlace) => {
  test('writes nothing, of a job of any kind and of a chain, and a run made afterwards is as it said', async () => {
    const it = await given(newPlace);
    const before = await everything(it.admin.store);
    for (const { id } of JOBS) await ofJob(it, id);
    const body = { businessDate: '2026-11-20' };
    const chain = await it.admin.ask('POST /chains/:chain/dry-run', it.root, { params: { chain: 'night' }, body });
    expect(chain.status).toBe(200);
    expect(await everything(it.admin.store)).toEqual(before);
    const runId = await really(it, 1, 'in earnest');
    const { run } = (await it.admin.ask('GET /runs/:runId', it.root, { params: { runId } })).body;
    expect(run).toMatchObject({ state: 'running', shardTotal: 2 });
  });
});

describe('what a dry run says', () => {
  test('says who would take which shard with which parameter, what would follow, and the next fires', async () => {
    const it = await given();
    const forecast = await ofJob(it, 1, { businessDate: '2026-11-20' });
    expect(forecast.run).toMatchObject({ outcome: 'goes', reason: null, shardTotal: 2 });
    expect(forecast.run.shards.map(({ executor, leaves, param }) => [executor, leaves, param])).toEqual([
      ['http://127.0.0.1:9001/', 'at_once', '2026-11-20 0 of 2'],
      ['http://127.0.0.1:9002/', 'at_once', '2026-11-20 1 of 2'],
    ]);
    expect(forecast.children.map(({ name, after, on }) => [name, after, on])).toEqual([
      ['after', 'debit', 'success'],
      ['behind', 'after', 'success'],
    ]);
    expect(forecast.nextFires).toHaveLength(5);
    expect(forecast.nextFires[0]?.local).toContain(' 02:30:00 ');
    const other = await ofJob(it, 1, { param: 'day {businessDate:yyyyMMdd}', businessDate: '2026-11-21' });
    expect(other.run.shards[0]?.param).toBe('day 20261121');
    const wrong = await it.admin.ask('POST /jobs/:jobId/dry-run', it.root, {
      params: { jobId: 1 },
      body: { param: '{businesDate}' },
    });
    expect(wrong.status).toBe(400);
  });

  test('asks executors where the route goes by their answers: it goes to the first that says yes, else it waits', async () => {
    const silent = new Set<string>();
    const client: ExecutorClient = {
      ...silentClient,
      beat: async (address) => !silent.has(address),
      idleBeat: async (address) => (silent.has(address) ? 'busy' : 'idle'),
    };
    const it = await given(IN_MEMORY, client);
    const goesTo = async (jobId: number) => {
      const { run } = await ofJob(it, jobId);
      return [run.outcome, run.waitsFor, run.reason, run.shards.map(({ executor }) => executor)];
    };
    const [first, second] = ['http://127.0.0.1:9001/', 'http://127.0.0.1:9002/'];
    expect([await goesTo(6), await goesTo(9)]).toEqual([
      ['goes', null, null, [first]],
      ['goes', null, null, [first]],
    ]);
    silent.add(first);
    expect([await goesTo(6), await goesTo(9)]).toEqual([
      ['goes', null, null, [second]],
      ['goes', null, null, [second]],
    ]);
    silent.add(second);
    const again = 'they are asked again';
    expect([await goesTo(6), await goesTo(9)]).toEqual([
      ['waits', 'executors', `no executor answers when it is asked (group "orders"); ${again}`, [first]],
      ['waits', 'executors', `no executor is free: 2 are busy with the job (group "orders"); ${again}`, [first]],
    ]);
    const chain = { params: { chain: 'asks' }, body: { businessDate: '2026-11-20' } };
    const { nodes } = (await it.admin.ask('POST /chains/:chain/dry-run', it.root, chain)).body;
    expect(nodes.map(({ job, run }) => [job, run?.outcome])).toEqual([
      ['failover', 'waits'],
      ['idle', 'waits'],
    ]);
  });

  test('says what is in the way: holds, an earlier run, a file, limits, nobody there, no script', async () => {
    const it = await given();
    const { admin, root } = it;
    await really(it, 1, 'open');
    expect((await ofJob(it, 1)).run).toMatchObject({ outcome: 'discarded', reason: expect.stringContaining('still') });
    const open = await really(it, 2, 'open');
    const covers = (await ofJob(it, 2)).run;
    expect(covers).toMatchObject({ outcome: 'ends_others_first', reason: `ends run ${open} of the job first` });
    expect(covers.shards.map(({ name, handler, leaves }) => [name, handler, leaves])).toEqual([
      ['beforeRun', 'open', 'at_once'],
      ['afterRun', 'close', 'later'],
      ['shard 0', 'one', 'later'],
    ]);
    const waits = (await ofJob(it, 5, { businessDate: '2026-11-20' })).run;
    expect(waits).toMatchObject({ outcome: 'waits', waitsFor: 'input', input: '/in/2026-11-20.csv' });
    expect(waits.shards).toMatchObject([{ param: 'read /in/2026-11-20.csv' }]);
    expect((await ofJob(it, 7)).run).toMatchObject({ outcome: 'discarded', reason: expect.stringContaining('script') });
    expect((await ofJob(it, 4)).run).toMatchObject({ outcome: 'waits', waitsFor: 'executors', shards: [] });

    const hold = { scope: 'job', name: 'repair', reason: 'look first' };
    await admin.ask('POST /holds', root, { body: hold });
    expect((await ofJob(it, 8)).heldBecause).toBe('job "repair" is held by root: look first');
    const limit = { params: { group: 'orders' }, body: { runLimit: 1 } };
    expect((await admin.ask('PATCH /groups/:group', root, limit)).status).toBe(200);
    const limited = (await ofJob(it, 8)).run;
    expect(limited).toMatchObject({ outcome: 'waits', waitsFor: 'limit', shardTotal: 2 });
    expect(limited.reason).toContain('has reached its limit of 1');
  });

  test('of a chain: the order with the times to be expected, what only a failure brings, and whether it is late', async () => {
    const it = await given();
    const { admin, root } = it;
    const ask = (body: object) =>
      admin.ask('POST /chains/:chain/dry-run', root, {
        params: { chain: 'night' },
        body: { businessDate: '2026-11-20', ...body },
      });
    const unknown = (await ask({})).body;
    expect(unknown.nodes.map(({ job: name, outcome, endAtMs }) => [name, outcome, endAtMs])).toEqual([
      ['debit', 'first', null],
      ['one', 'follows', null],
      ['behind', 'follows', null],
      ['repair', 'passed_over', null],
    ]);
    expect(unknown.etaAtMs).toBeNull();
    await usually(admin.store, { 1: 40_000, 2: 15_000, 4: 10_000 });
    const known = (await ask({ params: { debit: 'for {businessDate}' } })).body;
    const [debit, one, behind, repair] = known.nodes;
    expect(debit?.run).toMatchObject({ outcome: 'goes', shardTotal: 2 });
    expect(debit?.run?.shards[0]?.param).toBe('for 2026-11-20');
    const span = (node: typeof debit) => [(node?.startAtMs ?? 0) - known.nowMs, (node?.endAtMs ?? 0) - known.nowMs];
    expect([span(debit), span(one), span(behind)]).toEqual([
      [0, 40_000],
      [40_000, 55_000],
      [55_000, 65_000],
    ]);
    expect(repair?.why).toContain('parent succeeded');
    expect(known).toMatchObject({ isLate: true, etaAtMs: known.nowMs + 65_000 });
    // The cut-off counts from the question, which is a moment before the transaction.
    expect(known.cutOffAtMs).toBeLessThanOrEqual(known.nowMs + 60_000);
    expect(known.cutOffAtMs).toBeGreaterThan(known.nowMs);
    expect((await ask({ cutOffAtMs: null })).body.isLate).toBe(false);
    expect((await ask({ fromNode: 'one' })).status).toBe(404);
  });

  test('is for whoever may run it, and shows no jobs of groups that one may not see', async () => {
    const { admin, root } = await given();
    const ana = await admin.user('ana', [{ group: 'orders', permissions: ['run'] }], root);
    const ben = await admin.user('ben', [{ group: 'orders', permissions: ['view'] }], root);
    const params = { jobId: 1 };
    const { body } = await admin.ask('POST /jobs/:jobId/dry-run', ana, { params, body: {} });
    expect(body.children.map(({ name }) => name)).toEqual(['after']);
    expect((await admin.ask('POST /jobs/:jobId/dry-run', ben, { params, body: {} })).status).toBe(403);
    const foreign = await admin.ask('POST /jobs/:jobId/dry-run', ana, { params: { jobId: 4 }, body: {} });
    expect(foreign.status).toBe(404);
  });
});

/** Every row of every table of the scheduler but what each request touches: when a session was last seen. */
async function everything(store: SqlStore): Promise<Record<string, unknown>> {
  return store.read('everything', async (db) => {
    const tables = await db.all<{ name: string }>(
      db.dialect === 'sqlite'
        ? `select name from sqlite_master where type = 'table' and name like 's~_%' escape '~' order by name`
        : `select table_name as name from information_schema.tables where table_schema = database() and table_name like 's~_%' escape '~' order by table_name`,
    );
    const rows: Record<string, unknown> = {};
    for (const { name } of tables) {
      const found = await db.all<Record<string, unknown>>(`select * from ${name}`);
      rows[name] = found.map(({ last_seen_at: _, ...row }) => JSON.stringify(row)).sort();
    }
    expect(tables.length).toBeGreaterThan(40);
    return rows;
  });
}
