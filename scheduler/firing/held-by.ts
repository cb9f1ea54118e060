import type { SqlReader } from '../../shared/sql/sql.ts';
import { allHolds, type HoldRow } from '../storage/sql/hold-queries.ts';

/** What a hold may stand over. */
export interface Holdable {
  readonly jobId: number | null;
  readonly group: string | null;
  readonly chainId: number | null;
}

/**
 * The oldest hold that stands over a job, its group, a chain or the whole cluster, or null. While it stands no run is
 * made: fires become HELD, and nodes of a held chain are not started.
 */
export async function heldBy(db: SqlReader, what: Holdable): Promise<HoldRow | null> {
  const holds = await allHolds(db);
  return holds.length === 0 ? null : holdOver(db, holds, what);
}

/** The same with the holds in hand. */
export async function holdOver(db: SqlReader, holds: readonly HoldRow[], what: Holdable): Promise<HoldRow | null> {
  for (const hold of holds) if (await isOver(db, hold, what)) return hold;
  return null;
}

async function isOver(db: SqlReader, { scope, name }: HoldRow, what: Holdable): Promise<boolean> {
  switch (scope) {
    case 'cluster':
      return true;
    case 'group':
      return what.group === name;
    case 'job':
      return what.jobId !== null && (await hasName(db, 's_job', what.jobId, name));
    case 'chain':
      return what.chainId !== null && (await hasName(db, 's_chain', what.chainId, name));
  }
}

async function hasName(db: SqlReader, table: 's_job' | 's_chain', id: number, name: string): Promise<boolean> {
  return (await db.get(`select id from ${table} where id = ? and name = ?`, [id, name])) !== null;
}

/** For refusals and reasons. */
export const holdInWords = ({ scope, name, reason, heldBy: who }: HoldRow): string =>
  `${scope === 'cluster' ? 'the cluster' : `${scope} "${name}"`} is held by ${who}: ${reason}`;
