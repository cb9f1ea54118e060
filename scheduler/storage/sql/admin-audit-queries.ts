import type { SqlReader, SqlTx, SqlValue } from '../../../shared/sql/sql.ts';
import type { AuditRow } from '../../admin/audit/audit-chain.ts';

export type AuditEntryRow = AuditRow & { readonly hash: string };

const COLUMNS = `seq, at, principal_kind as principalKind, who, from_address as "from", action, subject_kind as subjectKind,
  subject_id as subjectId, app_name as "group", outcome, reason, before_json as "before", after_json as "after",
  prev_hash as prevHash, hash`;

/** Locked last of all: whoever appends waits here for those before it, and holds nothing that they need. */
export async function lockAuditHead(tx: SqlTx): Promise<{ seq: number; hash: string }> {
  const head = await tx.get<{ seq: number; hash: string }>(
    `select seq, hash from s_audit_head where id = 1${tx.forUpdate}`,
  );
  if (head === null) throw new Error('the head of the audit log is not there');
  return head;
}

export async function insertAuditEntry(tx: SqlTx, row: AuditEntryRow): Promise<void> {
  await tx.run(
    `insert into s_audit (seq, at, principal_kind, who, from_address, action, subject_kind, subject_id, app_name, outcome,
       reason, before_json, after_json, prev_hash, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      row.seq,
      row.at,
      row.principalKind,
      row.who,
      row.from,
      row.action,
      row.subjectKind,
      row.subjectId,
      row.group,
      row.outcome,
      row.reason,
      row.before,
      row.after,
      row.prevHash,
      row.hash,
    ],
  );
  await tx.run(`update s_audit_head set seq = ?, hash = ? where id = 1`, [row.seq, row.hash]);
}

export interface AuditFilter {
  readonly who?: string;
  readonly action?: string;
  readonly subjectKind?: string;
  readonly subjectId?: string;
  readonly outcome?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** The newest first, before a number (indexes s_audit_who, s_audit_action, s_audit_subject, s_audit_at, else the key). */
export async function listAudit(
  db: SqlReader,
  filter: AuditFilter,
  page: { readonly beforeSeq: number; readonly limit: number },
): Promise<AuditEntryRow[]> {
  const { where, params } = whereOf(filter);
  return db.all(
    `select ${COLUMNS} from s_audit where seq < ?${where} order by seq desc limit ${Math.trunc(page.limit)}`,
    [page.beforeSeq, ...params],
  );
}

/**
 * Who made which version of a job (by its id) or chain (by its name): an entry is written in the transaction that makes
 * the version, so both have one instant (index s_audit_at). What a program defined is in no entry.
 */
export async function versionMakers(
  db: SqlReader,
  of: { readonly kind: 'job' | 'chain'; readonly id: string | number },
  instants: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (instants.length === 0) return new Map();
  const rows = await db.all<{ at: number; who: string }>(
    `select at, who from s_audit where at in (${instants.map(() => '?').join(', ')}) and outcome = 'done'
       and ((subject_kind = ? and subject_id = ?) or action = 'definitions.apply') order by seq desc`,
    [...instants, of.kind, String(of.id)],
  );
  return new Map(rows.map(({ at, who }) => [at, who]));
}

/** The oldest first, after a number. */
export async function auditAfter(
  db: SqlReader,
  filter: AuditFilter,
  page: { readonly afterSeq: number; readonly limit: number },
): Promise<AuditEntryRow[]> {
  const { where, params } = whereOf(filter);
  return db.all(`select ${COLUMNS} from s_audit where seq > ?${where} order by seq limit ${Math.trunc(page.limit)}`, [
    page.afterSeq,
    ...params,
  ]);
}

export async function auditHead(db: SqlReader): Promise<{ seq: number; hash: string } | null> {
  return db.get(`select seq, hash from s_audit_head where id = 1`);
}

function whereOf(filter: AuditFilter): { where: string; params: SqlValue[] } {
  const conditions: string[] = [];
  const params: SqlValue[] = [];
  const add = (condition: string, value: SqlValue | undefined): void => {
    if (value === undefined) return;
    conditions.push(` and ${condition}`);
    params.push(value);
  };
  add('who = ?', filter.who);
  add('action = ?', filter.action);
  add('subject_kind = ?', filter.subjectKind);
  add('subject_id = ?', filter.subjectId);
  add('outcome = ?', filter.outcome);
  add('at >= ?', filter.fromMs);
  add('at < ?', filter.toMs);
  return { where: conditions.join(''), params };
}
