import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ImportOptions,
  type ImportOutcome,
  importPlans,
} from '../../executor/examples/settlement/import-plans.ts';
import { PLAN_HEADER } from '../../executor/examples/settlement/plan-line.ts';
import { rejectsCsv } from '../../executor/examples/settlement/rejects-csv.ts';
import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { emptyTables, type StorePlace } from './each-store.ts';

export const runtime = systemRuntime();
export const logger = silentLogger;
export const SAMPLE = fileURLToPath(
  new URL('../../executor/examples/settlement/sample/plans-2026-11-20.csv', import.meta.url),
);

/** A store with the settlement tables, and a directory for plan files. */
export interface ImportBench {
  readonly store: SqlStore;
  readonly dir: string;
  /** Writes a plan file and returns its path; text is UTF-8. */
  file(content: string | Buffer, name?: string): Promise<string>;
  import(path: string, options?: Partial<ImportOptions>): Promise<ImportOutcome>;
  /** All that nights can see of plans: `key values state@line#file`, sorted. */
  openPlans(): Promise<string[]>;
  rejects(fileId: number): Promise<string>;
  rows(table: string): Promise<number>;
  /** Forgets all files and plans: cheaper than a new database for each test. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export async function createImportBench(place?: StorePlace): Promise<ImportBench> {
  const store = await openSqlStore(place?.url ?? 'sqlite::memory:', { runtime, logger });
  await migrate(store, [settlement], { logger });
  const dir = await mkdtemp(join(tmpdir(), 'daybreak-import-'));
  let files = 0;
  return {
    store,
    dir,
    async file(content, name) {
      files += 1;
      const path = join(dir, name ?? `plans-${files}.csv`);
      await writeFile(path, content);
      return path;
    },
    import: (path, options = {}) =>
      importPlans({
        store,
        path,
        night: { id: 1, businessDate: '2026-11-20', maxRejectPercent: 100 },
        signal: new AbortController().signal,
        runtime,
        logger,
        chunkSize: 3,
        ...options,
      }),
    openPlans: () => readOpenPlans(store),
    async rejects(fileId) {
      const lines: Buffer[] = [];
      for await (const line of rejectsCsv(store, fileId)) lines.push(line);
      return Buffer.concat(lines).toString('latin1');
    },
    rows: (table) =>
      store.read('count', async (tx) => Number((await tx.arrays(`select count(*) from ${table}`))[0]?.[0])),
    empty: () => emptyTables(store, PLAN_TABLES),
    async close() {
      await store.close();
      await rm(dir, { recursive: true });
      await place?.drop();
    },
  };
}

const PLAN_TABLES = ['plan_open', 'plan', 'plan_sighting', 'plan_reject', 'plan_file'];

export async function readOpenPlans(store: SqlStore): Promise<string[]> {
  const rows = await store.read('open-plans', (tx) =>
    tx.arrays(`select p.contract_no, p.period, p.leg, p.customer_no, p.merchant_no, p.account_no, p.currency,
      p.amount_minor, p.due_date, p.line_no from plan_open o join plan p on p.id = o.plan_id
      where o.leg = p.leg and o.due_date = p.due_date`),
  );
  return rows.map((row) => `${row.slice(0, 9).join('/')}@${row[9]}`).sort();
}

/** A whole file around data lines, with the right trailer. */
export function planFile(...lines: string[]): string {
  const dataLines = lines.filter((line) => line !== '').length;
  return `${[PLAN_HEADER, ...lines, `TRAILER,${dataLines}`].join('\n')}\n`;
}

/** A good line; each argument changes one field. */
export function planLine(
  contractNo: string,
  changes: { amount?: string; leg?: string; due?: string; period?: number } = {},
): string {
  const { amount = '10.00', leg = 'PREMIUM', due = '2026-11-20', period = 1 } = changes;
  return `${contractNo},${period},${leg},U1,M1,A1,CNY,${amount},${due}`;
}
