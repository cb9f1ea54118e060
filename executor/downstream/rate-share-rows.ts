import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';
import { occupiedBy, type ShareRow } from './rate-share.ts';

export interface RateLimitRow {
  readonly perSecond: number;
  readonly heldUntil: number;
}

/** Locks the downstream's limit: shares are changed, and repeats granted, by one process at a time. */
export async function lockLimit(tx: SqlTx, downstreamId: number): Promise<RateLimitRow | null> {
  const row = await tx.get<{ limit_milli: number; held_until: number }>(
    `select limit_milli, held_until from rate_limit where downstream_id = ?${tx.forUpdate}`,
    [downstreamId],
  );
  return row && { perSecond: Number(row.limit_milli) / 1_000, heldUntil: Number(row.held_until) };
}

export async function readLimit(db: SqlReader, downstreamId: number): Promise<number | null> {
  const text = 'select limit_milli from rate_limit where downstream_id = ?';
  const row = await db.get<{ limit_milli: number }>(text, [downstreamId]);
  return row && Number(row.limit_milli) / 1_000;
}

/** What the downstream states now. A lower limit reaches the shares as they are renewed. */
export async function saveLimit(tx: SqlTx, downstreamId: number, perSecond: number): Promise<void> {
  const columns = ['downstream_id', 'limit_milli', 'held_until'];
  const milli = Math.max(1, Math.min(Math.floor(perSecond * 1_000), Number.MAX_SAFE_INTEGER));
  await tx.insertRows({ table: 'rate_limit', columns, onConflict: 'ignore' }, [[downstreamId, milli, 0]]);
  await lockLimit(tx, downstreamId);
  await tx.run('update rate_limit set limit_milli = ? where downstream_id = ?', [milli, downstreamId]);
}

/** A hold is never shortened. */
export async function saveHold(tx: SqlTx, downstreamId: number, heldUntil: number): Promise<void> {
  await tx.run('update rate_limit set held_until = ? where downstream_id = ? and held_until < ?', [
    heldUntil,
    downstreamId,
    heldUntil,
  ]);
}

/** All shares, in the order of their holders; those that have run out for everybody are removed. Under the limit's lock. */
export async function readShares(tx: SqlTx, downstreamId: number, holder: string): Promise<readonly ShareRow[]> {
  const rows = await tx.all<StoredShare>(
    `select holder, units, lease_until, before_units, before_until, wanted, waiting_since
     from rate_share where downstream_id = ? order by holder`,
    [downstreamId],
  );
  const living: ShareRow[] = [];
  for (const row of rows.map(shareOf)) {
    const isOver = occupiedBy(row, tx.nowMs) === 0 && row.leaseUntil + FORGET_MS < tx.nowMs;
    if (isOver && row.holder !== holder) {
      await tx.run('delete from rate_share where downstream_id = ? and holder = ?', [downstreamId, row.holder]);
    } else living.push(row);
  }
  return living;
}

export async function saveShare(tx: SqlTx, downstreamId: number, row: ShareRow): Promise<void> {
  const values = [row.units, row.leaseUntil, row.beforeUnits, row.beforeUntil, row.wanted, row.waitingSince];
  const matched = await tx.run(
    `update rate_share set units = ?, lease_until = ?, before_units = ?, before_until = ?, wanted = ?, waiting_since = ?
     where downstream_id = ? and holder = ?`,
    [...values, downstreamId, row.holder],
  );
  if (matched > 0) return;
  const columns = ['units', 'lease_until', 'before_units', 'before_until', 'wanted', 'waiting_since'];
  await tx.insertRows({ table: 'rate_share', columns: [...columns, 'downstream_id', 'holder'] }, [
    [...values, downstreamId, row.holder],
  ]);
}

/** The holder has seen to it that it uses no more than its share of now, and not what was larger before. */
export async function releaseLarger(tx: SqlTx, downstreamId: number, holder: string): Promise<void> {
  await tx.run('update rate_share set before_until = ? where downstream_id = ? and holder = ? and before_until > ?', [
    nextMs(tx),
    downstreamId,
    holder,
    nextMs(tx),
  ]);
}

/** The holder uses nothing any more. */
export async function releaseShare(tx: SqlTx, downstreamId: number, holder: string): Promise<void> {
  await releaseLarger(tx, downstreamId, holder);
  await tx.run('update rate_share set lease_until = ? where downstream_id = ? and holder = ? and lease_until > ?', [
    nextMs(tx),
    downstreamId,
    holder,
    nextMs(tx),
  ]);
}

/** The store's clock has whole milliseconds: what was used in this one was used before the next. */
const nextMs = (tx: SqlTx): number => tx.nowMs + 1;

/** Long enough for people to see who was there. */
const FORGET_MS = 60_000;

interface StoredShare {
  readonly holder: string;
  readonly units: number;
  readonly lease_until: number;
  readonly before_units: number;
  readonly before_until: number;
  readonly wanted: number;
  readonly waiting_since: number;
}

const shareOf = (row: StoredShare): ShareRow => ({
  holder: row.holder,
  units: row.units,
  leaseUntil: Number(row.lease_until),
  beforeUnits: row.before_units,
  beforeUntil: Number(row.before_until),
  wanted: row.wanted,
  waitingSince: Number(row.waiting_since),
});
