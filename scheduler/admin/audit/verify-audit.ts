import type { SqlStore } from '../../../shared/sql/sql.ts';
import { auditAfter, auditHead } from '../../storage/sql/admin-audit-queries.ts';
import { auditHash } from './audit-chain.ts';

export interface AuditVerdict {
  /** How many were looked at, up to the first that does not fit. */
  readonly entries: number;
  /** The newest hash: written down elsewhere, it shows later whether the end was cut off. Null: the log is empty. */
  readonly head: string | null;
  /** The number of the first entry that does not fit, or null. */
  readonly brokenAt: number | null;
  /** In words, or null: all is well. */
  readonly problem: string | null;
}

const BATCH = 1_000;

/**
 * Recomputes the chain of hashes from its beginning. `knownHead` is a hash that was written down before: it has to be in
 * the chain.
 */
export async function verifyAudit(store: SqlStore, knownHead: string | null = null): Promise<AuditVerdict> {
  // Read first: what is appended while this walks is not missing.
  const head = await store.read('audit-head', auditHead);
  let [seq, hash, entries] = [0, '', 0];
  let isKnownThere = knownHead === null;
  const broken = (brokenAt: number, problem: string): AuditVerdict => ({
    entries,
    head: hash || null,
    brokenAt,
    problem,
  });
  for (;;) {
    const rows = await store.read('verify-audit', (db) => auditAfter(db, {}, { afterSeq: seq, limit: BATCH }));
    for (const row of rows) {
      if (row.seq !== seq + 1) return broken(seq + 1, `entry ${seq + 1} is missing: ${row.seq} follows ${seq}`);
      if (row.prevHash !== hash) return broken(row.seq, `entry ${row.seq} does not follow the one before it`);
      if (auditHash(row) !== row.hash) return broken(row.seq, `entry ${row.seq} was changed after it was written`);
      [seq, hash, entries] = [row.seq, row.hash, entries + 1];
      if (hash === knownHead) isKnownThere = true;
    }
    if (rows.length < BATCH) break;
  }
  if (head !== null && head.seq > seq) return broken(seq + 1, `the log ends at ${seq}, but ${head.seq} were written`);
  if (!isKnownThere)
    return broken(seq, 'the hash that was written down before is not in the log: it is another log, or was made anew');
  return { entries, head: hash || null, brokenAt: null, problem: null };
}
