import { createExecutor, defineHandler } from 'daybreak';
import {
  chunkStep,
  csvFileReader,
  defineBatchJob,
  multiRowWriter,
  openExecutorStore,
  runBatchJob,
} from 'daybreak/batch';

// One process at a time has an embedded store; mysql://... is for executors on several machines.
const store = await openExecutorStore('sqlite:./fees.db', [
  {
    id: '1-fee',
    statements: () => ['create table fee (order_no varchar(32) primary key, day varchar(10), cents bigint not null)'],
  },
]);

/** The fee of each order of a file. Every shard reads the whole file and keeps the orders that are its own. */
const fees = (/** @type {import('daybreak').HandlerContext} */ ctx) =>
  defineBatchJob('fees', {
    steps: (/** @type {{ file: string }} */ { file }) => [
      chunkStep({
        name: 'compute',
        reader: csvFileReader({ path: file }),
        process: ({ fields: { order_no, cents } }) =>
          ctx.owns(order_no) ? { orderNo: order_no, cents: (BigInt(cents) * 60n) / 10_000n } : null,
        // Its rows, its checkpoint and its counts are one transaction: a restart neither repeats nor leaves out an order.
        writer: multiRowWriter({
          table: 'fee',
          columns: ['order_no', 'day', 'cents'],
          onConflict: 'ignore', // the same file once more, in another run, writes nothing twice
          rowOf: (fee) => [fee.orderNo, ctx.businessDate, fee.cents],
        }),
        chunkSize: 500,
        skip: { limit: 10 },
      }),
    ],
  });

const computeFees = defineHandler('compute-fees', async (ctx) => {
  const result = await runBatchJob(fees(ctx), { store, params: { file: ctx.param }, run: ctx, signal: ctx.signal });
  if (result.status === 'FAILED' || result.status === 'UNKNOWN') throw result.error;
  if (result.status === 'STOPPED') throw new Error('stopped half way: the next attempt goes on at the checkpoint');
  return { ...result.steps[0]?.counts };
});

const executor = createExecutor({ appname: 'billing', handlers: [computeFees], portFrom: true, dataDir: './billing' });
await executor.start();

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => executor.stop().then(() => store.close()));
