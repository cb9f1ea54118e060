import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

/** What somebody did, for the record. `detail` is whatever a reader will need, as JSON. */
export interface OperatorAction {
  readonly who: string;
  readonly verb: string;
  readonly subjectKind: string;
  readonly subjectId: string | number;
  readonly reason: string;
  readonly detail?: object;
}

/** Appended in the transaction of the action itself: what was done is recorded, and what is recorded was done. */
export async function recordOperatorAction(tx: SqlTx, action: OperatorAction): Promise<void> {
  await tx.run(
    `insert into s_operator_action (at, who, verb, subject_kind, subject_id, reason, detail)
      values (?, ?, ?, ?, ?, ?, ?)`,
    [
      tx.nowMs,
      action.who,
      action.verb,
      action.subjectKind,
      String(action.subjectId),
      action.reason,
      JSON.stringify(action.detail ?? {}),
    ],
  );
}

export interface OperatorActionRow {
  readonly id: number;
  readonly at: number;
  readonly who: string;
  readonly verb: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly reason: string;
  readonly detail: string;
}

/** The newest first. */
export async function listOperatorActions(
  db: SqlReader,
  limit: number,
  beforeId = Number.MAX_SAFE_INTEGER,
): Promise<OperatorActionRow[]> {
  return db.all(
    `select id, at, who, verb, subject_kind as subjectKind, subject_id as subjectId, reason, detail
       from s_operator_action where id < ? order by id desc limit ${Math.trunc(limit)}`,
    [beforeId],
  );
}
