import { type ChildProcess, fork } from 'node:child_process';
import { freezeSelection, NO_DOWNSTREAM } from '../../executor/slice/freeze-selection.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { Migration, SqlStore } from '../../shared/sql/sql.ts';
import { openBenchDatabase } from './bench-stores.ts';

/**
 * How skew is met: four executors, each a process, on one MariaDB, beside static modulo by merchant over the same rows.
 * A row's work is waiting, so that the machine's cores are not the bound. Times are from the frozen selection to the
 * last row written.
 */
export interface SkewWorkerOrder {
  readonly url: string;
  readonly mode: 'sliced' | 'modulo';
  readonly runId: number;
  readonly node: string;
  readonly shardIndex: number;
  readonly shardTotal: number;
  readonly sliceBy: boolean;
  readonly slowness: number;
  readonly chunkSize: number;
  readonly chunkMs: number;
  readonly splitRowsMin: number;
}

export interface SkewFigure {
  readonly id: string;
  readonly what: string;
  readonly rows: number;
  readonly idealMs: number;
  readonly slicedMs: number;
  readonly moduloMs: number;
  readonly freezeMs: number;
  /** Rows that were written more or less often than once, by either. */
  readonly wrong: number;
}

export interface TakeOverFigure {
  readonly leaseMs: number;
  readonly firstRowMs: number;
  readonly wrong: number;
}

const EXECUTORS = 4;
const BASE_MS = 2;
const MERCHANTS = 40;
const LEASE_MS = 10_000;

interface Case {
  readonly id: string;
  readonly what: string;
  readonly sliceBy: boolean;
  /** Of the row with this number, of so many. */
  merchantOf(at: number, rows: number): number;
  costMs(merchantNo: number): number;
  /** How much slower each executor is. */
  readonly slowness: readonly number[];
}

const evenly = (at: number, rows: number): number => Math.floor((at * MERCHANTS) / rows);
/** Not the first of its kind, so that nothing is won by where it stands. */
const DEAR = 17;
const CASES: readonly Case[] = [
  {
    id: 'skew-hot-key',
    what: 'one merchant has half of the rows, which stay in order',
    sliceBy: true,
    merchantOf: (at, rows) => (at < rows / 2 ? DEAR : Math.floor(((at - rows / 2) * 2 * MERCHANTS) / rows)),
    costMs: () => BASE_MS,
    slowness: [1, 1, 1, 1],
  },
  {
    id: 'skew-dear-rows',
    what: "one merchant's rows cost 20 times as much",
    sliceBy: false,
    merchantOf: evenly,
    costMs: (merchantNo) => (merchantNo === DEAR ? 20 * BASE_MS : BASE_MS),
    slowness: [1, 1, 1, 1],
  },
  {
    id: 'skew-slow-node',
    what: 'one executor is five times slower',
    sliceBy: false,
    merchantOf: evenly,
    costMs: () => BASE_MS,
    slowness: [5, 1, 1, 1],
  },
];

export async function measureSkew(rows: number, say: (line: string) => void): Promise<readonly SkewFigure[]> {
  const place = await openPlace();
  try {
    const figures: SkewFigure[] = [];
    for (const [no, one] of CASES.entries()) {
      await plant(place.store, one, rows);
      const freezeMs = await freeze(place.store, { runId: no + 1, sliceBy: one.sliceBy, chunkSize: CHUNK });
      const slicedMs = await runAll(place, one, { mode: 'sliced', runId: no + 1 }, say);
      const moduloMs = await runAll(place, one, { mode: 'modulo', runId: no + 101 }, say);
      const wrong = (await wrongRows(place.store, no + 1)) + (await wrongRows(place.store, no + 101));
      const { id, what } = one;
      figures.push({ id, what, rows, idealMs: await idealOf(place.store, one), slicedMs, moduloMs, freezeMs, wrong });
    }
    return figures;
  } finally {
    await place.remove();
  }
}

/** SIGKILL of one of four in the middle: when does another write the first row of what it had begun. */
export async function measureTakeOver(rows: number): Promise<TakeOverFigure> {
  const place = await openPlace();
  try {
    const one = { ...(CASES[1] as Case), costMs: () => BASE_MS };
    await plant(place.store, one, rows);
    await freeze(place.store, { runId: 1, sliceBy: false, chunkSize: CHUNK });
    const nodes = await start(place, one, { mode: 'sliced', runId: 1 });
    for (const node of nodes) node.process.send('go');
    const begun = "select count(*) as n from bench_done where node = 'node-1'";
    while (Number((await place.store.read('look', (db) => db.get<{ n: number }>(begun)))?.n) < CHUNK) {
      await systemRuntime().sleep(20);
    }
    nodes[1]?.process.kill('SIGKILL');
    const killedAt = await place.store.read('clock', async (db) => db.nowMs);
    // As the scheduler does when it has seen the loss: another node gets the dead one's shard.
    const heir = startNode(orderOf(place, one, { mode: 'sliced', runId: 1 }, 1, 'heir'));
    await heir.ready;
    heir.process.send('go');
    await Promise.all([heir, ...nodes.filter((_node, at) => at !== 1)].map((node) => node.done));
    // What it held by then, and the first row that another wrote of it.
    const [first] = await place.store.read('heir', (db) =>
      db.all<{ at: number | null }>(
        `select min(d.at_ms) as at from slice_lease l
         join item i on i.run_id = l.run_id and i.slice_no = l.slice_no
         join bench_done d on d.run_id = l.run_id and d.row_id = i.subject
         where l.run_id = 1 and l.owner like 'http://node-1/%' and d.node <> 'node-1' and d.at_ms > ?
           and exists (select 1 from slice_lease h where h.run_id = l.run_id and h.slice_no = l.slice_no and h.epoch > l.epoch)`,
        [killedAt],
      ),
    );
    const wrong = await wrongRows(place.store, 1);
    return { leaseMs: LEASE_MS, firstRowMs: Number(first?.at ?? Number.NaN) - killedAt, wrong };
  } finally {
    await place.remove();
  }
}

const CHUNK = 400;
/** What is in hand is nobody else's: so long the end may wait for one executor. */
const CHUNK_MS = 500;
const SPLIT_ROWS_MIN = 20;

interface Place {
  readonly url: string;
  readonly store: SqlStore;
  remove(): Promise<void>;
}

const tables: Migration = {
  id: '1-bench',
  statements: (w) => [
    `create table bench_row (id ${w.autoId}, merchant_no ${w.int} not null, cost_ms ${w.int} not null)${w.table}`,
    `create index bench_row_merchant on bench_row (merchant_no, id)`,
    `create table bench_done (id ${w.autoId}, run_id ${w.bigint} not null, row_id ${w.bigint} not null,
       node ${w.text(32)} not null, at_ms ${w.bigint} not null)${w.table}`,
    `create index bench_done_row on bench_done (run_id, row_id)`,
  ],
};

async function openPlace(): Promise<Place> {
  const { url, drop } = await openBenchDatabase('skew');
  const store = await openSqlStore({ url, durability: 'warn' }, { runtime: systemRuntime(), logger: silentLogger });
  await migrate(store, executorMigrations, { logger: silentLogger, component: 'executor' });
  await migrate(store, [tables], { logger: silentLogger, component: 'bench' });
  return {
    url,
    store,
    async remove() {
      await store.close();
      await drop();
    },
  };
}

async function plant(store: SqlStore, one: Pick<Case, 'merchantOf' | 'costMs'>, rows: number): Promise<void> {
  const planted = Array.from({ length: rows }, (_, at) => one.merchantOf(at, rows));
  planted.sort((a, b) => a - b);
  await store.transaction('plant', async (tx) => {
    await tx.run('delete from bench_row');
    await tx.insertRows(
      { table: 'bench_row', columns: ['merchant_no', 'cost_ms'] },
      planted.map((merchantNo) => [merchantNo, one.costMs(merchantNo)]),
    );
  });
}

async function freeze(store: SqlStore, run: { runId: number; sliceBy: boolean; chunkSize: number }): Promise<number> {
  const began = performance.now();
  const { runId, sliceBy, chunkSize } = run;
  const frozen = { runId, chainRunId: null, businessDate: '2026-11-20', cutOffAt: null, chunkSize };
  await freezeSelection(
    store,
    { ...frozen, shardTotal: EXECUTORS, downstreamId: NO_DOWNSTREAM },
    {
      name: 'bench-rows',
      group: 'ROWS',
      ...(sliceBy ? { sliceBy: 'merchant' } : {}),
      highWater: async () => Number.MAX_SAFE_INTEGER,
      count: async (db) => (await db.get<{ n: number }>('select count(*) as n from bench_row'))?.n ?? 0,
      // Merchants lie one behind the other: the order by id is the order by merchant.
      selectPage: async (db, { afterSubject, limit }) =>
        (
          await db.arrays(`select id, merchant_no from bench_row where id > ? order by id limit ${limit}`, [
            afterSubject,
          ])
        ).map(([id, merchantNo]) => ({ subject: Number(id), ...(sliceBy ? { key: String(merchantNo) } : {}) })),
    },
    async () => undefined,
  );
  return performance.now() - began;
}

interface Node {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  /** Resolves with what the process said last. */
  readonly done: Promise<{ workedMs?: number; result?: unknown }>;
}

async function start(
  place: Place,
  one: Case,
  run: { mode: SkewWorkerOrder['mode']; runId: number },
): Promise<readonly Node[]> {
  const nodes = Array.from({ length: EXECUTORS }, (_, shardIndex) =>
    startNode(orderOf(place, one, run, shardIndex, `node-${shardIndex}`)),
  );
  await Promise.all(nodes.map((node) => node.ready));
  return nodes;
}

const orderOf = (
  { url }: Place,
  one: Case,
  run: { mode: SkewWorkerOrder['mode']; runId: number },
  shardIndex: number,
  node: string,
): SkewWorkerOrder => ({
  url,
  ...run,
  node,
  shardIndex,
  shardTotal: EXECUTORS,
  sliceBy: one.sliceBy,
  slowness: one.slowness[shardIndex] ?? 1,
  chunkSize: CHUNK,
  chunkMs: CHUNK_MS,
  splitRowsMin: SPLIT_ROWS_MIN,
});

function startNode(order: SkewWorkerOrder): Node {
  const child = fork(new URL('./skew-worker.ts', import.meta.url), [JSON.stringify(order)], { stdio: 'inherit' });
  let said: object = {};
  const heard = (word: string): Promise<void> =>
    new Promise((resolve, reject) => {
      child.on('message', (message: { said: string }) => {
        said = { ...said, ...message };
        if (message.said === word) resolve();
      });
      child.once('exit', (code, signal) => reject(new Error(`${order.node} ended early (${code ?? signal})`)));
    });
  const done = heard('done').then(() => said);
  // The one that is killed never says so, and nobody waits for it.
  done.catch(() => undefined);
  return { process: child, ready: heard('ready'), done };
}

async function runAll(
  place: Place,
  one: Case,
  run: { mode: SkewWorkerOrder['mode']; runId: number },
  say: (line: string) => void,
): Promise<number> {
  const nodes = await start(place, one, run);
  const began = performance.now();
  for (const node of nodes) node.process.send('go');
  const ends = await Promise.all(
    nodes.map(async (node) => {
      const end = await node.done;
      return { ...end, atMs: performance.now() - began };
    }),
  );
  say(
    `${one.id}, ${run.mode}: ${ends.map(({ atMs, workedMs = 0 }) => `${(atMs / 1_000).toFixed(1)} s (${(workedMs / 1_000).toFixed(1)} s of rows)`).join(', ')}`,
  );
  return Math.max(...ends.map(({ atMs }) => atMs));
}

/** All of the rows' time shared by executors as quick as they are, or the hot key alone where its order is kept. */
async function idealOf(store: SqlStore, one: Case): Promise<number> {
  const sums = await store.read('ideal', (db) =>
    db.arrays('select sum(cost_ms), count(*) from bench_row group by merchant_no'),
  );
  const perMerchant = sums.map(([ms]) => Number(ms));
  const total = perMerchant.reduce((sum, ms) => sum + ms, 0);
  const capacity = one.slowness.reduce((sum, slowness) => sum + 1 / slowness, 0);
  return Math.max(total / capacity, one.sliceBy ? Math.max(...perMerchant) : 0);
}

async function wrongRows(store: SqlStore, runId: number): Promise<number> {
  const row = await store.read('wrong', (db) =>
    db.get<{ n: number }>(
      `select count(*) as n from (select r.id from bench_row r left join bench_done d on d.run_id = ? and d.row_id = r.id
       group by r.id having count(d.id) <> 1) x`,
      [runId],
    ),
  );
  return row?.n ?? -1;
}
