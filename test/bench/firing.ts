import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { benchJob, type FiringCluster, openFiringCluster } from './firing-cluster.ts';

/** How late attempts were taken by their executors, by the store's clock, and whether each planned instant was one run. */
export interface FiringFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly fires: number;
  readonly lost: number;
  readonly doubled: number;
  /** How late handlers began; null: not measured. */
  readonly begun: { readonly p50Ms: number; readonly p99Ms: number } | null;
  /** Processor time until the last attempt was taken, by who used it, in microseconds for one fire; empty: not measured. */
  readonly microsPerFire: ReadonlyMap<string, number>;
}

/** Time to store the definition of one of many jobs, on a machine that has other things to do. */
const DEFINE_MS = 2;
/** From the last definition to the first instant: some ticks of the planner. */
const LEAD_MS = 6_000;
/**
 * So many fires go before, and are not counted: processes that have just been started run code that is not compiled yet,
 * and no connection is open. Schedulers run for weeks.
 */
const WARM_JOBS = 1_000;
const WARM_MS = 8_000;

/** So many jobs that are due at one instant. */
export async function measureBurst(jobs: number): Promise<FiringFigures> {
  const cluster = await openFiringCluster();
  try {
    const warmAtMs = Math.ceil((await cluster.nowMs()) / 1_000) * 1_000 + LEAD_MS + jobs * DEFINE_MS;
    const atMs = warmAtMs + WARM_MS;
    const once = (i: number) => ({ kind: 'one_off', atMs: i < jobs ? atMs : warmAtMs }) as const;
    const all = Array.from({ length: jobs + WARM_JOBS }, (_, i) => benchJob(i + 2, { schedule: once(i) }));
    await cluster.define(all);
    const leftMs = atMs - (await cluster.nowMs());
    if (leftMs < WARM_MS + LEAD_MS / 2)
      throw new Error(`${all.length} definitions took too long: ${leftMs} ms were left`);
    await sleep(leftMs - JUST_BEFORE_MS);
    const used = watchProcessor(cluster);
    // A profile counts microseconds on this clock.
    if (process.env.DAYBREAK_BENCH_PROFILE) process.stderr.write(`T ${process.hrtime.bigint() / 1_000n}\n`);
    await cluster.settled();
    used.stop();
    const figures = await figuresOf(cluster.store, { wanted: jobs, atMs });
    const { began, runs, attempts } = await cluster.endExecutors();
    const late = (began.get(atMs) ?? []).sort((a, b) => a - b);
    return {
      ...figures,
      // One attempt that ran twice is a double that the store does not see.
      doubled: figures.doubled + runs - attempts,
      begun: { p50Ms: at(late, 0.5), p99Ms: at(late, 0.99) },
      microsPerFire: used.perFire(figures, atMs),
    };
  } finally {
    await cluster.end();
  }
}

// The look at the processes' time begins just before the instant, and is taken again this often.
const JUST_BEFORE_MS = 50;
const LOOK_EVERY_MS = 20;

/** Looks at the processes while the burst is on: how much time they had used at each moment. */
function watchProcessor(cluster: FiringCluster) {
  const looks: { readonly atMs: number; readonly used: ReadonlyMap<string, number> }[] = [];
  const look = () => looks.push({ atMs: Date.now(), used: cluster.processor() });
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    stop: () => clearInterval(timer),
    perFire({ maxMs, fires }: FiringFigures, atMs: number): ReadonlyMap<string, number> {
      const [first] = looks;
      const last = looks.find((one) => one.atMs >= atMs + maxMs) ?? looks.at(-1);
      const micros = (name: string) => ((last?.used.get(name) ?? 0) - (first?.used.get(name) ?? 0)) * (1e6 / fires);
      return new Map([...(first?.used.keys() ?? [])].map((name) => [name, Math.round(micros(name))]));
    },
  };
}

/** One job, with nothing else to do, several times. */
export async function measureIdle(times: number): Promise<FiringFigures> {
  const cluster = await openFiringCluster();
  try {
    await cluster.define([benchJob(2, { schedule: { kind: 'fixed_rate', everyMs: 1_370 } })]);
    await sleep(times * 1_370);
    await cluster.define([benchJob(2, { schedule: { kind: 'none' } })]);
    await cluster.settled();
    return await figuresOf(cluster.store);
  } finally {
    await cluster.end();
  }
}

/** So many jobs every five seconds; in the middle one of the schedulers is killed. */
export async function measureKilled(jobs: number, seconds: number): Promise<FiringFigures> {
  const cluster = await openFiringCluster();
  try {
    const everyMs = 5_000;
    await cluster.define(
      Array.from({ length: jobs }, (_, i) => benchJob(i + 2, { schedule: { kind: 'fixed_rate', everyMs } })),
    );
    await sleep((seconds * 1_000) / 2);
    cluster.killScheduler();
    await sleep((seconds * 1_000) / 2);
    await cluster.store.transaction('stop', (tx) => tx.run('delete from s_schedule'));
    await cluster.settled();
    const figures = await figuresOf(cluster.store);
    return { ...figures, lost: figures.lost + (await brokenBeats(cluster.store, everyMs)) };
  } finally {
    await cluster.end();
  }
}

/**
 * @param of the instant that counts and how many fires it should have; default: every instant, and as many as have fires,
 * whose beat is looked at by itself
 */
async function figuresOf(store: SqlStore, of?: { wanted: number; atMs: number }): Promise<FiringFigures> {
  const only = (column: string) => (of === undefined ? '1 = 1' : `${column} = ${of.atMs}`);
  return store.read('figures', async (db) => {
    // One whose result was there before its executor's word was taken by then at the latest.
    const rows = await db.all<{ lateMs: number }>(
      `select coalesce(nullif(a.accepted_at, 0), a.ended_at) - r.planned_at as lateMs
         from s_run r join s_attempt a on a.run_id = r.id and a.no = 1
        where coalesce(nullif(a.accepted_at, 0), a.ended_at) is not null and ${only('r.planned_at')} order by lateMs`,
    );
    const late = rows.map(({ lateMs }) => lateMs);
    const one = async (sql: string) => Number((await db.get<{ n: number }>(sql))?.n ?? 0);
    const fired = await one(`select count(*) as n from s_fire where state = 'fired' and ${only('planned_at')}`);
    const succeeded = await one(`select count(*) as n from s_run where state = 'succeeded' and ${only('planned_at')}`);
    const doubled = await one(
      `select count(*) as n from (select job_id, planned_at from s_run group by job_id, planned_at having count(*) > 1) as d`,
    );
    const again = await one('select count(*) as n from s_attempt where no > 1');
    return {
      p50Ms: at(late, 0.5),
      p99Ms: at(late, 0.99),
      maxMs: late.at(-1) ?? Number.NaN,
      fires: fired,
      lost: (of?.wanted ?? fired) - succeeded,
      doubled: doubled + again,
      begun: null,
      microsPerFire: new Map(),
    };
  });
}

const at = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

/** Instants of a beat that have no fire: between the first and the last of each job there is one every so much. */
async function brokenBeats(store: SqlStore, everyMs: number): Promise<number> {
  const rows = await store.read('beats', (db) =>
    db.all<{ missing: number }>(
      `select (max(planned_at) - min(planned_at)) / ${everyMs} + 1 - count(*) as missing from s_fire group by job_id`,
    ),
  );
  return rows.reduce((sum, { missing }) => sum + Math.abs(Number(missing)), 0);
}
