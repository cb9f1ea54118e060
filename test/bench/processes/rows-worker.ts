// A worker process of an executor: one sliced job over the rows of the bench, whose work is to wait or to compute.
import { defineSlicedJob, type OpenWorker } from '../../../executor/index.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import type { CrewWork } from '../crew-runs.ts';

export const openWorker: OpenWorker = async ({ config, runtime }) => {
  const { url, rowWaitsMs, rowRounds, concurrency, slicesAtOnce } = config as unknown as CrewWork & { url: string };
  const store = await openSqlStore({ url, durability: 'warn' }, { runtime, logger: silentLogger });
  const job = defineSlicedJob<{ subject: number }, [number, number]>({
    name: 'bench-rows',
    store,
    count: async (db) => (await db.get<{ n: number }>('select count(*) as n from bench_row'))?.n ?? 0,
    selectPage: (db, { afterSubject, limit }) =>
      db.all(`select id as subject from bench_row where id > ? order by id limit ${limit}`, [afterSubject]),
    async process({ subject }) {
      if (rowWaitsMs > 0) await runtime.sleep(rowWaitsMs);
      return [subject, mixed(subject, rowRounds)];
    },
    // A key that is there already fails the chunk: each row is written once, or the figure is none.
    write: async (tx, done) => {
      await tx.insertRows({ table: 'bench_done', columns: ['id', 'mixed'] }, done);
    },
    concurrency,
    slicesAtOnce,
    runtime,
  });
  return { handlers: [job], close: () => store.close() };
};

/**
 * So many rounds of arithmetic: 4 ns each, from the first call on. Nothing in it may leave 32 bits: with an addition V8 took
 * its guess about the numbers back after thousands of calls, rows halved in price, and a run that has half as many rows in
 * each process looked slow.
 */
function mixed(seed: number, rounds: number): number {
  let value = seed | 0;
  for (let round = 0; round < rounds; round += 1) value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d) ^ round;
  return value;
}
