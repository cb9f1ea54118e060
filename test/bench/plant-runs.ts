import { readJob } from '../../scheduler/definition/job-definition.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import type { SqlStore, SqlValue } from '../../shared/sql/sql.ts';

export interface PlantedRuns {
  readonly jobs: number;
  readonly runs: number;
  readonly groups: number;
}

const BATCH = 10_000;
const MINUTE_MS = 60_000;

/**
 * Fills a store with jobs and ended runs, as some months would: by rows alone, so that it takes a minute. One run in a
 * hundred failed, some are late, and the last few are open.
 */
export async function plantRuns(store: SqlStore, size: PlantedRuns): Promise<{ readonly endMs: number }> {
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  const hashes = await plantJobs(store, size);
  const endMs = await store.read('clock', async (db) => db.nowMs);
  const everyMs = (90 * 24 * 60 * MINUTE_MS) / size.runs;
  for (let from = 0; from < size.runs; from += BATCH) {
    const count = Math.min(BATCH, size.runs - from);
    await store.transaction('plant-runs', async (tx) => {
      const fires: SqlValue[][] = [];
      const runs: SqlValue[][] = [];
      for (let n = from; n < from + count; n++) {
        const jobId = 1 + ((n * 7_919) % size.jobs);
        const startMs = Math.round(endMs - (size.runs - n) * everyMs);
        const lateMs = n % 50 === 0 ? 30_000 + (n % 977) : n % 700;
        const tookMs = 500 + ((n * 31) % 90_000);
        const state = n % 100 === 0 ? 'failed' : 'succeeded';
        const date = new Date(startMs).toISOString().slice(0, 10);
        const isOpen = n >= size.runs - 20;
        fires.push([n + 1, jobId, 0, 'cron', String(n), startMs - lateMs, date, 'fired']);
        runs.push([
          ...[n + 1, n + 1, jobId, hashes[jobId - 1] ?? '', groupOf(jobId, size)],
          ...[isOpen ? 'waiting' : state, isOpen ? null : 'ended', 'x', startMs - lateMs, date, startMs],
          isOpen ? null : startMs + tookMs,
        ]);
      }
      await tx.insertRows({ table: 's_fire', columns: FIRE }, fires);
      await tx.insertRows({ table: 's_run', columns: RUN }, runs);
    });
  }
  await store.transaction('plant-open', (tx) =>
    tx.run(
      `insert into s_open_run (run_id, job_id, app_name) select id, job_id, app_name from s_run where state = 'waiting'`,
    ),
  );
  return { endMs };
}

const FIRE = ['id', 'job_id', 'chain_id', 'origin', 'dedup_key', 'planned_at', 'business_date', 'state'];
const RUN = [
  'id',
  'fire_id',
  'job_id',
  'config_hash',
  'app_name',
  'state',
  'reason',
  'param',
  'planned_at',
  'business_date',
  'created_at',
  'ended_at',
];

const groupOf = (jobId: number, { groups }: PlantedRuns): string => `group-${jobId % groups}`;

async function plantJobs(store: SqlStore, size: PlantedRuns): Promise<string[]> {
  const hashes: string[] = [];
  for (let from = 0; from < size.jobs; from += BATCH) {
    await store.transaction('plant-jobs', async (tx) => {
      const heads: SqlValue[][] = [];
      const versions: SqlValue[][] = [];
      for (let id = from + 1; id <= Math.min(size.jobs, from + BATCH); id++) {
        const job = readJob({
          id,
          name: `job-${String(id).padStart(6, '0')}`,
          title: `The ${id}th thing to do`,
          owner: `owner-${id % 37}`,
          tags: [`tag-${id % 11}`],
          handler: `handler-${id % 100}`,
          group: groupOf(id, size),
          route: 'ROUND',
          schedule: { kind: 'cron', dialect: 'quartz', text: `0 ${id % 60} ${id % 24} * * ?`, zone: 'Asia/Shanghai' },
        });
        hashes.push(job.configHash);
        heads.push([id, job.name, 1, job.configHash, 1, tx.nowMs]);
        versions.push([id, job.configHash, 1, JSON.stringify(job), tx.nowMs]);
      }
      const head = ['id', 'name', 'version', 'config_hash', 'enabled', 'updated_at'];
      await tx.insertRows({ table: 's_job', columns: head }, heads);
      const version = ['job_id', 'config_hash', 'version', 'definition', 'created_at'];
      await tx.insertRows({ table: 's_job_version', columns: version }, versions);
      const next = ['job_id', 'chain_id', 'chain_run_id', 'config_hash', 'next_at'];
      const instants = heads.map(([id, , , hash]) => [id ?? 0, 0, 0, hash ?? '', tx.nowMs + MINUTE_MS * Number(id)]);
      await tx.insertRows({ table: 's_schedule', columns: next }, instants);
    });
  }
  return hashes;
}
