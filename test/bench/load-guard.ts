import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createThrottle } from '../../executor/slice/create-throttle.ts';
import { NO_THROTTLE, type Throttle } from '../../executor/slice/throttle.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { BENCH_SERVER, onServer } from './bench-stores.ts';

export interface Neighbourhood {
  /** The neighbour's 95th percentile for a short read and a short write. */
  readonly neighbourP95Ms: number;
  readonly rowsPerSecond: number;
  /** What the job said of itself at the end. */
  readonly why: string | null;
}

const SLOTS = 8;
const CHUNK = 1_000;
const runtime = systemRuntime();

/** A job of large chunks beside a program of short statements on one server, for so many seconds. */
export async function besideNeighbour(given: {
  readonly seconds: number;
  /** Null: no job at all. */
  readonly job: { readonly roundTripP95Ms: number | null } | null;
}): Promise<Neighbourhood> {
  const database = `daybreak_bench_guard_${process.pid}`;
  await onServer([`drop database if exists ${database}`, `create database ${database}`]);
  const url = `${BENCH_SERVER}/${database}`;
  const store = await openSqlStore({ url, connections: SLOTS, durability: 'warn' }, { runtime, logger: silentLogger });
  try {
    await store.transaction('tables', (tx) =>
      tx.run('create table detail (id bigint primary key, n bigint not null, memo varchar(64) not null) engine=innodb'),
    );
    const stop = new AbortController();
    const limit = given.job?.roundTripP95Ms ?? null;
    const throttle =
      limit === null ? NO_THROTTLE : createThrottle({ store, runtime, loadGuard: { roundTripP95Ms: limit } });
    let rows = 0;
    const done = (count: number): void => {
      rows += count;
    };
    const workers = Array.from({ length: given.job === null ? 0 : SLOTS }, (_, no) =>
      work(store, { no, throttle, signal: stop.signal, done }),
    );
    const neighbour = promisify(execFile)(process.execPath, [
      fileURLToPath(new URL('./processes/neighbour.ts', import.meta.url)),
      url,
      String(given.seconds),
    ]);
    const { stdout } = await neighbour;
    const why = throttle.why;
    stop.abort(new Error('over'));
    await Promise.allSettled(workers);
    const { p95Ms } = JSON.parse(stdout) as { p95Ms: number };
    return { neighbourP95Ms: p95Ms, rowsPerSecond: Math.round(rows / given.seconds), why };
  } finally {
    await store.close();
    await onServer([`drop database ${database}`]);
  }
}

async function work(
  store: SqlStore,
  at: { no: number; throttle: Throttle; signal: AbortSignal; done: (rows: number) => void },
): Promise<void> {
  const { no, throttle, signal, done } = at;
  for (let chunk = 0; !signal.aborted; chunk++) {
    if (no > 0 && no >= throttle.slots(SLOTS)) {
      await runtime.sleep(200, signal);
      continue;
    }
    await throttle.beforeChunk(signal);
    const first = no * 1e9 + chunk * CHUNK;
    await store.transaction('detail', (tx) =>
      tx.insertRows(
        { table: 'detail', columns: ['id', 'n', 'memo'] },
        Array.from({ length: CHUNK }, (_, i) => [first + i, i, `row ${i} of chunk ${chunk}`]),
      ),
    );
    done(CHUNK);
  }
}
