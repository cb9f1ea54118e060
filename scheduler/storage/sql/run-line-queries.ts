import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { RerunShard } from '../../run/rerun-rules.ts';

/**
 * The run whose work a run goes on with: the first of its line of resumed runs, under whose id the executors keep what was
 * done and how far it came. Null for a run that resumes none.
 */
export async function resumedRunId(
  db: SqlReader,
  run: { readonly id: number; readonly rerunOf: number | null },
): Promise<number | null> {
  // Most runs repeat none.
  if (run.rerunOf === null) return null;
  let first: number | null = null;
  for (let runId = run.id; ; ) {
    const row = await db.get<{ rerunOf: number | null; kind: string | null }>(
      `select rerun_of as rerunOf, rerun_kind as kind from s_run where id = ?`,
      [runId],
    );
    if (row?.kind !== 'resume' || row.rerunOf === null) return first;
    first = row.rerunOf;
    runId = row.rerunOf;
  }
}

/** Open runs that go on with this one's work, oldest first (index s_open_run_job). */
export async function openResumersOf(
  db: SqlReader,
  run: { readonly id: number; readonly jobId: number },
): Promise<number[]> {
  const rows = await db.all<{ id: number; rerunOf: number | null }>(
    `select r.id, r.rerun_of as rerunOf from s_open_run o join s_run r on r.id = o.run_id
      where o.job_id = ? and r.rerun_kind = 'resume' order by r.id`,
    [run.jobId],
  );
  const resumers: number[] = [];
  for (const row of rows) if ((await resumedRunId(db, row)) === run.id) resumers.push(row.id);
  return resumers;
}

export interface RunOrigin {
  readonly kind: string;
  /** Who asked for it; null when nobody did by name. */
  readonly by: string | null;
  /** The run that this one repeats, and how. */
  readonly rerunOf: number | null;
  readonly rerunKind: 'all' | 'failed' | 'resume' | null;
}

export async function originOfRun(db: SqlReader, runId: number): Promise<RunOrigin> {
  const row = await db.get<Omit<RunOrigin, 'by'> & { askedBy: string | null }>(
    `select f.origin as kind, f.asked_by as askedBy, r.rerun_of as rerunOf, r.rerun_kind as rerunKind
       from s_run r join s_fire f on f.id = r.fire_id where r.id = ?`,
    [runId],
  );
  if (row === null) throw new Error(`run ${runId} has no fire`);
  const { askedBy, ...origin } = row;
  return { ...origin, by: askedBy };
}

export async function insertRerunShards(
  tx: SqlTx,
  { runId, fromRunId }: { readonly runId: number; readonly fromRunId: number },
  shards: readonly RerunShard[],
): Promise<void> {
  await tx.insertRows(
    {
      table: 's_shard',
      columns: [
        'run_id',
        'shard_index',
        'state',
        'home_executor_id',
        'ready_at',
        'code',
        'reason',
        'result',
        'ended_at',
      ],
    },
    shards.map((shard) => {
      const done = shard.state === 'succeeded';
      return [
        runId,
        shard.index,
        shard.state,
        shard.homeExecutorId,
        shard.readyAtMs,
        shard.code,
        done ? `as in run ${fromRunId}` : null,
        shard.result,
        done ? tx.nowMs : null,
      ];
    }),
  );
}
