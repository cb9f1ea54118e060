import { Type } from 'typebox';
import type { SqlReader, SqlStore } from '../../shared/sql/sql.ts';
import type { Inspections } from './inspections.ts';
import { PAGE_DEFAULT, PAGE_PARAMS, pageOf, paramsReader } from './read-params.ts';

const readParams = paramsReader(
  Type.Object({ ...PAGE_PARAMS, runId: Type.Integer({ minimum: 1 }), sinceMs: Type.Integer({ minimum: 0 }) }),
);

/** So many instances that began since the run are looked through: no index knows of whose run they are. */
const LOOKED_AT_MAX = 50_000;

/**
 * What people may ask of batch jobs whose checkpoints lie in this store. An executor that was given a store answers so by
 * itself; one whose batch jobs have another says `createExecutor({ inspections: batchInspections(store) })`.
 */
export const batchInspections = (store: SqlStore): Inspections => ({
  'run.steps': (params) => listSteps(store, params),
});

interface StepRow {
  readonly instanceId: number;
  readonly job: string;
  readonly params: string;
  readonly status: string;
  readonly executions: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly message: string | null;
  readonly step: string | null;
  readonly state: string | null;
  readonly read: number | null;
  readonly written: number | null;
  readonly filtered: number | null;
  readonly skipped: number | null;
  readonly commits: number | null;
  readonly updatedAt: number | null;
}

/** Steps of the batch jobs that ran with `run: ctx` in this run or one that it resumes: one line per shard and step. */
async function listSteps(store: SqlStore, given: Readonly<Record<string, unknown>>) {
  const { runId, sinceMs, limit = PAGE_DEFAULT, after } = readParams(given);
  const [afterInstance = 0, shown = 0] = (after ?? '0:0').split(':').map(Number);
  return store.read('list-batch-steps', async (db) => {
    const from = Math.max(await firstInstanceSince(db, sinceMs), afterInstance);
    const rows = await db.all<StepRow>(
      `select i.id as instanceId, i.job, i.params, i.status, i.epoch as executions, e.ended_at as endedAt, e.message,
         (select min(f.started_at) from batch_execution f where f.instance_id = i.id) as startedAt,
         s.step, s.state, s.read_count as "read", s.written_count as written, s.filtered_count as filtered,
         s.skipped_read + s.skipped_process + s.skipped_write as skipped, s.commits, s.updated_at as updatedAt
         from batch_instance i join batch_execution e on e.instance_id = i.id and e.epoch = i.epoch
         left join batch_step s on s.instance_id = i.id
        where i.id >= ? and i.id < ? and instr(i.params, ?) > 0 order by i.id, s.step limit ${limit + shown + 1}`,
      [from, from + LOOKED_AT_MAX, `"$run":${runId},`],
    );
    // A page may end in the middle of an instance: the cursor says how many of its steps were shown.
    const rest = rows.slice(rows[0]?.instanceId === afterInstance ? shown : 0);
    const countBefore = new Map<number, number>();
    const counted = rest.map((row) => {
      const before = countBefore.get(row.instanceId) ?? (row.instanceId === afterInstance ? shown : 0);
      countBefore.set(row.instanceId, before + 1);
      return { row, no: before + 1 };
    });
    return pageOf(counted, limit, {
      item: ({ row }) => lineOf(row),
      cursor: ({ row, no }) => `${row.instanceId}:${no}`,
    });
  });
}

/** Ids follow time, so halving finds the first where no index has the time. */
async function firstInstanceSince(db: SqlReader, atMs: number): Promise<number> {
  const ends = await db.get<{ low: number | null; high: number | null }>(
    'select min(id) as low, max(id) as high from batch_instance',
  );
  let [low, high] = [ends?.low ?? 0, (ends?.high ?? 0) + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await db.get<{ id: number; createdAt: number }>(
      'select id, created_at as createdAt from batch_instance where id >= ? order by id limit 1',
      [middle],
    );
    if (row === null || row.createdAt >= atMs) high = middle;
    else low = row.id + 1;
  }
  return low;
}

function lineOf(row: StepRow) {
  const { $shard } = JSON.parse(row.params) as { $shard?: string };
  const [index = 0, total = 1] = ($shard ?? '0/1').split('/').map(Number);
  return {
    instanceId: row.instanceId,
    batchJob: row.job,
    shardIndex: index,
    shardTotal: total,
    status: row.status,
    executions: row.executions,
    startedAtMs: row.startedAt,
    endedAtMs: row.endedAt,
    message: row.message === null ? null : row.message.slice(0, 1_000),
    step: row.step,
    stepState: row.state,
    read: row.read ?? 0,
    written: row.written ?? 0,
    filtered: row.filtered ?? 0,
    skipped: row.skipped ?? 0,
    commits: row.commits ?? 0,
    updatedAtMs: row.updatedAt,
  };
}
