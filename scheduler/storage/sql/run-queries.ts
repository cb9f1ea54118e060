import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { WaitsFor } from '../../run/judge-waiting.ts';
import type { RunState } from '../../run/run-transitions.ts';

/** all: anew. failed: only the shards that did not succeed. resume: those, at their checkpoints. */
export type RerunKind = 'all' | 'failed' | 'resume';

export interface RunRow {
  readonly id: number;
  readonly fireId: number;
  readonly jobId: number;
  readonly chainRunId: number | null;
  readonly configHash: string;
  readonly state: RunState;
  /** While it waits: for what. */
  readonly waitsFor: WaitsFor | null;
  readonly rerunOf: number | null;
  readonly reason: string | null;
  readonly param: string;
  readonly plannedAt: number;
  readonly businessDate: string;
  readonly shardTotal: number | null;
  readonly createdAt: number;
  readonly dispatchedAt: number | null;
  readonly settledAt: number | null;
  readonly endedAt: number | null;
  readonly sliceCount: number | null;
  readonly manifest: string | null;
  readonly slicesTold: number;
  readonly totalsTold: string | null;
  readonly mismatch: string | null;
}

const COLUMNS = `id, fire_id as fireId, job_id as jobId, chain_run_id as chainRunId, config_hash as configHash,
  state, waits_for as waitsFor, rerun_of as rerunOf, reason, param, planned_at as plannedAt, business_date as businessDate, shard_total as shardTotal,
  created_at as createdAt, dispatched_at as dispatchedAt, settled_at as settledAt, ended_at as endedAt,
  slice_count as sliceCount, manifest, slices_told as slicesTold, totals_told as totalsTold, mismatch`;

/**
 * Locks a run. Everything that changes a run or one of its shards does this FIRST, before any read: two shards that end
 * at the same moment are then counted one after the other (a plain count sees one of them open, twice).
 */
export async function lockRun(tx: SqlTx, runId: number): Promise<RunRow | null> {
  return tx.get(`select ${COLUMNS} from s_run where id = ?${tx.forUpdate}`, [runId]);
}

/** The same, or null also when somebody else has it just now: for bodies that every scheduler runs. */
export async function pickRun(tx: SqlTx, runId: number): Promise<RunRow | null> {
  return tx.get(`select ${COLUMNS} from s_run where id = ?${tx.forUpdateSkipLocked}`, [runId]);
}

export async function runByFire(db: SqlReader, fireId: number): Promise<RunRow | null> {
  return db.get(`select ${COLUMNS} from s_run where fire_id = ?`, [fireId]);
}

export async function runById(db: SqlReader, runId: number): Promise<RunRow | null> {
  return db.get(`select ${COLUMNS} from s_run where id = ?`, [runId]);
}

/** Runs of a chain run in the order in which they were made (index s_run_chain). */
export async function runsOfChainRun(db: SqlReader, chainRunId: number): Promise<RunRow[]> {
  return db.all(`select ${COLUMNS} from s_run where chain_run_id = ? order by id`, [chainRunId]);
}

export interface NewRun {
  readonly fireId: number;
  readonly jobId: number;
  readonly chainRunId: number | null;
  readonly configHash: string;
  readonly codeVersion: string | null;
  readonly param: string;
  readonly plannedAt: number;
  readonly businessDate: string;
  readonly group: string;
  readonly priority: number;
  readonly rerunOf: { readonly runId: number; readonly kind: RerunKind } | null;
}

export async function insertRun(tx: SqlTx, run: NewRun): Promise<number> {
  const id = await tx.insertReturningId(
    `insert into s_run (fire_id, job_id, chain_run_id, config_hash, code_version, state, param, planned_at,
       business_date, priority, rerun_of, rerun_kind, app_name, created_at)
     values (?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      run.fireId,
      run.jobId,
      run.chainRunId,
      run.configHash,
      run.codeVersion,
      run.param,
      run.plannedAt,
      run.businessDate,
      run.priority,
      run.rerunOf?.runId ?? null,
      run.rerunOf?.kind ?? null,
      run.group,
      tx.nowMs,
    ],
  );
  await tx.run(`insert into s_open_run (run_id, job_id, chain_run_id, app_name, priority) values (?, ?, ?, ?, ?)`, [
    id,
    run.jobId,
    run.chainRunId,
    run.group,
    run.priority,
  ]);
  return id;
}

export interface RunMove {
  readonly runId: number;
  readonly from: RunState;
  readonly to: RunState;
  readonly reason: string | null;
  readonly ended: boolean;
}

/** Guarded by the state that the decision was made on; false: it is not in that state any more. */
export async function moveRun(tx: SqlTx, move: RunMove): Promise<boolean> {
  const { nowMs } = tx;
  const dispatched = move.to === 'dispatched' || (move.to === 'succeeded' && move.from === 'running');
  const moved = await tx.run(
    `update s_run set state = ?, waits_for = null, reason = coalesce(?, reason),
       dispatched_at = coalesce(dispatched_at, ?), settled_at = coalesce(settled_at, ?), ended_at = ?
      where id = ? and state = ?`,
    [
      move.to,
      move.reason,
      dispatched ? nowMs : null,
      move.to === 'succeeded' ? nowMs : null,
      move.ended ? nowMs : null,
      move.runId,
      move.from,
    ],
  );
  if (moved === 1 && move.ended) await tx.run(`delete from s_open_run where run_id = ?`, [move.runId]);
  return moved === 1;
}

export async function setRunSplit(tx: SqlTx, runId: number, shardTotal: number): Promise<void> {
  await tx.run(`update s_run set shard_total = ?, reason = null where id = ?`, [shardTotal, runId]);
}

export interface OpenRunRow {
  readonly runId: number;
  readonly jobId: number;
  readonly chainRunId: number | null;
  readonly appName: string;
  readonly state: RunState;
}

export async function openRuns(db: SqlReader): Promise<OpenRunRow[]> {
  return db.all(
    `select o.run_id as runId, o.job_id as jobId, o.chain_run_id as chainRunId, o.app_name as appName, r.state
       from s_open_run o join s_run r on r.id = o.run_id order by o.run_id`,
  );
}

/** How many open runs are in each state, for the gauge. */
export function openRunCounts(db: SqlReader): Promise<{ state: RunState; n: number }[]> {
  return db.all(`select r.state, count(*) as n from s_open_run o join s_run r on r.id = o.run_id group by r.state`);
}

export async function countOpenRunsOfChainRun(db: SqlReader, chainRunId: number): Promise<number> {
  const row = await db.get<{ open: number }>(`select count(*) as open from s_open_run where chain_run_id = ?`, [
    chainRunId,
  ]);
  return row?.open ?? 0;
}

/** Written once per parent run and edge; the same again changes nothing. */
export async function insertChildLink(
  tx: SqlTx,
  link: { parentRunId: number; edge: string; childRunId: number; because: string },
): Promise<void> {
  await tx.insertRows(
    {
      table: 's_child_link',
      columns: ['parent_run_id', 'edge', 'child_run_id', 'because', 'made_at'],
      onConflict: 'ignore',
    },
    [[link.parentRunId, link.edge, link.childRunId, link.because, tx.nowMs]],
  );
}

/** Runs that are still open although no run of their chain may be. */
export async function openRunsOfEndedChains(db: SqlReader): Promise<{ runId: number }[]> {
  return db.all(
    `select o.run_id as runId from s_open_run o join s_chain_run c on c.id = o.chain_run_id
      where c.state <> 'running' order by o.run_id`,
  );
}
