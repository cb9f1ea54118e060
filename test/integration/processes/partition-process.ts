import { setTimeout as sleep } from 'node:timers/promises';
import {
  chunkStep,
  defineBatchJob,
  keysetTableReader,
  multiRowWriter,
  openExecutorStore,
  runBatchJob,
} from '../../../executor/batch/index.ts';
import { createExecutor, defineHandler, type HandlerContext } from '../../../executor/index.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';

/**
 * An executor as a process of its own that works partitions of one batch job: `node partition-process.ts OPTIONS_JSON`.
 * With `hangsAt` it stands still at that row of each partition. Prints its process id.
 */
const options = JSON.parse(process.argv[2] ?? '{}') as {
  schedulerUrl: string;
  storeUrl: string;
  tables: string[];
  dataDir: string;
  rowsPerPartition: number;
  hangsAt: number | null;
};
const { rowsPerPartition: rows, hangsAt } = options;
const store = await openExecutorStore(options.storeUrl, [{ id: '1-orders', statements: () => options.tables }]);

interface Order {
  readonly id: number;
  readonly cents: number;
}

/** The fees of one partition's orders: a range of ids. */
const fees = ({ shardIndex }: HandlerContext) =>
  defineBatchJob('fees', {
    steps: () => [
      chunkStep({
        name: 'compute',
        reader: keysetTableReader<Order>({
          store,
          table: 'pay_order',
          columns: ['cents'],
          key: ['id'],
          where: { text: 'id > ? and id <= ?', params: [shardIndex * rows, (shardIndex + 1) * rows] },
        }),
        async process({ id, cents }) {
          if (hangsAt !== null && (id - 1) % rows === hangsAt) await sleep(3_600_000);
          await sleep(1);
          return [id, shardIndex, cents / 100, process.pid] as const;
        },
        writer: multiRowWriter({
          table: 'fee',
          columns: ['order_id', 'part', 'cents', 'pid'],
          rowOf: (row: readonly [number, number, number, number]) => row,
        }),
        chunkSize: 10,
      }),
    ],
  });

const executor = createExecutor({
  appname: 'orders',
  schedulers: [options.schedulerUrl],
  accessToken: TEST_TOKEN,
  dataDir: options.dataDir,
  port: 0,
  heartbeatIntervalMs: 300,
  logger: silentLogger,
  handlers: [
    defineHandler('fees', async (ctx) => {
      const run = { store, params: {}, run: ctx, signal: ctx.signal, leaseMs: 2_000, logger: silentLogger };
      const result = await runBatchJob(fees(ctx), run);
      if (result.status === 'FAILED' || result.status === 'UNKNOWN') throw result.error;
      return { ...result.steps[0]?.counts };
    }),
  ],
});
await executor.start();
process.stdout.write(`${process.pid}\n`);
