import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

export interface SchedulerNodeRow {
  /** A new value per start of the process. */
  readonly incarnation: string;
  /** For people, e.g. the machine's name. */
  readonly name: string;
  readonly url: string;
  readonly version: string;
  /** Of the time-zone database that its instants are found with. */
  readonly tzVersion: string;
  readonly startedAt: number;
  readonly lastBeatAt: number;
  readonly aliveUntil: number;
}

const COLUMNS = `incarnation, name, url, version, tz_version as tzVersion, started_at as startedAt,
  last_beat_at as lastBeatAt, alive_until as aliveUntil`;

export interface ClusterRow {
  /** Null: nobody has named it. */
  readonly name: string | null;
  /** Of the access token that its schedulers share; null: none was ever written down. */
  readonly tokenPrint: string | null;
  /** Of the token before, while it is being changed. */
  readonly previousTokenPrint: string | null;
}

/** Whose store this is, LOCKED: what each scheduler stores at its start goes one after the other. */
export async function lockCluster(tx: SqlTx): Promise<ClusterRow> {
  const row = await tx.get<ClusterRow>(`${CLUSTER}${tx.forUpdate}`);
  // A lock on a row that is not there is none (trap T2).
  if (row === null) throw new Error('s_cluster has lost its one row: insert (id) values (1)');
  return row;
}

/** The name that schedulers took this store under, or null. */
export async function clusterName(db: SqlReader): Promise<string | null> {
  return (await db.get<{ name: string | null }>(`select name from s_cluster where id = 1`))?.name ?? null;
}

const CLUSTER = `select name, token_print as tokenPrint, previous_token_print as previousTokenPrint
  from s_cluster where id = 1`;

export async function setCluster(tx: SqlTx, { name, tokenPrint, previousTokenPrint }: ClusterRow): Promise<void> {
  await tx.run(`update s_cluster set name = ?, token_print = ?, previous_token_print = ? where id = 1`, [
    name,
    tokenPrint,
    previousTokenPrint,
  ]);
}

/** All that are known, the oldest first. */
export async function schedulerNodes(db: SqlReader): Promise<SchedulerNodeRow[]> {
  return db.all(`select ${COLUMNS} from s_scheduler_node order by started_at, incarnation`);
}

/**
 * The schedulers of a cluster that live by the store's clock. A process that has the store to itself (`takeOver`) is none
 * of them. One that was killed is counted until its lease has run out.
 */
export async function schedulersAlive(db: SqlReader): Promise<SchedulerNodeRow[]> {
  return db.all(`select ${COLUMNS} from s_scheduler_node where alive_until > ? order by started_at, incarnation`, [
    db.nowMs,
  ]);
}

export type Beat = Pick<SchedulerNodeRow, 'incarnation' | 'name' | 'url' | 'version' | 'tzVersion'> & {
  readonly leaseMs: number;
};

/** Makes the node's row or renews it. True: it was not there, so it is new, or others took it for gone. */
export async function beatNode(tx: SqlTx, { leaseMs, ...node }: Beat): Promise<boolean> {
  const renewed = await tx.run(
    `update s_scheduler_node set url = ?, last_beat_at = ?, alive_until = ? where incarnation = ?`,
    [node.url, tx.nowMs, tx.nowMs + leaseMs, node.incarnation],
  );
  if (renewed === 1) return false;
  await tx.run(
    `insert into s_scheduler_node (incarnation, name, url, version, tz_version, started_at, last_beat_at, alive_until)
      values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [node.incarnation, node.name, node.url, node.version, node.tzVersion, tx.nowMs, tx.nowMs, tx.nowMs + leaseMs],
  );
  return true;
}

export async function deleteNode(tx: SqlTx, incarnation: string): Promise<void> {
  await tx.run(`delete from s_scheduler_node where incarnation = ?`, [incarnation]);
}

/** Rows of schedulers that have been gone for so long. */
export async function deleteGoneNodes(tx: SqlTx, goneForMs: number): Promise<void> {
  // Read first: a delete that looks for its rows waits for those that others renew at this moment.
  const gone = await tx.all<{ incarnation: string }>(
    `select incarnation from s_scheduler_node where alive_until <= ? order by incarnation`,
    [tx.nowMs - goneForMs],
  );
  for (const { incarnation } of gone) await deleteNode(tx, incarnation);
}
