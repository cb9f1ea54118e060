import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../scheduler/definition/read-definitions.ts';
import { storeDefinitions } from '../../scheduler/firing/store-definitions.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { givenContext } from '../support/given-scheduler-context.ts';
import { BENCH_SERVER, onServer } from './bench-stores.ts';
import { processorSeconds, serverPids } from './processor-time.ts';

const TOKEN = 'bench-access-token-0123456789-abcdefghij';

/** Two schedulers and three executors, each a process, on a MariaDB database of their own. */
export interface FiringCluster {
  readonly store: SqlStore;
  define(jobs: readonly JobDefinition[]): Promise<void>;
  /** The store's clock. */
  nowMs(): Promise<number>;
  /** Processor seconds so far of schedulers, executors and database server. */
  processor(): Map<string, number>;
  /** kill -9 of the first scheduler. */
  killScheduler(): void;
  /** Waits until nothing is planned or still to be planned, and no run is open. */
  settled(): Promise<void>;
  /** Ends the executors, and gives what they counted. */
  endExecutors(): Promise<Counted>;
  /** Ends what is left. */
  end(): Promise<void>;
}

export interface Counted {
  /** How often handlers ran, and for how many attempts. */
  runs: number;
  attempts: number;
  /** How late they began, by planned instant, ms; by the machine's clock, which is the store's as well. */
  readonly began: Map<number, number[]>;
}

const SCHEDULERS = 2;
const EXECUTORS = 3;
let made = 0;

export async function openFiringCluster(): Promise<FiringCluster> {
  const name = `daybreak_bench_firing_${process.pid}_${++made}`;
  await onServer([`drop database if exists ${name}`, `create database ${name}`]);
  const url = `${BENCH_SERVER}/${name}`;
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-bench-'));
  const runtime = systemRuntime();
  const store = await openSqlStore({ url, durability: 'warn' }, { runtime, logger: silentLogger });
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  const schedulers: ChildProcess[] = [];
  const urls: string[] = [];
  for (let n = 0; n < SCHEDULERS; n++) {
    const child = start('firing-scheduler.ts', [url, TOKEN]);
    schedulers.push(child);
    urls.push(await firstLine(child));
  }
  const ctx = givenContext(store);
  // A group that a job names may register.
  await storeDefinitions(ctx, { calendars: [], ...readDefinitions([benchJob(1, { enabled: false })], []) });
  const executors: ChildProcess[] = [];
  for (let n = 0; n < EXECUTORS; n++) {
    const child = start('firing-executor.ts', [urls.join(','), TOKEN, join(dir, `executor-${n}`)]);
    executors.push(child);
    await firstLine(child);
  }
  const pids = new Map([
    ['schedulers', pidsOf(schedulers)],
    ['executors', pidsOf(executors)],
    ['database', await serverPids()],
  ]);
  return {
    store,
    processor: () => processorSeconds(pids),
    define: (jobs) => storeDefinitions(ctx, { calendars: [], ...readDefinitions(jobs, []) }),
    nowMs: () => store.read('now', async (db) => db.nowMs),
    killScheduler: () => void schedulers[0]?.kill('SIGKILL'),
    async settled() {
      for (;;) {
        const open = await store.read('open', (db) =>
          db.get<{ n: number }>(
            `select (select count(*) from s_schedule where next_at is not null) + (select count(*) from s_planned_fire)
               + (select count(*) from s_open_run) as n`,
          ),
        );
        if (open?.n === 0) return;
        await sleep(250);
      }
    },
    endExecutors: () => endExecutors(executors),
    async end() {
      await endExecutors(executors);
      for (const child of schedulers) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await store.close();
      await onServer([`drop database if exists ${name}`]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function endExecutors(executors: ChildProcess[]): Promise<Counted> {
  const counted: Counted = { runs: 0, attempts: 0, began: new Map() };
  for (const child of executors.splice(0)) {
    const last = firstLine(child);
    child.kill('SIGTERM');
    const told = JSON.parse(await last) as { runs: number; attempts: number; began: [number, number[]][] };
    counted.runs += told.runs;
    counted.attempts += told.attempts;
    for (const [atMs, late] of told.began) counted.began.set(atMs, [...(counted.began.get(atMs) ?? []), ...late]);
  }
  return counted;
}

/** A job of the executors' group. */
export const benchJob = (id: number, more: Partial<JobDefinition> = {}): JobDefinition => ({
  id,
  name: `job-${id}`,
  handler: 'work',
  group: 'bench',
  route: 'ROUND',
  block: 'PARALLEL',
  ...more,
});

const pidsOf = (children: readonly ChildProcess[]): number[] =>
  children.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));

function start(file: string, args: readonly string[]): ChildProcess {
  // Whatever becomes of the bench, nothing of it is left running.
  const path = new URL(`./processes/${file}`, import.meta.url).pathname;
  const profile = process.env.DAYBREAK_BENCH_PROFILE;
  const node = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = spawn(process.execPath, [...node, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
  process.setMaxListeners(50);
  child.once('exit', () => process.removeListener('exit', end));
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('a process without an output');
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => String(text)),
    once(child, 'exit').then(([code]) => {
      throw new Error(`a process of the bench ended with ${code}`);
    }),
  ]);
  lines.close();
  return line;
}
