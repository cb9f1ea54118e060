import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

export interface BulkOperationRow {
  readonly id: number;
  readonly requestId: string;
  readonly verb: string;
  readonly targetKind: string;
  readonly askedBy: string;
  readonly reason: string;
  /** What was asked for beside the list, as JSON text, and its hash with the list. */
  readonly args: string;
  readonly argsHash: string;
  /** Who asked through the admin, as JSON text; null: a program, which has no audit log. */
  readonly recordedAs: string | null;
  readonly atomic: number;
  readonly state: 'running' | 'done';
  /** Ids that are nobody's, as JSON text. */
  readonly unknownIds: string;
  readonly total: number;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

export interface BulkTargetRow {
  readonly operationId: number;
  readonly targetNo: number;
  readonly targetId: number;
  readonly state: 'open' | 'success' | 'failure';
  readonly reason: string | null;
  readonly result: string | null;
}

const COLUMNS = `id, request_id as requestId, verb, target_kind as targetKind, asked_by as askedBy, reason, args,
  args_hash as argsHash, recorded_as as recordedAs, atomic, state, unknown_ids as unknownIds, total, created_at as createdAt, ended_at as endedAt`;
const TARGET = `operation_id as operationId, target_no as targetNo, target_id as targetId, state, reason, result`;

/** False: the id of the request is there. */
export async function insertBulkOperation(
  tx: SqlTx,
  operation: Omit<BulkOperationRow, 'id' | 'state' | 'createdAt' | 'endedAt'>,
): Promise<boolean> {
  const inserted = await tx.insertRows(
    {
      table: 's_bulk_operation',
      columns: [
        'request_id',
        'verb',
        'target_kind',
        'asked_by',
        'reason',
        'args',
        'args_hash',
        'recorded_as',
        'atomic',
        'state',
        'unknown_ids',
        'total',
        'created_at',
      ],
      onConflict: 'ignore',
    },
    [
      [
        operation.requestId,
        operation.verb,
        operation.targetKind,
        operation.askedBy,
        operation.reason,
        operation.args,
        operation.argsHash,
        operation.recordedAs,
        operation.atomic,
        'running',
        operation.unknownIds,
        operation.total,
        tx.nowMs,
      ],
    ],
  );
  return inserted === 1;
}

export async function bulkByRequest(db: SqlReader, requestId: string): Promise<BulkOperationRow | null> {
  return db.get(`select ${COLUMNS} from s_bulk_operation where request_id = ?`, [requestId]);
}

export async function bulkById(db: SqlReader, id: number): Promise<BulkOperationRow | null> {
  return db.get(`select ${COLUMNS} from s_bulk_operation where id = ?`, [id]);
}

/** Locked, or null also when another scheduler works it just now. */
export async function pickBulk(tx: SqlTx, id: number): Promise<BulkOperationRow | null> {
  return tx.get(`select ${COLUMNS} from s_bulk_operation where id = ? and state = 'running'${tx.forUpdateSkipLocked}`, [
    id,
  ]);
}

/** Operations that are not through, the oldest first (index s_bulk_operation_state). */
export async function runningBulks(db: SqlReader): Promise<{ id: number; atomic: number }[]> {
  return db.all(`select id, atomic from s_bulk_operation where state = 'running' order by id`);
}

export interface NewTarget {
  readonly id: number;
  readonly claim: string;
  /** Why it will not be done, known before anything is: such a target is nobody's to claim. */
  readonly refusal: string | null;
}

/** In the order of their ids, so that of two operations one is refused and none waits for the other in a ring. */
export async function insertBulkTargets(
  tx: SqlTx,
  operationId: number,
  targets: readonly NewTarget[],
): Promise<number> {
  return tx.insertRows(
    {
      table: 's_bulk_target',
      columns: ['operation_id', 'target_no', 'target_id', 'claim_key', 'state', 'reason', 'ended_at'],
      onConflict: 'ignore',
    },
    targets.map(({ id, claim, refusal }, at) =>
      refusal === null
        ? [operationId, at, id, claim, 'open', null, null]
        : [operationId, at, id, null, 'failure', refusal, tx.nowMs],
    ),
  );
}

/** Who has one of these targets. */
export async function claimOwner(
  db: SqlReader,
  claims: readonly string[],
  notOf: number,
): Promise<(BulkOperationRow & { readonly targetId: number }) | null> {
  return db.get(
    `select o.id, o.request_id as requestId, o.verb, o.asked_by as askedBy, o.created_at as createdAt,
       t.target_id as targetId
      from s_bulk_target t join s_bulk_operation o on o.id = t.operation_id
      where t.claim_key in (${claims.map(() => '?').join(', ')}) and t.operation_id <> ? order by t.target_id limit 1`,
    [...claims, notOf],
  );
}

export async function openTargets(db: SqlReader, operationId: number, limit: number): Promise<BulkTargetRow[]> {
  return db.all(
    `select ${TARGET} from s_bulk_target where operation_id = ? and state = 'open' order by target_no limit ${limit}`,
    [operationId],
  );
}

export async function allTargets(db: SqlReader, operationId: number): Promise<BulkTargetRow[]> {
  return db.all(`select ${TARGET} from s_bulk_target where operation_id = ? order by target_no`, [operationId]);
}

/** Gives a target its end, and lets go of it. */
export async function endTarget(
  tx: SqlTx,
  target: Pick<BulkTargetRow, 'operationId' | 'targetNo'>,
  end: { readonly state: 'success' | 'failure'; readonly reason: string | null; readonly result: string | null },
): Promise<void> {
  await tx.run(
    `update s_bulk_target set state = ?, reason = ?, result = ?, claim_key = null, ended_at = ?
      where operation_id = ? and target_no = ? and state = 'open'`,
    [end.state, end.reason, end.result, tx.nowMs, target.operationId, target.targetNo],
  );
}

/** Done, once nothing of it is open. */
export async function endBulk(tx: SqlTx, id: number): Promise<boolean> {
  const ended = await tx.run(
    `update s_bulk_operation set state = 'done', ended_at = ? where id = ? and state = 'running'
       and not exists (select 1 from s_bulk_target where operation_id = ? and state = 'open')`,
    [tx.nowMs, id, id],
  );
  return ended === 1;
}
