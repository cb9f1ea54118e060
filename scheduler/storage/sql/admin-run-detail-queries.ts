import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { RunState } from '../../run/run-transitions.ts';

// What stands on the page of one run beside its line.

export async function runExtras(
  db: SqlReader,
  runId: number,
): Promise<{ codeVersion: string | null; jobVersion: number | null } | null> {
  return db.get(
    `select r.code_version as codeVersion,
       (select v.version from s_job_version v where v.job_id = r.job_id and v.config_hash = r.config_hash) as jobVersion
      from s_run r where r.id = ?`,
    [runId],
  );
}

export interface RelatedRow {
  readonly runId: number;
  readonly job: string;
  readonly appName: string;
  readonly state: RunState;
  readonly because: string;
}

/** What it was fired by, and what it fired. */
export async function relatedRuns(db: SqlReader, runId: number, which: 'parents' | 'children'): Promise<RelatedRow[]> {
  const [own, other] = which === 'parents' ? ['child_run_id', 'parent_run_id'] : ['parent_run_id', 'child_run_id'];
  return db.all(
    `select r.id as runId, j.name as job, r.app_name as appName, r.state, l.because from s_child_link l
       join s_run r on r.id = l.${other} join s_job j on j.id = r.job_id where l.${own} = ? order by r.id limit 200`,
    [runId],
  );
}

export interface LineageRow {
  readonly runId: number;
  readonly rerunOf: number | null;
  readonly kind: 'all' | 'failed' | 'resume' | null;
  readonly state: RunState;
}

/** Runs that repeat one another: the first, and those that repeat it, at most so many (index s_run_rerun). */
export async function lineageOf(db: SqlReader, runId: number, limit = 100): Promise<LineageRow[]> {
  const read = (id: number) =>
    db.get<LineageRow>(`select id as runId, rerun_of as rerunOf, rerun_kind as kind, state from s_run where id = ?`, [
      id,
    ]);
  let first = await read(runId);
  for (let steps = 0; first?.rerunOf != null && steps < limit; steps++) first = (await read(first.rerunOf)) ?? first;
  if (first === null) return [];
  const line: LineageRow[] = [first];
  for (let at = 0; at < line.length && line.length < limit; at++) {
    const rows = await db.all<LineageRow>(
      `select id as runId, rerun_of as rerunOf, rerun_kind as kind, state from s_run where rerun_of = ? order by id`,
      [line[at]?.runId ?? 0],
    );
    line.push(...rows);
  }
  return line.slice(0, limit);
}

export interface ShardPageRow {
  readonly shardIndex: number;
  readonly state: 'ready' | 'sent' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly reason: string | null;
  readonly result: string | null;
  readonly endedAt: number | null;
}

/** In index order, after an index (primary key). */
export async function shardPage(
  db: SqlReader,
  which: { readonly runId: number; readonly afterIndex: number; readonly state?: string; readonly limit: number },
): Promise<ShardPageRow[]> {
  const state = which.state === undefined ? '' : ' and state = ?';
  return db.all(
    `select shard_index as shardIndex, state, reason, result, ended_at as endedAt from s_shard
      where run_id = ? and shard_index > ?${state} order by shard_index limit ${Math.trunc(which.limit)}`,
    [which.runId, which.afterIndex, ...(which.state === undefined ? [] : [which.state])],
  );
}

export async function countShardStates(db: SqlReader, runId: number): Promise<Record<string, number>> {
  const rows = await db.all<{ state: string; n: number }>(
    `select state, count(*) as n from s_shard where run_id = ? and shard_index >= 0 group by state`,
    [runId],
  );
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}

export interface AttemptPageRow {
  readonly id: number;
  readonly shardIndex: number;
  readonly no: number;
  readonly executorId: number;
  readonly address: string;
  readonly state: 'sent' | 'running' | 'succeeded' | 'failed' | 'refused' | 'lost' | 'cancelled';
  readonly reason: string | null;
  readonly sentAt: number;
  readonly acceptedAt: number | null;
  readonly endedAt: number | null;
  readonly sends: number;
}
const ATTEMPT = `select id, shard_index as shardIndex, no, executor_id as executorId, address, state, reason, sent_at as sentAt,
    nullif(accepted_at, 0) as acceptedAt, ended_at as endedAt, sends from s_attempt`;

/** Of some shards of a run (unique key run_id, shard_index, no). */
export async function attemptsOfShards(
  db: SqlReader,
  runId: number,
  indexes: readonly number[],
): Promise<AttemptPageRow[]> {
  if (indexes.length === 0) return [];
  return db.all(`${ATTEMPT} where run_id = ? and shard_index in (${marks(indexes)}) order by shard_index, no`, [
    runId,
    ...indexes,
  ]);
}

/** The newest attempts of a run. */
export async function newestAttempts(db: SqlReader, runId: number, limit: number): Promise<AttemptPageRow[]> {
  return db.all(`${ATTEMPT} where run_id = ? order by id desc limit ${Math.trunc(limit)}`, [runId]);
}

const marks = (list: readonly unknown[]): string => list.map(() => '?').join(', ');
