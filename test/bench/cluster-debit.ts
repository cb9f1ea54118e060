import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { spawnGatewaySimulator } from '../../executor/examples/settlement/gateway-simulator/spawn-gateway-simulator.ts';
import { createBenchStores, onServer } from './bench-stores.ts';
import { debitOnce } from './compare-floor.ts';
import { BATCH_DEBITS, BENCH_RUNS } from './debit-run.ts';
import { median } from './figures.ts';

const EXECUTOR = fileURLToPath(new URL('./processes/debit-executor.ts', import.meta.url));
const KEY = 'bench-key';

export interface ClusterComparison {
  readonly lines: number;
  /** Seconds of each repetition. */
  readonly floor: readonly number[];
  readonly byExecutors: ReadonlyMap<number, readonly number[]>;
  /** By the number of executors: transactions that were run again after a deadlock or a lock wait, of all repetitions. */
  readonly repeated: ReadonlyMap<number, number>;
}

/**
 * The hand-written loop in one process, then the engine in one executor process and in several, in turns, each on a
 * fresh copy of one store on MariaDB and against one gateway in a process of its own. The processes share the store, the
 * slices and the gateway's rate as those of a cluster do; the clock runs from freezing to the last item of both legs.
 */
export async function compareClusters(options: {
  readonly contracts: number;
  readonly repetitions: number;
  readonly executors: readonly number[];
}): Promise<ClusterComparison> {
  const stores = await createBenchStores('mysql', options.contracts);
  const gateway = await spawnGatewaySimulator({
    books: '',
    key: KEY,
    durability: 'none',
    capabilities: { batchMax: BATCH_DEBITS, maxRequestsPerSecond: 10_000 },
  });
  const floor: number[] = [];
  const byExecutors = new Map<number, number[]>(options.executors.map((count) => [count, []]));
  const repeated = new Map<number, number>();
  try {
    for (let n = 0; n < options.repetitions; n += 1) {
      const place = { storeUrl: await stores.next(), gatewayUrl: gateway.url, nodeArgs: [] };
      floor.push((await debitOnce('floor', place)).seconds);
      for (const [count, seconds] of byExecutors) {
        const done = await debitBy(count, { storeUrl: await stores.next(), gatewayUrl: gateway.url });
        seconds.push(done.seconds);
        repeated.set(count, (repeated.get(count) ?? 0) + done.repeated);
      }
    }
  } finally {
    await gateway.close();
    await stores.remove();
  }
  return { lines: options.contracts * 2, floor, byExecutors, repeated };
}

export const ratioTo = (comparison: ClusterComparison, executors: number): number =>
  median(comparison.floor) / median(comparison.byExecutors.get(executors) ?? []);

async function debitBy(
  executors: number,
  place: { storeUrl: string; gatewayUrl: string },
): Promise<{ readonly seconds: number; readonly repeated: number }> {
  const children = Array.from({ length: executors }, (_, index) =>
    fork(EXECUTOR, [place.storeUrl, place.gatewayUrl, String(index), String(executors)], {
      env: { ...process.env, DAYBREAK_GATEWAY_KEY: KEY },
    }),
  );
  await Promise.all(children.map((child) => answerOf(child)));
  const startedMs = performance.now();
  // A principal follows its premium: the legs come one after the other, as the chain has them.
  for (const leg of Object.keys(BENCH_RUNS)) await Promise.all(children.map((child) => ask(child, leg)));
  const seconds = (performance.now() - startedMs) / 1_000;
  await assertAllSettled(place.storeUrl);
  const ends = await Promise.all(
    children.map(async (child) => {
      const exited = once(child, 'exit');
      const repeated = await ask(child, 'end');
      await exited;
      return repeated;
    }),
  );
  return { seconds, repeated: ends.reduce((sum, repeated) => sum + repeated, 0) };
}

function ask(child: ChildProcess, what: string): Promise<number> {
  child.send(what);
  return answerOf(child);
}

/** What it says: how many transactions it has run again so far. */
async function answerOf(child: ChildProcess): Promise<number> {
  const ending = new AbortController();
  const gone = once(child, 'exit', { signal: ending.signal }).then(([code]) => {
    throw new Error(`an executor of the bench ended with ${code}`);
  });
  try {
    const [{ repeated }] = await Promise.race([once(child, 'message', { signal: ending.signal }), gone]);
    return repeated as number;
  } finally {
    ending.abort();
    gone.catch(() => undefined);
  }
}

/** A ratio of a run that left something out would say nothing. */
async function assertAllSettled(storeUrl: string): Promise<void> {
  const { pathname } = new URL(storeUrl);
  const database = pathname.slice(1);
  const open = `select 1 / (1 - (select count(*) > 0 from ${database}.item where state <> 'SUCCESS')) as fine`;
  await onServer([
    `set sql_mode = 'ERROR_FOR_DIVISION_BY_ZERO,STRICT_ALL_TABLES'`,
    `do (${open.replace(' as fine', '')})`,
  ]);
}
