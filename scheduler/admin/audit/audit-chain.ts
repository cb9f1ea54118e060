import { createHash } from 'node:crypto';
import { canonicalJson } from '../../definition/config-hash.ts';

/** An entry of the audit log as it is hashed: everything but the hash itself. */
export interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly principalKind: string;
  readonly who: string;
  readonly from: string;
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly group: string | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly prevHash: string;
}

/** Each hash is of its row and of the hash before it: a row that was changed, taken out or put in breaks the chain. */
export function auditHash(row: AuditRow): string {
  const { seq, at, principalKind, who, from, action, subjectKind, subjectId, group, outcome } = row;
  const { reason, before, after, prevHash } = row;
  const text = canonicalJson({
    seq,
    at,
    principalKind,
    who,
    from,
    action,
    subjectKind,
    subjectId,
    group,
    outcome,
    reason,
    before,
    after,
    prevHash,
  });
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
