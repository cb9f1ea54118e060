import { maskSecrets } from '../../../shared/secrets.ts';
import type { SqlTx } from '../../../shared/sql/sql.ts';
import { insertAuditEntry, lockAuditHead } from '../../storage/sql/admin-audit-queries.ts';
import { auditHash } from './audit-chain.ts';

/** Who did what to what, from where, and what came of it. */
export interface AuditEntryInput {
  readonly principalKind: 'user' | 'key' | 'program' | 'nobody';
  readonly who: string;
  readonly from: string;
  /** e.g. `job.update`. */
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string | number;
  readonly group: string | null;
  readonly outcome: 'done' | 'refused' | 'failed';
  readonly reason: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** Appends to the log, in the transaction of what is logged. Secrets are masked by their names. */
export async function appendAudit(tx: SqlTx, entry: AuditEntryInput): Promise<void> {
  const head = await lockAuditHead(tx);
  const row = {
    seq: head.seq + 1,
    at: tx.nowMs,
    principalKind: entry.principalKind,
    who: kept(entry.who, 64),
    from: kept(entry.from, 64),
    action: kept(entry.action, 64),
    subjectKind: kept(entry.subjectKind, 32),
    subjectId: kept(String(entry.subjectId), 64),
    group: entry.group === null ? null : kept(entry.group, 64),
    outcome: entry.outcome,
    reason: entry.reason === null ? null : kept(entry.reason),
    before: textOf(entry.before),
    after: textOf(entry.after),
    prevHash: head.hash,
  };
  await insertAuditEntry(tx, { ...row, hash: auditHash(row) });
}

/**
 * As the store gives it back: half of a pair, which anybody can send and a cut can make, comes back as another character,
 * and the entry would look as if somebody had changed it.
 */
const kept = (text: string, charsMax = text.length): string => text.slice(0, charsMax).toWellFormed();

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const { masked } = maskSecrets({ masked: value });
  return JSON.stringify(masked);
}
