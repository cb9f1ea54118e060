import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { RunPath } from '../../dispatch/run-path.ts';
import type { ExecutorState } from '../../registry/executor-liveness.ts';

export interface ExecutorRow {
  readonly id: number;
  readonly appName: string;
  readonly address: string;
  readonly incarnation: string | null;
  readonly state: ExecutorState;
  readonly lastBeatAt: number;
  /** 1: it signs what it says, so nothing unsigned is taken in its name. */
  readonly signs: number;
}

const COLUMNS = `id, app_name as appName, address, incarnation, state, last_beat_at as lastBeatAt, signs`;

/**
 * Locks the row, and makes it if it is not there (two first beats at once make one). Looked for first: an insert that
 * meets the row holds a shared lock on it, and two beats of one executor at two schedulers would wait for each other.
 */
export async function lockExecutor(
  tx: SqlTx,
  appName: string,
  address: string,
  insertIncarnation: string | null,
): Promise<ExecutorRow | null> {
  const there = await findExecutor(tx, appName, address);
  if (there !== null) return there;
  await tx.insertRows(
    {
      table: 's_executor',
      columns: ['app_name', 'address', 'incarnation', 'state', 'registered_at', 'last_beat_at'],
      onConflict: 'ignore',
    },
    [[appName, address, insertIncarnation, 'joining', tx.nowMs, tx.nowMs]],
  );
  return findExecutor(tx, appName, address);
}

export async function findExecutor(tx: SqlTx, appName: string, address: string): Promise<ExecutorRow | null> {
  return tx.get(`select ${COLUMNS} from s_executor where app_name = ? and address = ?${tx.forUpdate}`, [
    appName,
    address,
  ]);
}

/** The same, or null also when somebody else has it just now. */
export async function pickExecutor(tx: SqlTx, appName: string, address: string): Promise<ExecutorRow | null> {
  return tx.get(`select ${COLUMNS} from s_executor where app_name = ? and address = ?${tx.forUpdateSkipLocked}`, [
    appName,
    address,
  ]);
}

/** The same without a lock: for a look before anything is decided. */
export async function readExecutor(db: SqlReader, appName: string, address: string): Promise<ExecutorRow | null> {
  return db.get(`select ${COLUMNS} from s_executor where app_name = ? and address = ?`, [appName, address]);
}

export interface Beat {
  readonly id: number;
  readonly state: ExecutorState;
  readonly incarnation: string | null;
  readonly signs: boolean;
  /** Where it takes runs as far as its headers tell; null leaves what is known. */
  readonly triggerPath: RunPath | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Its address to the letter. */
  readonly registeredAs: string;
}

export async function writeBeat(tx: SqlTx, beat: Beat): Promise<void> {
  await tx.run(
    `update s_executor set state = ?, incarnation = ?, signs = ?, trigger_path = coalesce(?, trigger_path),
       labels = ?, registered_as = ?, last_beat_at = ? where id = ?`,
    [
      beat.state,
      beat.incarnation,
      beat.signs ? 1 : 0,
      beat.triggerPath,
      JSON.stringify(beat.labels),
      beat.registeredAs,
      tx.nowMs,
      beat.id,
    ],
  );
}

/** How the address is spoken to. Of several groups that had it, the one whose executor was heard last. */
export async function contactAt(
  db: SqlReader,
  address: string,
  appName: string | undefined,
): Promise<{ appName: string; triggerPath: RunPath | null; signs: boolean } | null> {
  const group = appName === undefined ? '' : ' and app_name = ?';
  const row = await db.get<{ appName: string; triggerPath: RunPath | null; signs: number }>(
    `select app_name as appName, trigger_path as triggerPath, signs from s_executor where address = ?${group}
      order by case when state = 'gone' then 1 else 0 end, last_beat_at desc, id desc limit 1`,
    appName === undefined ? [address] : [address, appName],
  );
  return row === null ? null : { ...row, signs: row.signs === 1 };
}

export async function setTriggerPath(tx: SqlTx, address: string, path: RunPath): Promise<void> {
  await tx.run(`update s_executor set trigger_path = ? where address = ?`, [path, address]);
}

/** The executors that hold, or held, attempts of these. */
export async function executorsOfAttempts(
  db: SqlReader,
  where: { readonly logIds: readonly number[] } | { readonly runId: number },
): Promise<{ logId: number; appName: string; signs: number }[]> {
  const [condition, params] =
    'runId' in where
      ? ['a.run_id = ?', [where.runId]]
      : [`a.id in (${where.logIds.map(() => '?').join(', ')})`, where.logIds];
  return db.all(
    `select a.id as logId, e.app_name as appName, e.signs from s_attempt a join s_executor e on e.id = a.executor_id
      where ${condition}`,
    params,
  );
}

/** Guarded by the state (and the process) it was decided on; false: something else came first. */
export async function moveExecutor(tx: SqlTx, executor: ExecutorRow, to: ExecutorState): Promise<boolean> {
  const moved = await tx.run(
    `update s_executor set state = ? where id = ? and state = ? and coalesce(incarnation, '') = ?`,
    [to, executor.id, executor.state, executor.incarnation ?? ''],
  );
  return moved === 1;
}

export async function executorsNotGone(db: SqlReader): Promise<ExecutorRow[]> {
  return db.all(`select ${COLUMNS} from s_executor where state <> 'gone' order by address`);
}

export async function countAlive(db: SqlReader): Promise<number> {
  const row = await db.get<{ alive: number }>(`select count(*) as alive from s_executor where state = 'alive'`);
  return row?.alive ?? 0;
}

export async function executorState(db: SqlReader, id: number): Promise<ExecutorState | null> {
  const row = await db.get<{ state: ExecutorState }>(`select state from s_executor where id = ?`, [id]);
  return row?.state ?? null;
}

export async function executorById(db: SqlReader, id: number): Promise<ExecutorRow | null> {
  return db.get(`select ${COLUMNS} from s_executor where id = ?`, [id]);
}
