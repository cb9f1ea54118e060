import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { type AuditEntryRow, auditAfter, auditHead } from '../../storage/sql/admin-audit-queries.ts';
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

/** A place in the chain. */
export interface AuditPlace {
  readonly seq: number;
  readonly hash: string;
}

/** What was written down elsewhere: a hash that has to be in the chain and, where `seq` is known, at that number. */
export interface AuditAnchor {
  readonly hash: string;
  readonly seq: number | null;
}

export interface AuditPart extends AuditVerdict {
  /** Where the next part goes on; null: this was the last one, or something does not fit. */
  readonly next: AuditPlace | null;
  /** The newest number that there is, to say how far this is. */
  readonly total: number;
  readonly hasAnchor: boolean;
}

const BATCH = 1_000;
const BEGINNING: AuditPlace = { seq: 0, hash: '' };

/** "HASH" or "HASH@NUMBER", as a verification prints it; null: it is neither. */
export function readAnchor(text: string): AuditAnchor | null {
  const found = /^([0-9a-f]{64})(?:@([1-9][0-9]{0,14}))?$/.exec(text);
  return found === null ? null : { hash: found[1] ?? '', seq: found[2] === undefined ? null : Number(found[2]) };
}

/**
 * Recomputes the chain of hashes from its beginning. `known` is a hash that was written down before ("HASH" or
 * "HASH@NUMBER"): it has to be in the chain.
 */
export async function verifyAudit(store: SqlStore, known: string | null = null): Promise<AuditVerdict> {
  const anchor = known === null ? null : readAnchor(known);
  if (known !== null && anchor === null) {
    throw new DaybreakError('BAD_INPUT', 'what was written down is no hash of 64 digits, nor HASH@NUMBER');
  }
  let entries = 0;
  for (let from = BEGINNING; ; ) {
    const part = await verifyAuditPart(store, { from, anchor, limit: Number.MAX_SAFE_INTEGER });
    entries += part.entries;
    if (part.next === null) return { entries, head: part.head, brokenAt: part.brokenAt, problem: lost(part, anchor) };
    from = part.next;
  }
}

const lost = ({ problem, hasAnchor }: AuditPart, anchor: AuditAnchor | null): string | null =>
  problem ?? (anchor === null || hasAnchor ? null : ANCHOR_LOST);
export const ANCHOR_LOST =
  'the hash that was written down before is not in the log: its end was cut off, or it was made anew';

/**
 * A part of the chain, from a place whose hash is taken for granted: it is what the part before it came to. A thousand
 * entries are in memory at once, whatever the log has.
 */
export async function verifyAuditPart(
  store: SqlStore,
  asked: { readonly from: AuditPlace; readonly limit: number; readonly anchor: AuditAnchor | null },
): Promise<AuditPart> {
  const { anchor, limit } = asked;
  // Read first: what is appended while this walks is not missing.
  const newest = await store.read('audit-head', auditHead);
  let [{ seq, hash }, entries, hasAnchor] = [asked.from, 0, false];
  const said = (brokenAt: number | null, problem: string | null, next: AuditPlace | null = null): AuditPart => ({
    ...{ entries, head: hash || null, brokenAt, problem, next, hasAnchor },
    total: Math.max(newest?.seq ?? 0, seq),
  });
  while (entries < limit) {
    const atOnce = Math.min(BATCH, limit - entries);
    const rows = await store.read('verify-audit', (db) => auditAfter(db, {}, { afterSeq: seq, limit: atOnce }));
    for (const row of rows) {
      const problem = problemOf(row, { seq, hash }, anchor);
      if (problem !== null) return said(row.seq === seq + 1 ? row.seq : seq + 1, problem);
      [seq, hash, entries] = [row.seq, row.hash, entries + 1];
      if (hash === anchor?.hash) hasAnchor = true;
    }
    if (rows.length < atOnce) {
      const isCut = newest !== null && newest.seq > seq;
      return isCut ? said(seq + 1, `the log ends at ${seq}, but ${newest.seq} were written`) : said(null, null);
    }
  }
  return said(null, null, { seq, hash });
}

function problemOf(row: AuditEntryRow, before: AuditPlace, anchor: AuditAnchor | null): string | null {
  if (row.seq !== before.seq + 1) return `entry ${before.seq + 1} is missing: ${row.seq} follows ${before.seq}`;
  if (row.prevHash !== before.hash) return `entry ${row.seq} does not follow the one before it`;
  if (auditHash(row) !== row.hash) return `entry ${row.seq} was changed after it was written`;
  if (anchor !== null && anchor.seq === row.seq && anchor.hash !== row.hash)
    return `entry ${row.seq} has another hash than the one that was written down: the log was made anew from here or before`;
  return null;
}
