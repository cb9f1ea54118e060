// A process that settles partitions of the orders, as an executor's handler does; argv has a SettleOrder as JSON. Run
// with --expose-gc. On standard output it says what that cost in memory, as JSON.
import { openSync, writeSync } from 'node:fs';
import { runBatchJob } from '../../../executor/batch/index.ts';
import { isDaybreakError } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import { countStatements } from '../counted-store.ts';
import { partitionsOf, type SettleParams, settleJob } from '../settle-job.ts';

export interface SettleOrder {
  readonly url: string;
  readonly runId: number;
  readonly rows: number;
  readonly partitions: number;
  /** Partitions at the same time, and items of one at the same time. */
  readonly atOnce: number;
  readonly concurrency: number;
  readonly chunkSize: number;
  /** Asked once for each item. */
  readonly stubUrl: string | null;
  readonly leaseMs: number;
  /** Where lines are written that outlive a SIGKILL: `read 1000`, `write 1000`, `launched 9`, `commit AT_MS`. */
  readonly book: string | null;
}

export interface SettleMemory {
  readonly peakRssMb: number;
  /** In use after a collection: when a quarter of the only partition's rows was read, or a tenth of all partitions done. */
  readonly earlyBytes: number;
  readonly endBytes: number;
}

const order = JSON.parse(process.argv[2] ?? '{}') as SettleOrder;
const runtime = systemRuntime();
const store = await openSqlStore(
  { url: order.url, connections: Math.min(10, order.atOnce + 2), durability: 'warn' },
  { runtime, logger: silentLogger },
);
const book = order.book === null ? null : openSync(order.book, 'a');
const note = (line: string): void => {
  if (book !== null) writeSync(book, `${line}\n`);
};

let readRows = 0;
let donePartitions = 0;
let earlyBytes = 0;

const heapAfterCollection = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

function lookEarly(): void {
  const isDue = order.partitions === 1 ? readRows >= order.rows / 4 : donePartitions >= order.partitions / 10;
  if (earlyBytes === 0 && isDue) earlyBytes = heapAfterCollection();
}

async function ask(): Promise<void> {
  if (order.stubUrl === null) return;
  const answer = await fetch(order.stubUrl, { method: 'POST', body: '{}' });
  await answer.text();
}

async function settle(params: SettleParams, no: number): Promise<void> {
  const run = { runId: order.runId, resumesRunId: null, shardIndex: no, shardTotal: order.partitions };
  const signal = new AbortController().signal;
  for (;;) {
    const counted = countStatements(store);
    const job = countedJob(counted);
    try {
      const given = {
        store: counted.store,
        params,
        run,
        signal,
        runtime,
        logger: silentLogger,
        leaseMs: order.leaseMs,
      };
      const result = await runBatchJob(job, given);
      if (result.status !== 'COMPLETED') throw new Error(`partition ${no} ended ${result.status}`, { cause: result });
      return;
    } catch (error) {
      // The process that was killed holds its partitions until their leases have run out.
      if (!isDaybreakError(error, 'CONFLICT') || !error.retryable) throw error;
      await runtime.sleep(50);
    }
  }
}

/** Notes what the first chunk of an execution took from its launch on. */
function countedJob(counted: ReturnType<typeof countStatements>) {
  let isFirst = true;
  return settleJob(counted.store, {
    concurrency: order.concurrency,
    chunkSize: order.chunkSize,
    onRead(rows) {
      readRows += rows;
      note(`read ${rows}`);
      if (order.partitions === 1) lookEarly();
    },
    onWrite(rows) {
      note(`write ${rows}`);
      if (isFirst) note(`launched ${counted.statements}`);
      isFirst = false;
    },
    ...(order.stubUrl === null ? {} : { call: ask }),
  });
}

const waiting = [...partitionsOf(order.rows, order.partitions).entries()];
async function worker(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    await settle(next[1], next[0]);
    donePartitions += 1;
    if (order.partitions > 1) lookEarly();
  }
}
await Promise.all(Array.from({ length: order.atOnce }, worker));
const peakRssMb = process.resourceUsage().maxRSS / 1024;
const memory: SettleMemory = { peakRssMb, earlyBytes, endBytes: heapAfterCollection() };
await store.close();
process.stdout.write(`${JSON.stringify(memory)}\n`);
