import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KeyPosition, keysetTableReader } from '../../executor/batch/readers/keyset-table-reader.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { BENCH_SERVER, type BenchDialect, onServer } from './bench-stores.ts';
import { median } from './figures.ts';

export interface Paging {
  readonly key: string;
  /** Medians of a page's time, in milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly seconds: number;
}

const PAGE = 1_000;
const COUNTED_PAGES = 100;
/** So many rows of each page change right after it was read. */
const CHANGED_OF_EACH_PAGE = 50;
const runtime = systemRuntime();

/**
 * Reads a table of so many rows to its end in pages, by its id and by an index on time, while one row in twenty changes.
 * Throws when a row was not seen, or seen twice.
 */
export async function pageDeeply(dialect: BenchDialect, rows: number): Promise<readonly Paging[]> {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-paging-'));
  const database = `daybreak_bench_paging_${process.pid}`;
  if (dialect === 'mysql') await onServer([`drop database if exists ${database}`, `create database ${database}`]);
  const url = dialect === 'mysql' ? `${BENCH_SERVER}/${database}` : `sqlite:${join(dir, 'paging.db')}`;
  const store = await openSqlStore({ url, durability: 'warn' }, { runtime, logger: silentLogger });
  try {
    await fill(store, rows);
    return [await read(store, rows, ['id']), await read(store, rows, ['repay_time', 'id'])];
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
    if (dialect === 'mysql') await onServer([`drop database ${database}`]);
  }
}

async function fill(store: SqlStore, rows: number): Promise<void> {
  const end = store.dialect === 'mysql' ? ' engine=innodb' : ' strict';
  const bigint = store.dialect === 'mysql' ? 'bigint' : 'integer';
  await store.transaction('tables', async (tx) => {
    await tx.run(
      `create table repay_plan (id ${bigint} not null primary key, repay_time ${bigint} not null, status ${bigint} not null, amount ${bigint} not null)${end}`,
    );
    await tx.run('create index repay_plan_time on repay_plan (repay_time, id)');
  });
  for (let from = 1; from <= rows; from += 20_000) {
    await store.transaction('fill', (tx) =>
      tx.insertRows(
        { table: 'repay_plan', columns: ['id', 'repay_time', 'status', 'amount'] },
        Array.from({ length: Math.min(20_000, rows - from + 1) }, (_, i) => {
          const id = from + i;
          // Some forty rows share an instant.
          return [id, (id * 7_919) % Math.ceil(rows / 40), 0, 100 + ((id * 104_729) % 1_000_000)];
        }),
      ),
    );
  }
}

async function read(store: SqlStore, rows: number, key: readonly string[]): Promise<Paging> {
  const reader = keysetTableReader<{ id: number }>({ store, table: 'repay_plan', columns: ['id', 'amount'], key });
  const signal = new AbortController().signal;
  const cursor = await reader.open(null, signal);
  const seen = new Uint8Array(rows + 1);
  const positions: KeyPosition[] = [];
  let count = 0;
  const startedMs = performance.now();
  for (let isLast = false; !isLast; ) {
    const page = await cursor.read(PAGE);
    ({ isLast } = page);
    positions.push(page.position);
    for (const { id } of page.items) {
      seen[id] = (seen[id] as number) + 1;
      count += 1;
    }
    const changed = page.items.filter((_, i) => i % (PAGE / CHANGED_OF_EACH_PAGE) === 0).map(({ id }) => id);
    if (changed.length > 0) {
      await store.transaction('change', (tx) =>
        tx.run(`update repay_plan set status = status + 1 where id in (${changed.map(() => '?').join(', ')})`, changed),
      );
    }
  }
  const seconds = (performance.now() - startedMs) / 1000;
  if (count !== rows || seen.subarray(1).some((times) => times !== 1)) throw new Error(`${count} of ${rows} rows seen`);

  const timed = async (from: KeyPosition): Promise<number> => {
    const page = await reader.open(from, signal);
    const atMs = performance.now();
    await page.read(PAGE);
    return performance.now() - atMs;
  };
  // In turns, so that what else the machine does falls on both ends alike. The last two pages are short.
  const first: number[] = [];
  const last: number[] = [];
  for (let i = 0; i < COUNTED_PAGES; i++) {
    first.push(await timed(positions[i] as KeyPosition));
    last.push(await timed(positions[positions.length - COUNTED_PAGES - 3 + i] as KeyPosition));
  }
  return { key: key.join(', '), firstMs: median(first), lastMs: median(last), seconds };
}
