import { expect, onTestFinished, test } from 'vitest';
import { settlementInspections } from '../../executor/examples/settlement/inspect-settlement.ts';
import { legProgress } from '../../executor/examples/settlement/night-status.ts';
import { defineHandler } from '../../executor/handler/define-handler.ts';
import { batchInspections } from '../../executor/inspect/inspect-batch.ts';
import type { Inspections } from '../../executor/inspect/inspections.ts';
import { topicStates } from '../../scheduler/storage/sql/admin-live-queries.ts';
import { DaybreakError } from '../../shared/errors.ts';
import { createBatchBench } from '../support/batch-bench.ts';
import { givenExecutor } from '../support/given-executor.ts';
import { givenScheduler, job } from '../support/given-scheduler.ts';
import { timedOut } from '../support/money-gateway.ts';
import { MoneyWorld, realTime } from '../support/money-world.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

const PASSWORD = 'correct horse battery';

/** A scheduler with the admin at its real port, and an administrator who is logged in. */
async function givenAdminScheduler() {
  let link = '';
  const given = await givenScheduler({
    jobs: [job(1, 'debit'), job(2, 'settle', { group: 'money', tellsSettled: true })],
    admin: { onSetupLink: ({ url }) => (link = url) },
  });
  const at = `${given.scheduler.url}api/v1`;
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ token: link.split('#')[1], name: 'root', password: PASSWORD });
  const setup = await fetch(`${at}/setup`, { method: 'POST', headers: json, body });
  const cookie = setup.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { csrfToken } = (await setup.json()) as { csrfToken: string };
  return {
    given,
    async ask(path: string, order?: object) {
      const headers = { ...json, cookie, 'x-csrf-token': csrfToken };
      const init = order === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(order) };
      const response = await fetch(`${at}${path}`, init);
      return { status: response.status, body: (await response.json()) as Record<string, never> };
    },
  };
}

const answering: Inspections = {
  'items.search': async () => ({ items: [], next: null }),
  'items.unresolved': async () => ({ items: 'not what the page expects' }),
  'items.history': async () => {
    throw new DaybreakError('ITEM_NOT_FOUND', 'no item has the request number x');
  },
  'nights.list': async () => {
    throw new Error('the disk is full');
  },
};

test.each([false, true])('a question goes from the page to an executor and back (held line: %s)', async (hold) => {
  const { given, ask } = await givenAdminScheduler();
  const executor = await givenExecutor({
    schedulers: [given.scheduler.url],
    handlers: [],
    ...(hold ? { hold: true } : {}),
    heartbeatIntervalMs: 200,
    inspections: answering,
  });
  onTestFinished(() => executor.stop());
  await expect
    .poll(async () => (await given.scheduler.status()).executors.map(({ state }) => state))
    .toEqual(['alive']);
  expect(await ask('/items?group=orders&q=C-1')).toEqual({ status: 200, body: { items: [], next: null } });
  expect(await ask('/items/history?group=orders&requestNo=x')).toMatchObject({ status: 404 });
  expect(await ask('/items/unresolved?group=orders')).toMatchObject({ status: 500 });
  expect(await ask('/nights?group=orders')).toMatchObject({ status: 500, body: { error: { code: 'INTERNAL' } } });
  expect(await ask('/nights/report?group=orders&nightId=1')).toMatchObject({ status: 404 });
  expect(await ask('/items?group=nobody&q=C-1')).toMatchObject({ status: 503 });
  // Of executors without batch jobs nobody says that something was not found: their runs have no steps.
  const { runId } = (await ask('/jobs/1/run', { requestId: 'plain' })).body;
  expect(await ask(`/runs/${runId}/steps`)).toEqual({ status: 200, body: { items: [], next: null } });
  expect((await ask('/groups')).body.items).toMatchObject([
    { name: 'money', tellsSettled: true },
    { name: 'orders', tellsSettled: false },
  ]);
  // An executor of another make answers nothing, however often it is asked.
  await given.store.transaction('another make', (tx) =>
    tx.run('update s_executor set incarnation = null where app_name = ?', ['orders']),
  );
  expect(await ask('/items?group=orders&q=C-1')).toMatchObject({ status: 404 });
});

test('steps of a batch job in a run go from its store to the page', async () => {
  const { given, ask } = await givenAdminScheduler();
  const bench = await createBatchBench(async () => ({ url: 'sqlite::memory:', drop: async () => undefined }));
  await bench.source(1, 2, 3, 4, 5, 6, 7);
  const executor = await givenExecutor({
    schedulers: [given.scheduler.url],
    handlers: [
      defineHandler('debit', async (ctx) => {
        const { status } = await bench.run(bench.step(), { run: ctx });
        return { status };
      }),
    ],
    heartbeatIntervalMs: 200,
    inspections: batchInspections(bench.store),
  });
  onTestFinished(async () => {
    await executor.stop();
    await bench.close();
  });
  await expect
    .poll(async () => (await given.scheduler.status()).executors.map(({ state }) => state), { timeout: 30_000 })
    .toEqual(['alive']);
  const { runId } = (await ask('/jobs/1/run', { requestId: 'a' })).body;
  const steps = async () => (await ask(`/runs/${runId}/steps`)).body as unknown as { items: object[] };
  await expect.poll(steps, { timeout: 30_000 }).toMatchObject({
    items: [{ batchJob: 'copy-job', step: 'copy', status: 'COMPLETED', shardIndex: 0, read: 7, written: 7 }],
  });
  expect(await ask('/runs/999/steps')).toMatchObject({ status: 404 });
});

test('a run of which nothing was told yet shows what its executors answer: done, open, and money by state', async () => {
  const { given, ask } = await givenAdminScheduler();
  const world = await MoneyWorld.open({ capabilities: { batchMax: 1 } });
  await world.plans({ amountMinor: 100 }, { amountMinor: 200 }, { amountMinor: 400 });
  world.gateway.sends.push(timedOut);
  world.gateway.queries.push(timedOut);
  await world.debit();
  const settling = settlementInspections(world.store, world.engine);
  const isSeen = Promise.withResolvers<string>();
  const executor = await givenExecutor({
    schedulers: [given.scheduler.url],
    handlers: [defineHandler('debit', () => isSeen.promise)],
    heartbeatIntervalMs: 200,
    // The money was debited as run 101; the scheduler's run has another number.
    inspections: { 'run.counts': async () => settling['run.counts']?.({ runId: 101 }) },
  });
  onTestFinished(async () => {
    isSeen.resolve('sent');
    await executor.stop();
    await world.close();
  });
  await expect
    .poll(async () => (await given.scheduler.status()).executors.map(({ state }) => state), { timeout: 30_000 })
    .toEqual(['alive']);
  const { runId } = (await ask('/jobs/1/run', { requestId: 'a' })).body;
  const frozen = [{ group: 'PREMIUM', currency: 'CNY', count: 3, amountMinor: '700' }];
  const topics = ['tonight', 'runs', `run:${runId}`];
  await given.store.transaction('freeze', async (tx) => {
    const before = await topicStates(tx, topics);
    await tx.run('update s_run set slice_count = 1, manifest = ? where id = ?', [JSON.stringify(frozen), runId ?? 0]);
    // From then on its executors can be asked: a page that is open has to hear of it.
    for (const [topic, state] of await topicStates(tx, topics)) expect(state, topic).not.toBe(before.get(topic));
  });
  const shown = async () => {
    const { progress, told } = (await ask(`/runs/${runId}`)).body as unknown as {
      progress: { itemsDone: number; itemsOpen: number; itemsTotal: number };
      told: { state: string; count: number; amountMinor: string }[];
    };
    return { ...progress, told, minor: told.reduce((sum, { amountMinor }) => sum + Number(amountMinor), 0) };
  };
  await expect
    .poll(shown, { timeout: 30_000 })
    .toMatchObject({ itemsDone: 2, itemsOpen: 1, itemsTotal: 3, minor: 700 });
  expect((await shown()).told.map(({ state, count }) => [state, count]).sort()).toEqual([
    ['PROCESSING', 1],
    ['SUCCESS', 2],
  ]);
});

test('an item that waits for its premium says whether that is in the air or with people', async () => {
  const world = await MoneyWorld.open();
  onTestFinished(() => world.close());
  const inspections = settlementInspections(world.store, world.engine);
  await world.plans(
    { contractNo: 'C-1' },
    { contractNo: 'C-1', leg: 'PRINCIPAL' },
    { contractNo: 'C-2', state: 'held' },
    { contractNo: 'C-2', leg: 'PRINCIPAL' },
  );
  world.gateway.fate = () => ({ outcome: 'PROCESSING', code: 'OK' });
  await world.debit();
  await world.debitPrincipals();
  const { items } = (await inspections['items.unresolved']?.({})) as {
    items: { key: string; reason: string | null }[];
  };
  expect(items.map(({ key, reason }) => [key, reason])).toEqual([
    ['C-1 PREMIUM 1', 'UNCLEAR'],
    ['C-1 PRINCIPAL 1', 'PREMIUM_OPEN'],
    ['C-2 PRINCIPAL 1', 'PREMIUM_HELD'],
  ]);
});

/** What a settling executor says of a night with one item that only people can judge. */
async function aNightInDoubt(world: MoneyWorld): Promise<void> {
  const inspections = settlementInspections(world.store, world.engine);
  const ask = (question: keyof Inspections, params: object = {}) =>
    inspections[question]?.({ ...params }) as Promise<Record<string, unknown>>;
  const [good = '', bad = ''] = await world.plans({ contractNo: 'C-1' }, { contractNo: 'C-2' });
  world.gateway.queries.push(() => ({ kind: 'unclear', why: 'reset', status: null, raw: '' }));
  await world.debit();
  const counts = (await ask('run.counts', { runId: 101 })) as unknown as { settled: number; total: number };
  expect(await world.store.read('legs', (db) => legProgress(db, 1))).toEqual([
    { leg: 'PREMIUM', done: counts.settled, total: counts.total },
  ]);
  expect(counts.total).toBe(2);
  await world.plant(`update item set state = 'MANUAL' where subject = (select id from plan where contract_no = 'C-2')`);
  expect([good, bad]).toHaveLength(2);
  const found = await ask('items.search', { q: 'C-2' });
  expect(found).toMatchObject({ items: [{ key: 'C-2 PREMIUM 1', state: 'MANUAL', leg: 'PREMIUM' }], next: null });
  const { requestNo } = (found.items as { requestNo: string }[])[0] ?? { requestNo: '' };
  expect(await ask('items.search', { q: requestNo })).toMatchObject({ items: [{ requestNo }] });
  expect(await ask('items.search', { q: 'C-9' })).toEqual({ items: [], next: null });
  expect(await ask('items.unresolved', { state: 'MANUAL' })).toMatchObject({ items: [{ requestNo }] });
  expect(await ask('items.unresolved')).toEqual({ items: [], next: null });
  const history = await ask('items.history', { requestNo });
  expect(JSON.stringify(history)).toContain(requestNo);
  const account = await world.store.read('account', (db) =>
    db.get<{ no: string }>(`select account_no as no from plan where contract_no = 'C-2'`),
  );
  expect(JSON.stringify(history)).not.toContain(account?.no);
  expect(await ask('items.ask-now', { requestNo })).toMatchObject({ asked: false });
  await expect(ask('items.history', { requestNo: 'nonsense' })).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  const slices = (await ask('run.slices', { runId: 101 })) as unknown as { items: { items: number }[] };
  expect(slices.items.reduce((sum, { items }) => sum + items, 0)).toBe(2);
  const order = { requestNo, as: 'failed', by: 'ana', approvedBy: 'ana', reason: 'the bank says no' };
  await expect(ask('items.resolve', order)).rejects.toMatchObject({ code: 'TWO_PEOPLE_NEEDED' });
  expect(await ask('items.resolve', { ...order, approvedBy: 'bo' })).toMatchObject({ state: 'FAILED' });
  await expect(ask('items.resolve', { ...order, approvedBy: 'bo' })).rejects.toThrow();
  const { events } = (await ask('items.history', { requestNo })) as unknown as {
    events: { text: string; says: object }[];
  };
  expect(JSON.stringify(events)).toContain('approved by bo');
  expect(events.map(({ says }) => says)).toContainEqual({
    code: 'resolved',
    values: { as: 'failed', by: 'ana', approvedBy: 'bo', reason: 'the bank says no' },
  });
  expect(events.every(({ says }) => says !== undefined)).toBe(true);
  const amounts = { due: { count: 2, amountMinor: 0 } };
  const report = JSON.stringify({ legs: { PREMIUM: { CNY: amounts } } }).replace(':0}', ':90071992547409931}');
  await world.plant(
    `insert into night (business_date, seq, cut_off_at, time_zone, started_at, finished_at, exit_code, report)
      values ('2026-11-20', 7, 1, 'UTC', 1, 2, 3, ?)`,
    [report],
  );
  const nights = (await ask('nights.list')) as unknown as { items: { nightId: string; totals: object[] }[] };
  expect(nights.items[0]).toMatchObject({ state: 'unresolved', totals: [{ amountMinor: '90071992547409931' }] });
  await world.plant('update night set chain_run_id = 77 where seq = 7', []);
  expect(await ask('nights.list', { chainRunId: 77 })).toMatchObject({ items: [{ chainRunId: 77 }], next: null });
  expect(await ask('nights.list', { chainRunId: 78 })).toEqual({ items: [], next: null });
  const read = await ask('nights.report', { nightId: nights.items[0]?.nightId ?? '' });
  expect((read.sections as object[])[0]).toMatchObject({
    name: 'conservation',
    rows: [['PREMIUM', 'CNY', 'due', 2, '90071992547409931']],
  });
}

test('a settling executor answers for items, slices and nights', async () => {
  const world = await MoneyWorld.open();
  onTestFinished(() => world.close());
  await aNightInDoubt(world);
});

describeWith(['MariaDB'], 'a settling executor on MariaDB', () => {
  test('answers the same', async () => {
    const database = await createMysqlDatabase();
    const world = await MoneyWorld.open({ url: database.url, runtime: realTime() });
    onTestFinished(async () => {
      await world.close();
      await database.drop();
    });
    await aNightInDoubt(world);
  });
});
