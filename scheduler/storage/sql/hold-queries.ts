import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import { FIRE_COLUMNS, type FireRow, lockFires } from './fire-queries.ts';

export type HoldScope = 'cluster' | 'group' | 'chain' | 'job';
/** What becomes of the fires that were held: all are fired, the latest of each stands for the others, or none is. */
export type OnResume = 'all' | 'latest' | 'none';

export interface HoldRow {
  readonly scope: HoldScope;
  /** Of the job, chain or group; '*' for the cluster. */
  readonly name: string;
  readonly onResume: OnResume;
  readonly reason: string;
  readonly heldBy: string;
  readonly heldAt: number;
}

const COLUMNS = `scope, name, on_resume as onResume, reason, held_by as heldBy, held_at as heldAt`;

/** All of them: a person sets each by hand, so there are few. */
export async function allHolds(db: SqlReader): Promise<HoldRow[]> {
  return db.all(`select ${COLUMNS} from s_hold order by held_at, scope, name`);
}

/**
 * The same, kept from going until the end of the transaction: a fire that is held under one must not be left behind by
 * somebody who takes it away meanwhile. Asked for before any fire is locked, by everybody.
 */
export async function keepHolds(tx: SqlTx): Promise<HoldRow[]> {
  return tx.all(`select ${COLUMNS} from s_hold order by held_at, scope, name${tx.forShare}`);
}

export async function lockHold(tx: SqlTx, scope: HoldScope, name: string): Promise<HoldRow | null> {
  return tx.get(`select ${COLUMNS} from s_hold where scope = ? and name = ?${tx.forUpdate}`, [scope, name]);
}

/** False: it was there. */
export async function insertHold(tx: SqlTx, hold: Omit<HoldRow, 'heldAt'>): Promise<boolean> {
  const inserted = await tx.insertRows(
    {
      table: 's_hold',
      columns: ['scope', 'name', 'on_resume', 'reason', 'held_by', 'held_at'],
      onConflict: 'ignore',
    },
    [[hold.scope, hold.name, hold.onResume, hold.reason, hold.heldBy, tx.nowMs]],
  );
  return inserted === 1;
}

export async function deleteHold(tx: SqlTx, scope: HoldScope, name: string): Promise<void> {
  await tx.run(`delete from s_hold where scope = ? and name = ?`, [scope, name]);
}

/** Under which hold a fire is held; null: for its lateness. */
export async function insertHeldFires(
  tx: SqlTx,
  fireIdList: readonly number[],
  hold: Pick<HoldRow, 'scope' | 'name'> | null,
): Promise<void> {
  await tx.insertRows(
    { table: 's_held_fire', columns: ['fire_id', 'scope', 'name'], onConflict: 'ignore' },
    fireIdList.map((id) => [id, hold?.scope ?? null, hold?.name ?? null]),
  );
}

/**
 * Fires held under a LOCKED hold, oldest first: a small table, walked whole. `more`: there may be others. A fire that a
 * person decides at this moment is waited for, and left out.
 */
export async function firesHeldUnder(
  tx: SqlTx,
  scope: HoldScope,
  name: string,
  limit: number,
): Promise<{ readonly fires: readonly FireRow[]; readonly more: boolean }> {
  const rows = await tx.all<{ id: number }>(
    `select f.id from s_held_fire h join s_fire f on f.id = h.fire_id
      where h.scope = ? and h.name = ? order by f.planned_at, f.id limit ${limit}`,
    [scope, name],
  );
  const locked = await lockFires(
    tx,
    rows.map(({ id }) => id),
  );
  return { fires: locked.filter(({ state }) => state === 'held'), more: rows.length === limit };
}

/** The latest fire of the same job or chain that is held under the same hold. */
export async function latestHeldUnder(
  tx: SqlTx,
  scope: HoldScope,
  name: string,
  like: FireRow,
): Promise<FireRow | null> {
  return tx.get(
    `select ${FIRE_COLUMNS} from s_held_fire h join s_fire f on f.id = h.fire_id
      where h.scope = ? and h.name = ? and f.job_id = ? and f.chain_id = ? and f.origin <> 'backfill'
      order by f.planned_at desc, f.id desc limit 1`,
    [scope, name, like.jobId, like.chainId],
  );
}

/** Another hold has it from now on; null: it waits for a person. */
export async function moveHeldFire(
  tx: SqlTx,
  fireId: number,
  to: Pick<HoldRow, 'scope' | 'name'> | null,
): Promise<void> {
  await tx.run(`update s_held_fire set scope = ?, name = ? where fire_id = ?`, [
    to?.scope ?? null,
    to?.name ?? null,
    fireId,
  ]);
}

/** Whether fires of the same job or chain wait for a person. */
export async function hasFiresHeldForPerson(db: SqlReader, like: FireRow): Promise<boolean> {
  const row = await db.get(
    `select h.fire_id from s_held_fire h join s_fire f on f.id = h.fire_id
      where h.scope is null and f.job_id = ? and f.chain_id = ? limit 1`,
    [like.jobId, like.chainId],
  );
  return row !== null;
}

export async function countHeldFires(
  db: SqlReader,
): Promise<{ scope: HoldScope | null; name: string | null; fires: number }[]> {
  return db.all(`select scope, name, count(*) as fires from s_held_fire group by scope, name`);
}
