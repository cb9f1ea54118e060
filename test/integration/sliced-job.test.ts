import { afterEach, describe, expect, test } from 'vitest';
import { accountFees } from '../../executor/examples/sliced-job/account-fees.ts';
import { type FeeBooks, feeTables } from '../../executor/examples/sliced-job/fee-books.ts';
import type { HandlerContext } from '../../executor/handler/handler-context.ts';
import { createLogStream } from '../../executor/handler/log-stream.ts';
import { defineSlicedJob, type SlicedJob, type SlicedJobResult } from '../../executor/slice/sliced-job.ts';
import { NO_THROTTLE, type Throttle } from '../../executor/slice/throttle.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { CommitUnknownError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createFakeRuntime, type FakeRuntime } from '../support/fake-runtime.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';
import { expireAll } from '../support/sliced-run.ts';

const RUN = 7;
let store: SqlStore;
let runtime: FakeRuntime;
let drop: () => Promise<void> = async () => undefined;
afterEach(async () => {
  await store.close();
  await drop();
  drop = async () => undefined;
});

async function open(url: string, with_: Runtime): Promise<void> {
  store = await openSqlStore(url, { runtime: with_, logger: silentLogger });
  await migrate(store, executorMigrations, { logger: silentLogger, component: 'executor' });
  await migrate(store, [feeTables], { logger: silentLogger, component: 'application' });
}

async function given(merchants: readonly number[]): Promise<void> {
  runtime = createFakeRuntime();
  await open('sqlite::memory:', runtime);
  await accounts(merchants);
}

/** So many accounts of each merchant, one merchant after the other. */
const accounts = (merchants: readonly number[]): Promise<number> =>
  store.transaction('accounts', (tx) =>
    tx.insertRows(
      { table: 'account', columns: ['merchant_no', 'balance_cents'] },
      merchants.flatMap((count, no) => Array.from({ length: count }, () => [`m${String(no).padStart(3, '0')}`, 100])),
    ),
  );

type Given = Partial<FeeBooks> & { readonly of?: SqlStore };
const job = ({ of, settings, askFor }: Given = {}): SlicedJob =>
  accountFees({
    store: of ?? store,
    askFor: askFor ?? (async () => 1),
    settings: { chunkSize: 10, slicesAtOnce: 1, concurrency: 4, runtime, ...settings },
  });

function ctx(given: Partial<HandlerContext> = {}): HandlerContext {
  const line = () => undefined;
  return {
    shardIndex: 0,
    shardTotal: 1,
    owns: () => true,
    param: '',
    params: undefined,
    runId: RUN,
    chainRunId: null,
    logId: 1,
    attempt: 1,
    businessDate: '2026-11-20',
    plannedAt: 0,
    cutOffAt: null,
    resumesRunId: null,
    input: null,
    phase: null,
    beforeResult: null,
    shardResults: [],
    executorAddress: 'http://127.0.0.1:9999/',
    workerProcess: null,
    signal: new AbortController().signal,
    log: { info: line, warn: line, error: line, stream: () => createLogStream(line) },
    ...given,
  };
}
const runShard = (of: SlicedJob, more: Partial<HandlerContext> = {}): Promise<SlicedJobResult> =>
  of.run(ctx(more)) as Promise<unknown> as Promise<SlicedJobResult>;

async function drive<T>(work: Promise<T>, withinMs = 600_000): Promise<T> {
  let over = false;
  const ended = () => {
    over = true;
  };
  work.then(ended, ended);
  for (let passedMs = 0; !over; passedMs += 20) {
    if (passedMs > withinMs) throw new Error(`not done within ${withinMs} ms of virtual time`);
    await runtime.advance(20);
  }
  return work;
}

const rows = <Row extends object>(text: string): Promise<Row[]> => store.read('look', (db) => db.all<Row>(text));
const feesOf = async (): Promise<number[]> =>
  (await rows<{ id: number }>('select account_id as id from fee order by account_id')).map(({ id }) => id);
const everybody = async (): Promise<number[]> =>
  (await rows<{ id: number }>('select id from account order by id')).map(({ id }) => id);
const slices = () => rows<Record<string, number | string | null>>('select * from slice order by lo');
const badRows = () => rows<Record<string, number | string>>('select * from slice_bad_row order by seq');

describe('a sliced job', () => {
  test('every row once, whatever the number of shards; nothing of it is told but its result', async () => {
    await given([30, 200, 5, 70, 3, 3, 60]);
    const results = await drive(
      Promise.all([0, 1, 2].map((shardIndex) => runShard(job(), { shardIndex, shardTotal: 3, logId: shardIndex }))),
    );
    expect(results.reduce((sum, result) => sum + result.rows, 0)).toBe(371);
    expect(await feesOf()).toEqual(await everybody());
    expect((await slices()).every(({ state }) => state === 'done')).toBe(true);
    expect(await rows('select * from x_outbox')).toEqual([]);
    expect(await rows('select distinct state from item')).toEqual([{ state: 'SUCCESS' }]);
  });

  test('rows of one key lie in one slice and are worked in order, one at a time; keys side by side', async () => {
    await given([40, 120, 30, 30]);
    const working = new Map<string, number>();
    const order = new Map<string, number[]>();
    let most = 0;
    const noted = accountFees({
      store,
      settings: { chunkSize: 50, slicesAtOnce: 2, concurrency: 4, runtime },
      async askFor(merchantNo, balance) {
        const at = (working.get(merchantNo) ?? 0) + 1;
        working.set(merchantNo, at);
        expect(at).toBe(1);
        most = Math.max(most, [...working.values()].filter((n) => n > 0).length);
        order.set(merchantNo, [...(order.get(merchantNo) ?? []), balance]);
        await runtime.sleep(5 + (balance % 3));
        working.set(merchantNo, at - 1);
        return balance;
      },
    });
    await store.transaction('number', (tx) => tx.run('update account set balance_cents = id'));
    await drive(runShard(noted));
    for (const [, seen] of order) expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(most).toBeGreaterThan(1);
    const homes = await rows(
      `select a.merchant_no from item i join account a on a.id = i.subject
       group by a.merchant_no having count(distinct i.slice_no) > 1`,
    );
    expect(homes).toEqual([]);
    expect((await slices()).filter(({ hot }) => hot === 1)).toHaveLength(1);
  });

  test('a row that cannot be processed, and one that cannot be written, are listed; all others are done', async () => {
    await given([60]);
    await store.transaction('there', (tx) => tx.run('insert into fee (account_id, cents) values (33, 0)'));
    await store.transaction('poor', (tx) => tx.run('update account set balance_cents = -1 where id in (7, 41)'));
    const result = await drive(
      runShard(
        job({
          askFor: async (_merchant, balance) => {
            if (balance < 0) throw new TypeError('no fee for a debt');
            return 1;
          },
        }),
      ),
    );
    expect(result).toMatchObject({ rows: 60, bad: 3 });
    expect((await feesOf()).length).toBe(58);
    expect(await badRows()).toMatchObject([
      { subject: 7, phase: 'process', code: 'TypeError', message: 'no fee for a debt' },
      { subject: 33, phase: 'write', code: 'SQL_CONFLICT' },
      { subject: 41, phase: 'process', code: 'TypeError' },
    ]);
    expect(await rows(`select subject from item where state = 'FAILED' order by seq`)).toEqual([
      { subject: 7 },
      { subject: 33 },
      { subject: 41 },
    ]);
  });

  test('more bad rows than allowed fail the attempt and leave nothing of the chunk; the next one goes on there', async () => {
    await given([60]);
    const settings = { chunkSize: 10, slicesAtOnce: 1, badRowsMax: 1, runtime };
    const failing = async () => {
      throw new Error('the service is gone');
    };
    await expect(drive(runShard(job({ settings, askFor: failing })))).rejects.toThrow(/more than 1 bad rows/);
    expect(await badRows()).toEqual([]);
    expect(await feesOf()).toEqual([]);
    await drive(runShard(job({ settings }), { attempt: 2, logId: 2 }));
    expect(await feesOf()).toEqual(await everybody());
  });

  test('a row that is gone since the run began is listed, not lost in silence', async () => {
    await given([20]);
    let first = true;
    const of: SqlStore = {
      ...store,
      async transaction(name, body, how) {
        const result = await store.transaction(name, body, how);
        if (name === 'claim-slice' && first) {
          first = false;
          await store.transaction('gone', (tx) => tx.run('delete from account where id = 4'));
        }
        return result;
      },
    };
    expect(await drive(runShard(job({ of })))).toMatchObject({ rows: 20, bad: 1 });
    expect(await badRows()).toMatchObject([{ subject: 4, code: 'ROW_GONE' }]);
  });

  test('a slow node is split, and no row is worked twice', async () => {
    await given(Array.from({ length: 60 }, () => 5));
    const worked: number[] = [];
    await store.transaction('number', (tx) => tx.run('update account set balance_cents = id'));
    const node = (ms: number): SlicedJob =>
      job({
        askFor: async (_merchant, balance) => {
          worked.push(balance);
          await runtime.sleep(ms);
          return 1;
        },
      });
    const results = await drive(
      Promise.all([
        runShard(node(500), { shardTotal: 2 }),
        runShard(node(5), { shardIndex: 1, shardTotal: 2, logId: 2 }),
      ]),
    );
    expect(results[1]?.split).toBeGreaterThan(0);
    expect(results[1]?.rows).toBeGreaterThan(200);
    expect(worked.sort((a, b) => a - b)).toEqual(await everybody());
    expect(await feesOf()).toEqual(await everybody());
  });

  test('a node that joins in mid run is used; one that leaves gives its slices back at their cursors', async () => {
    await given(Array.from({ length: 100 }, () => 5));
    const slow = async () => {
      await runtime.sleep(100);
      return 1;
    };
    const run = runShard(job({ askFor: slow }));
    await runtime.advance(200);
    const joined = job({ askFor: slow });
    const leaves = new AbortController();
    const helping = joined.volunteerOnce(leaves.signal).catch((error: unknown) => error);
    await runtime.advance(2_000);
    const held = (await slices()).filter(({ owner }) => String(owner).startsWith('volunteer'));
    expect(held).toHaveLength(1);
    leaves.abort(new Error('drained'));
    await drive(helping);
    const [given_] = (await slices()).filter(({ slice_no }) => slice_no === held[0]?.slice_no);
    expect(given_).toMatchObject({ state: 'free', owner: null });
    expect(Number(given_?.cursor_seq)).toBeGreaterThan(Number(given_?.lo));
    await drive(run);
    expect(await feesOf()).toEqual(await everybody());
  });

  test('slow rows keep their slice for as long as they move; a row that hangs loses it, and its node writes nothing more', async () => {
    await given([20]);
    const settings = { chunkSize: 10, slicesAtOnce: 1, concurrency: 1, leaseMs: 1_000, stallMs: 3_000, runtime };
    let hangs = false;
    let letGo: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const run = runShard(
      job({
        settings,
        askFor: async () => {
          if (hangs) await stuck;
          await runtime.sleep(2_000);
          return 1;
        },
      }),
    );
    // Ten rows of two seconds each are twenty leases, and no heir may have it.
    await runtime.advance(15_000);
    const heir = job({ settings });
    for (let look = 0; look < 12; look += 1) {
      await runtime.advance(170);
      await drive(heir.volunteerOnce(new AbortController().signal));
    }
    expect(await rows('select * from slice_lease')).toHaveLength(1);
    hangs = true;
    await runtime.advance(12_000);
    const other = job({ settings });
    await drive(runShard(other, { attempt: 2, logId: 2 }));
    expect(await feesOf()).toEqual(await everybody());
    letGo();
    await drive(run);
    expect(await feesOf()).toEqual(await everybody());
    expect((await rows('select * from slice_lease')).length).toBeGreaterThan(1);
  });

  test('an answer to COMMIT that is lost is looked up: what had happened is not done again, what had not is', async () => {
    await given([40]);
    let seen = 0;
    const of: SqlStore = {
      ...store,
      async transaction(name, body, how) {
        if (name !== 'slice-chunk') return store.transaction(name, body, how);
        seen += 1;
        if (seen === 2) throw new CommitUnknownError('lost before it happened', {});
        const result = await store.transaction(name, body, how);
        if (seen === 1 || seen === 5) throw new CommitUnknownError('lost after it happened', {});
        return result;
      },
    };
    expect(await drive(runShard(job({ of })))).toMatchObject({ rows: 40, bad: 0 });
    expect(await feesOf()).toEqual(await everybody());
    expect(await rows('select * from slice_lease')).toHaveLength(1);
  });

  test('THROTTLED: no slice is claimed outside the window, the run says why, and says it no more when it is over', async () => {
    await given([30]);
    let why: string | null = 'THROTTLED: outside its window';
    const throttle = (): Throttle => ({ ...NO_THROTTLE, holdsBack: () => why });
    const run = runShard(job({ settings: { chunkSize: 10, runtime, throttle } }));
    await runtime.advance(5_000);
    expect(await rows('select throttled_why from slice_run')).toEqual([{ throttled_why: why }]);
    expect(await feesOf()).toEqual([]);
    why = null;
    await drive(run);
    expect(await rows('select throttled_why from slice_run')).toEqual([{ throttled_why: null }]);
    expect(await feesOf()).toEqual(await everybody());
  });

  test('a load guard that leaves one slot: one slice at a time, given back between two chunks', async () => {
    await given(Array.from({ length: 60 }, () => 5));
    let slots = 3;
    const throttle = (): Throttle => ({ ...NO_THROTTLE, slots: (most) => Math.min(most, slots) });
    const run = runShard(
      job({
        settings: { chunkSize: 10, slicesAtOnce: 3, runtime, throttle },
        askFor: async () => {
          await runtime.sleep(200);
          return 1;
        },
      }),
    );
    const held = async () => (await slices()).filter(({ state }) => state === 'leased').length;
    await runtime.advance(300);
    expect(await held()).toBe(3);
    slots = 1;
    await runtime.advance(3_000);
    expect(await held()).toBe(1);
    slots = 3;
    await drive(run);
    expect(await feesOf()).toEqual(await everybody());
  });

  test.each([
    [{ chunkSize: 0 }, /chunkSize is 0/],
    [{ concurrency: 1.5 }, /concurrency is 1.5/],
    [{ name: '' }, /name/],
  ])('a definition that cannot work is refused when it is made: %o', async (wrong, message) => {
    await given([]);
    const count = async () => 0;
    const selectPage = async () => [];
    const write = async () => undefined;
    expect(() => defineSlicedJob({ name: 'x', store, count, selectPage, write, ...wrong })).toThrow(message);
  });
});

describeWith(['MariaDB'], 'a sliced job on MariaDB', () => {
  test('four nodes with connections of their own, one dies in mid chunk: each row is written once', async () => {
    const database = await createMysqlDatabase();
    drop = database.drop;
    const real = systemRuntime();
    await open(database.url, real);
    await accounts(Array.from({ length: 120 }, (_, no) => (no === 5 ? 150 : 3)));
    const stores = await Promise.all(
      [1, 2, 3].map(() =>
        openSqlStore({ url: database.url, connections: 3, reserved: 1 }, { runtime: real, logger: silentLogger }),
      ),
    );
    try {
      const settings = { chunkSize: 5, slicesAtOnce: 2, concurrency: 4, leaseMs: 1_000, runtime: real };
      const node = (no: number, ms: number): SlicedJob =>
        job({
          of: stores[no] ?? store,
          settings,
          askFor: async () => {
            await real.sleep(ms);
            return 1;
          },
        });
      let asked = 0;
      const dying = job({
        of: stores[2] ?? store,
        settings: { ...settings, stallMs: 500 },
        askFor: () => (++asked > 20 ? new Promise<never>(() => undefined) : Promise.resolve(1)),
      });
      void runShard(dying, { shardIndex: 2, shardTotal: 3, logId: 3 }).catch(() => undefined);
      const joined = node(3, 1).volunteer({ lookMs: 20, logger: silentLogger });
      joined.start();
      await Promise.all([
        runShard(node(0, 40), { shardTotal: 3 }),
        runShard(node(1, 1), { shardIndex: 1, shardTotal: 3, logId: 2 }),
      ]);
      await expireAll(store, RUN);
      await runShard(node(1, 1), { shardIndex: 2, shardTotal: 3, logId: 4, attempt: 2 });
      await joined.stop();
      expect(await feesOf()).toEqual(await everybody());
      expect((await slices()).every(({ state }) => state === 'done')).toBe(true);
    } finally {
      for (const one of stores) await one.close();
    }
  });
});
