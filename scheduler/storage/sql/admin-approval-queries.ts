import type { SqlReader, SqlTx, SqlValue } from '../../../shared/sql/sql.ts';

export type ApprovalState = 'open' | 'deciding' | 'approved' | 'rejected' | 'withdrawn' | 'failed';

export interface ApprovalRow {
  readonly id: number;
  readonly kind: 'node.mark' | 'item.resolve';
  readonly appName: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly order: string;
  readonly reason: string;
  readonly askedKind: 'user' | 'key';
  readonly askedId: number;
  readonly askedBy: string;
  readonly askedAt: number;
  readonly state: ApprovalState;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  readonly decision: string | null;
}
const COLUMNS = `id, kind, app_name as appName, subject_kind as subjectKind, subject_id as subjectId, order_json as "order",
  reason, asked_kind as askedKind, asked_id as askedId, asked_by as askedBy, asked_at as askedAt, state,
  decided_by as decidedBy, decided_at as decidedAt, decision`;

export type NewApproval = Pick<
  ApprovalRow,
  'kind' | 'appName' | 'subjectKind' | 'subjectId' | 'reason' | 'askedKind' | 'askedId' | 'askedBy'
> & { readonly order: object };

export async function insertApproval(tx: SqlTx, asked: NewApproval): Promise<number> {
  return tx.insertReturningId(
    `insert into s_approval (kind, app_name, subject_kind, subject_id, order_json, reason, asked_kind, asked_id, asked_by,
       asked_at, state) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')`,
    [
      asked.kind,
      asked.appName,
      asked.subjectKind,
      asked.subjectId,
      JSON.stringify(asked.order),
      asked.reason,
      asked.askedKind,
      asked.askedId,
      asked.askedBy,
      tx.nowMs,
    ],
  );
}

export async function approvalById(db: SqlReader, id: number): Promise<ApprovalRow | null> {
  return db.get(`select ${COLUMNS} from s_approval where id = ?`, [id]);
}

export async function lockApproval(tx: SqlTx, id: number): Promise<ApprovalRow | null> {
  return tx.get(`select ${COLUMNS} from s_approval where id = ?${tx.forUpdate}`, [id]);
}

/** The newest first, of some groups (index s_approval_state, or the key). */
export async function approvalLines(
  db: SqlReader,
  which: {
    readonly state?: ApprovalState;
    readonly groups?: readonly string[];
    readonly beforeId: number;
    readonly limit: number;
  },
): Promise<ApprovalRow[]> {
  const conditions = ['id < ?'];
  const params: SqlValue[] = [which.beforeId];
  if (which.state !== undefined) {
    conditions.push('state = ?');
    params.push(which.state);
  }
  if (which.groups !== undefined) {
    conditions.push(`app_name in (${which.groups.map(() => '?').join(', ') || "''"})`);
    params.push(...which.groups);
  }
  return db.all(
    `select ${COLUMNS} from s_approval where ${conditions.join(' and ')} order by id desc limit ${Math.trunc(which.limit)}`,
    params,
  );
}

/** What is asked for about one thing and waits. */
export async function openApprovals(db: SqlReader, subjectKind: string, subjectId: string): Promise<ApprovalRow[]> {
  return db.all(
    `select ${COLUMNS} from s_approval where state = 'open' and subject_kind = ? and subject_id = ? order by id desc`,
    [subjectKind, subjectId],
  );
}

/** Guarded by the state that the decision was made on. */
export async function moveApproval(
  tx: SqlTx,
  move: {
    readonly id: number;
    readonly from: ApprovalState;
    readonly to: ApprovalState;
    readonly by: string;
    readonly decision: string | null;
  },
): Promise<boolean> {
  const moved = await tx.run(
    `update s_approval set state = ?, decided_by = ?, decided_at = ?, decision = ? where id = ? and state = ?`,
    [move.to, move.by, tx.nowMs, move.decision, move.id, move.from],
  );
  return moved === 1;
}
