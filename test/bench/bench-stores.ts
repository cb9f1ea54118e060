import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { migrateNightStore } from '../../deploy/cli/migrate-night-store.ts';
import { importPlans } from '../../executor/examples/settlement/import-plans.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { BENCH_DATE } from './debit-run.ts';
import { writePlanFile } from './plan-generator.ts';

export type BenchDialect = 'sqlite' | 'mysql';

/** Makes stores with the same plans in them again and again: imported once, then copied. */
export interface BenchStores {
  readonly dialect: BenchDialect;
  /** A fresh copy, all plans open. The copy before it is taken away. */
  next(): Promise<string>;
  remove(): Promise<void>;
}

export async function createBenchStores(dialect: BenchDialect, contracts: number): Promise<BenchStores> {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-bench-'));
  const plans = join(dir, 'plans.csv');
  await writePlanFile(plans, { contracts, dueDate: BENCH_DATE });
  return dialect === 'sqlite' ? sqliteStores(dir, plans) : mysqlStores(dir, plans);
}

async function sqliteStores(dir: string, plans: string): Promise<BenchStores> {
  const template = join(dir, 'template.db');
  const copy = join(dir, 'night.db');
  await fill(`sqlite:${template}`, plans);
  const removeCopy = (): void => {
    for (const tail of ['', '-wal', '-shm']) rmSync(`${copy}${tail}`, { force: true });
  };
  return {
    dialect: 'sqlite',
    async next() {
      removeCopy();
      copyFileSync(template, copy);
      return `sqlite:${copy}`;
    },
    async remove() {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The server that the bench uses: DAYBREAK_BENCH_MYSQL, or root without a password on this machine. */
export const BENCH_SERVER = process.env.DAYBREAK_BENCH_MYSQL ?? 'mysql://root@127.0.0.1:3306';

async function mysqlStores(dir: string, plans: string): Promise<BenchStores> {
  const template = `daybreak_bench_${process.pid}`;
  const copy = `${template}_night`;
  await onServer([`drop database if exists ${template}`, `create database ${template}`]);
  await fill(`${BENCH_SERVER}/${template}`, plans);
  rmSync(dir, { recursive: true, force: true });
  return {
    dialect: 'mysql',
    async next() {
      await onServer([`drop database if exists ${copy}`, `create database ${copy}`]);
      const store = await openSqlStore(`${BENCH_SERVER}/${copy}`, { runtime: systemRuntime(), logger: silentLogger });
      await migrateNightStore(store, silentLogger);
      await store.close();
      const tables = ['plan_file', 'plan', 'plan_open'];
      await onServer(tables.map((table) => `insert into ${copy}.${table} select * from ${template}.${table}`));
      return `${BENCH_SERVER}/${copy}`;
    },
    remove: () => onServer([`drop database if exists ${copy}`, `drop database if exists ${template}`]),
  };
}

/** An empty database of its own for one part of the bench. */
export async function openBenchDatabase(part: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `daybreak_bench_${part}_${process.pid}`;
  await onServer([`drop database if exists ${name}`, `create database ${name}`]);
  return { url: `${BENCH_SERVER}/${name}`, drop: () => onServer([`drop database if exists ${name}`]) };
}

/** Whether that server is there: without it the figures of MariaDB are left out. */
export async function hasMysql(): Promise<boolean> {
  try {
    await onServer(['do 0']);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return false;
    throw error;
  }
}

export async function onServer(statements: readonly string[]): Promise<void> {
  const connection = await createConnection(BENCH_SERVER);
  try {
    for (const text of statements) await connection.query(text);
  } finally {
    await connection.end();
  }
}

async function fill(url: string, path: string): Promise<void> {
  const runtime = systemRuntime();
  const store = await openSqlStore(url, { runtime, logger: silentLogger });
  await migrateNightStore(store, silentLogger);
  const outcome = await importPlans({
    store,
    path,
    night: { id: 1, businessDate: BENCH_DATE, maxRejectPercent: 0 },
    signal: new AbortController().signal,
    runtime,
    logger: silentLogger,
  });
  if (outcome.kind !== 'imported') throw new Error(`the bench's own plans were refused: ${outcome.sentence}`);
  await store.close();
}
