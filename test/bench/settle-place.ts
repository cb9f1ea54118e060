import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type BenchDialect, openBenchDatabase } from './bench-stores.ts';
import type { SettleMemory, SettleOrder } from './processes/settle-worker.ts';
import { createSettleTables, fillOrders } from './settle-orders.ts';

const WORKER = fileURLToPath(new URL('./processes/settle-worker.ts', import.meta.url));
/** So much heap as the work needs: without a limit V8 lets garbage lie until a process has twice as much. */
const HEAP = ['--max-old-space-size=128', '--max-semi-space-size=8'];

/** A store with so many orders, and processes that settle them. */
export interface SettlePlace {
  readonly dir: string;
  readonly rows: number;
  /** The orders are settled anew: nothing of what was done before is there. */
  empty(): Promise<void>;
  start(order: Partial<SettleOrder>): ChildProcess;
  settle(order: Partial<SettleOrder>): Promise<SettleMemory>;
  look<T>(read: (store: SqlStore) => Promise<T>): Promise<T>;
  remove(): Promise<void>;
}

export async function openSettlePlace(dialect: BenchDialect, rows: number): Promise<SettlePlace> {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-settle-'));
  const server = dialect === 'mysql' ? await openBenchDatabase('settle') : null;
  const url = server?.url ?? `sqlite:${join(dir, 'settle.db')}`;
  let runId = 0;

  const open = (): Promise<SqlStore> =>
    openSqlStore({ url, durability: 'warn' }, { runtime: systemRuntime(), logger: silentLogger });
  const kept = server === null ? null : await open();

  // An embedded store belongs to one process: it is opened for each look, and closed before anybody else needs it.
  async function look<T>(read: (store: SqlStore) => Promise<T>): Promise<T> {
    const store = kept ?? (await open());
    try {
      return await read(store);
    } finally {
      if (kept === null) await store.close();
    }
  }

  function start(order: Partial<SettleOrder>): ChildProcess {
    const whole: SettleOrder = {
      ...{ url, runId, rows, partitions: 1, atOnce: 1, concurrency: 1, chunkSize: 1_000 },
      ...{ stubUrl: null, leaseMs: 10_000, book: null },
      ...order,
    };
    const args = ['--expose-gc', ...HEAP, WORKER, JSON.stringify(whole)];
    return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  await look(async (store) => {
    await createSettleTables(store);
    await fillOrders(store, rows);
  });
  return {
    dir,
    rows,
    look,
    start,
    async empty() {
      runId += 1;
      const verb = dialect === 'mysql' ? 'truncate table' : 'delete from';
      await look(async (store) => {
        for (const table of ['settle_detail', 'batch_step', 'batch_execution', 'batch_instance'])
          await store.transaction('empty', (tx) => tx.run(`${verb} ${table}`));
      });
    },
    async settle(order) {
      const child = start(order);
      let said = '';
      child.stdout?.on('data', (data: Buffer) => {
        said += data.toString();
      });
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Error(`a process that settles orders ended with ${code}`);
      return JSON.parse(said) as SettleMemory;
    },
    async remove() {
      await kept?.close();
      await server?.drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
