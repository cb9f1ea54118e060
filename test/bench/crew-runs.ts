import type { Attempt } from '../../executor/handler/attempt.ts';
import { workerHandler } from '../../executor/index.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { createWorkerCrew } from '../../executor/workers/worker-crew.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { Migration, SqlStore } from '../../shared/sql/sql.ts';
import { openBenchDatabase } from './bench-stores.ts';
import { BENCH_DATE } from './debit-run.ts';

/** What a row costs, and how much of that is in hand at a time. */
export interface CrewWork {
  readonly rowWaitsMs: number;
  readonly rowRounds: number;
  /** Rows of a slice, and slices of a process, side by side. */
  readonly concurrency: number;
  readonly slicesAtOnce: number;
}

export interface CrewRuns {
  /**
   * Seconds that a run of all rows takes so many executors of so many worker processes each, from freezing to the last
   * row written.
   */
  run(shape: { readonly executors: number; readonly processes: number }): Promise<number>;
  remove(): Promise<void>;
}

const runtime = systemRuntime();

/** A sliced job on MariaDB, worked by real worker processes. The scheduler is left out: nothing of it is measured. */
export async function openCrewRuns(rows: number, work: CrewWork): Promise<CrewRuns> {
  const database = await openBenchDatabase('crew');
  const store = await openSqlStore({ url: database.url, durability: 'warn' }, { runtime, logger: silentLogger });
  await migrate(store, executorMigrations, { logger: silentLogger, component: 'executor' });
  await migrate(store, [tables], { logger: silentLogger, component: 'bench' });
  await plant(store, rows);
  let runId = 0;
  return {
    async run({ executors, processes }) {
      runId += 1;
      await store.transaction('empty', (tx) => tx.run('delete from bench_done'));
      const crews = Array.from({ length: executors }, (_, index) =>
        openCrew({ url: database.url, processes, index, work }),
      );
      await Promise.all(crews.map((crew) => crew.start()));
      const startedMs = performance.now();
      const ends = await Promise.all(
        crews.map((crew, index) => crew.run({ runId, shardIndex: index, shardTotal: executors })),
      );
      const seconds = (performance.now() - startedMs) / 1_000;
      await Promise.all(crews.map((crew) => crew.close()));
      const bad = ends.find(({ kind }) => kind !== 'returned');
      if (bad !== undefined) throw new Error(`a shard of the bench ended as ${JSON.stringify(bad)}`);
      await assertWritten(store, rows);
      return seconds;
    },
    async remove() {
      await store.close();
      await database.drop();
    },
  };
}

const HANDLER = workerHandler({ name: 'bench-rows', spread: 'every' });

function openCrew({ url, processes, index, work }: { url: string; processes: number; index: number; work: CrewWork }) {
  const executorAddress = `http://127.0.0.1:${9_999 + index}/`;
  const crew = createWorkerCrew({
    processes,
    module: new URL('./processes/rows-worker.ts', import.meta.url).href,
    config: { url, ...work },
    handlers: [HANDLER],
    executorAddress,
    stopGraceMs: 1_000,
    runtime,
    logger: silentLogger,
    onRestart: () => undefined,
  });
  const quiet = (): void => undefined;
  return {
    start: () => crew.start(),
    run: (shard: { runId: number; shardIndex: number; shardTotal: number }) =>
      crew.hostOf(HANDLER).run({
        attempt: attemptOf(shard),
        signal: new AbortController().signal,
        log: { info: quiet, warn: quiet, error: quiet },
      }),
    close: () => crew.close(5_000),
  };
}

function attemptOf(shard: { runId: number; shardIndex: number; shardTotal: number }): Attempt {
  return {
    ...shard,
    logId: shard.runId * shard.shardTotal + shard.shardIndex,
    logDateTime: 0,
    jobId: 1,
    handler: HANDLER.name,
    param: '',
    chainRunId: null,
    attempt: 1,
    businessDate: BENCH_DATE,
    plannedAtMs: 0,
    cutOffAtMs: null,
    timeoutMs: null,
  };
}

const tables: Migration = {
  id: '1-bench',
  statements: (w) => [
    `create table bench_row (id ${w.bigint} not null primary key)${w.table}`,
    `create table bench_done (id ${w.bigint} not null primary key, mixed ${w.bigint} not null)${w.table}`,
  ],
};

async function plant(store: SqlStore, rows: number): Promise<void> {
  const ids = Array.from({ length: rows }, (_, at) => [at + 1]);
  await store.transaction('plant', (tx) => tx.insertRows({ table: 'bench_row', columns: ['id'] }, ids));
}

async function assertWritten(store: SqlStore, rows: number): Promise<void> {
  const done = await store.read('count', (db) => db.get<{ n: number }>('select count(*) as n from bench_done'));
  if (done?.n !== rows) throw new Error(`${done?.n} of ${rows} rows were written`);
}
