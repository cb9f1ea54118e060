import {
  type BatchJobResult,
  chunkStep,
  defineBatchJob,
  type RunBatchJobOptions,
  runBatchJob,
} from '../../executor/batch/batch-job.ts';
import type { JobParameters } from '../../executor/batch/job-instance.ts';
import { type KeyPosition, keysetTableReader } from '../../executor/batch/readers/keyset-table-reader.ts';
import type { ChunkStep, ItemWriter } from '../../executor/batch/step.ts';
import { batch } from '../../executor/storage/migrations/0004-batch.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { DdlWords, SqlStore } from '../../shared/sql/sql.ts';
import { emptyTables, type NewStorePlace } from './each-store.ts';

export interface Source {
  readonly id: number;
  readonly value: number;
}

/** `source` is read by key and written to `target`; a value of 13 or more breaks the target's check. */
const tables = {
  id: '9000-batch-bench',
  statements: (w: DdlWords) => [
    `create table source (id ${w.bigint} not null primary key, value ${w.bigint} not null)${w.table}`,
    `create table target (id ${w.bigint} not null primary key, value ${w.bigint} not null check (value < 13))${w.table}`,
  ],
};

export type Step = ChunkStep<Source, Source, KeyPosition>;

export interface BatchBench {
  readonly store: SqlStore;
  /** Fills the source: the values in order, under the ids 1, 2, 3 and so on. */
  source(...values: number[]): Promise<void>;
  step(changes?: Partial<Step>): Step;
  run(step: Step, options?: RunOptions): Promise<BatchJobResult>;
  /** Ids in the target, in order. */
  target(): Promise<number[]>;
  /** `phase place code` of each skip, in order. */
  skips(): Promise<string[]>;
  /** Forgets all jobs and rows: cheaper than a new database for each test. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

const BATCH_TABLES = ['batch_skip', 'batch_step', 'batch_execution', 'batch_instance'];

export interface RunOptions {
  readonly params?: JobParameters;
  readonly signal?: AbortSignal;
  readonly store?: SqlStore;
  readonly runtime?: Runtime;
  readonly leaseMs?: number;
  readonly run?: NonNullable<RunBatchJobOptions<JobParameters>['run']>;
}

/** Sleeps end at once: what waits for a retry need not be waited for in a test. */
export const impatient: Runtime = { ...systemRuntime(), sleep: async (_ms, signal) => await untilTurn(signal) };

async function untilTurn(signal?: AbortSignal): Promise<void> {
  await systemRuntime().yieldTurn();
  signal?.throwIfAborted();
}

export async function createBatchBench(newPlace: NewStorePlace): Promise<BatchBench> {
  const place = await newPlace();
  const runtime = systemRuntime();
  const store = await openSqlStore(place.url, { runtime, logger: silentLogger });
  await migrate(store, [batch, tables], { logger: silentLogger });
  const column = (text: string) => store.read('look', (tx) => tx.arrays(text));
  return {
    store,
    async source(...values) {
      const rows = values.map((value, i) => [i + 1, value]);
      await store.transaction('fill', (tx) => tx.insertRows({ table: 'source', columns: ['id', 'value'] }, rows));
    },
    step: (changes = {}) => ({
      name: 'copy',
      reader: keysetTableReader<Source>({ store, table: 'source', columns: ['value'], key: ['id'] }),
      writer: targetWriter,
      chunkSize: 3,
      ...changes,
    }),
    run: (step, { params = { batchNo: 'a' }, ...options } = {}) => {
      const job = defineBatchJob('copy-job', { steps: () => [chunkStep(step)] });
      const signal = options.signal ?? new AbortController().signal;
      return runBatchJob(job, { store, params, signal, runtime, logger: silentLogger, ...options });
    },
    target: async () => (await column('select id from target order by id')).map(([id]) => Number(id)),
    skips: async () =>
      (await column('select phase, place, code from batch_skip order by id')).map((row) => row.join(' ')),
    empty: () => emptyTables(store, [...BATCH_TABLES, 'source', 'target']),
    async close() {
      await store.close();
      await place.drop();
    },
  };
}

export const targetWriter: ItemWriter<Source> = {
  write: async (tx, items) => {
    const rows = items.map(({ id, value }) => [id, value]);
    await tx.insertRows({ table: 'target', columns: ['id', 'value'] }, rows);
  },
};
