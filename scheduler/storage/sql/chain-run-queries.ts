import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { ChainRunState } from '../../chain/chain-run-transitions.ts';

export interface ChainRunRow {
  readonly id: number;
  readonly chainId: number;
  readonly configHash: string;
  readonly businessDate: string;
  readonly seq: number;
  readonly requestId: string;
  readonly cutOffAt: number | null;
  readonly params: string;
  readonly state: ChainRunState;
  readonly reason: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

const COLUMNS = `id, chain_id as chainId, config_hash as configHash, business_date as businessDate, seq,
  request_id as requestId, cut_off_at as cutOffAt, params, state, reason, created_at as createdAt,
  ended_at as endedAt`;

/** The instant of its schedule for which a chain run, or the first of those that it repeats, was fired; null: by hand. */
export async function plannedInstantOf(db: SqlReader, id: number): Promise<number | null> {
  const seen = new Set<number>();
  for (let at: number | null = id; at !== null && !seen.has(at); ) {
    seen.add(at);
    const row: { plannedAt: number | null; rerunOf: number | null } | null = await db.get(
      `select f.planned_at as plannedAt, c.rerun_of as rerunOf
        from s_chain_run c left join s_fire f on f.id = c.fire_id where c.id = ?`,
      [at],
    );
    if (row === null || row.plannedAt !== null) return row?.plannedAt ?? null;
    at = row.rerunOf;
  }
  return null;
}

export interface NewChainRun {
  readonly chainId: number;
  readonly configHash: string;
  readonly businessDate: string;
  readonly requestId: string;
  /** The fire of its schedule that made it, or null. */
  readonly fireId: number | null;
  /** The chain run that it takes outcomes over from, or null. */
  readonly rerunOf: number | null;
  readonly startedAtNode: string | null;
  readonly cutOffAt: number | null;
  readonly params: string;
}

/** Ask and insert with the chain's row locked: the next seq of a business date is then this one's alone. */
export async function insertChainRun(tx: SqlTx, run: NewChainRun): Promise<number> {
  const last = await tx.get<{ seq: number | null }>(
    `select max(seq) as seq from s_chain_run where chain_id = ? and business_date = ?`,
    [run.chainId, run.businessDate],
  );
  return tx.insertReturningId(
    `insert into s_chain_run (chain_id, config_hash, business_date, seq, request_id, fire_id, rerun_of,
       started_at_node, cut_off_at, params, state, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?)`,
    [
      run.chainId,
      run.configHash,
      run.businessDate,
      (last?.seq ?? 0) + 1,
      run.requestId,
      run.fireId,
      run.rerunOf,
      run.startedAtNode,
      run.cutOffAt,
      run.params,
      tx.nowMs,
    ],
  );
}

export async function chainRunByRequest(
  db: SqlReader,
  key: { chainId: number; businessDate: string; requestId: string },
): Promise<ChainRunRow | null> {
  return db.get(`select ${COLUMNS} from s_chain_run where chain_id = ? and business_date = ? and request_id = ?`, [
    key.chainId,
    key.businessDate,
    key.requestId,
  ]);
}

/** The last one that was started for a business date (unique key chain_id, business_date, seq). */
export async function newestChainRun(
  db: SqlReader,
  chainId: number,
  businessDate: string,
): Promise<ChainRunRow | null> {
  return db.get(
    `select ${COLUMNS} from s_chain_run where chain_id = ? and business_date = ? order by seq desc limit 1`,
    [chainId, businessDate],
  );
}

/** Locked after the run's row, never before it: one order for everybody. */
export async function lockChainRun(tx: SqlTx, chainRunId: number): Promise<ChainRunRow | null> {
  return tx.get(`select ${COLUMNS} from s_chain_run where id = ?${tx.forUpdate}`, [chainRunId]);
}

/** The same, or null also when somebody else has it just now. */
export async function pickChainRun(tx: SqlTx, chainRunId: number): Promise<ChainRunRow | null> {
  return tx.get(`select ${COLUMNS} from s_chain_run where id = ?${tx.forUpdateSkipLocked}`, [chainRunId]);
}

export async function chainRunById(db: SqlReader, chainRunId: number): Promise<ChainRunRow | null> {
  return db.get(`select ${COLUMNS} from s_chain_run where id = ?`, [chainRunId]);
}

/** Chain runs at work (index s_chain_run_state). */
export async function activeChainRuns(db: SqlReader): Promise<{ id: number; state: ChainRunState }[]> {
  return db.all(`select id, state from s_chain_run where state in ('running', 'cancelling') order by id`);
}

export async function moveChainRun(
  tx: SqlTx,
  move: { id: number; from: ChainRunState; to: ChainRunState; reason: string | null; ended: boolean },
): Promise<boolean> {
  const moved = await tx.run(
    `update s_chain_run set state = ?, reason = coalesce(?, reason), ended_at = ? where id = ? and state = ?`,
    [move.to, move.reason, move.ended ? tx.nowMs : null, move.id, move.from],
  );
  return moved === 1;
}

/** All chain runs of a chain for a business date (unique key). */
export async function chainRunsOfDate(db: SqlReader, chainId: number, businessDate: string): Promise<number[]> {
  const rows = await db.all<{ id: number }>(`select id from s_chain_run where chain_id = ? and business_date = ?`, [
    chainId,
    businessDate,
  ]);
  return rows.map(({ id }) => id);
}
