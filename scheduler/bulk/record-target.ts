import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';
import { appendAudit } from '../admin/audit/append-audit.ts';
import { snapshotOf } from '../admin/audit/snapshots.ts';
import { groupsOf } from '../admin/rights/find-groups.ts';
import type { BulkOperationRow, BulkTargetRow } from '../storage/sql/bulk-queries.ts';
import type { BulkRecord } from './bulk.ts';
import { BULK_ACTS, type BulkVerb } from './bulk-verbs.ts';

/** Each is called as the route that does it to one, so that a filter of the log finds both. */
const ACTIONS: Readonly<Record<BulkVerb, string>> = {
  enable: 'job.enable',
  disable: 'job.disable',
  remove: 'job.remove',
  tag: 'job.labels',
  untag: 'job.labels',
  hold: 'hold',
  release: 'hold.release',
  trigger: 'job.run',
  kill: 'run.kill',
  rerun: 'run.rerun',
  'rerun-failed': 'run.rerun',
  resume: 'run.rerun',
  'close-alarm': 'alarm.close',
};

/** How a target stands, where its operation is one of the audit log's. */
export async function targetState(db: SqlReader, operation: BulkOperationRow, target: BulkTargetRow): Promise<unknown> {
  return operation.recordedAs === null ? null : snapshotOf(db, refOf(operation, target));
}

/** The target's own entry in the audit log, in the transaction of what was done to it; a program's has none. */
export async function recordTarget(
  tx: SqlTx,
  operation: BulkOperationRow,
  target: BulkTargetRow,
  end: { readonly outcome: 'done'; readonly before: unknown } | { readonly outcome: 'refused'; readonly why: string },
): Promise<void> {
  if (operation.recordedAs === null) return;
  const { principalKind, who, from } = JSON.parse(operation.recordedAs) as BulkRecord;
  const ref = refOf(operation, target);
  const groups = await groupsOf(tx, ref);
  const order = { bulkOperation: operation.id, verb: operation.verb, args: JSON.parse(operation.args) as unknown };
  await appendAudit(tx, {
    principalKind,
    who,
    from,
    action: ACTIONS[operation.verb as BulkVerb],
    subjectKind: ref.kind,
    subjectId: ref.id,
    group: Array.isArray(groups) ? (groups[0] ?? null) : null,
    outcome: end.outcome,
    reason: end.outcome === 'done' ? operation.reason : `${end.why} (${operation.reason})`,
    before: end.outcome === 'done' ? end.before : null,
    after: end.outcome === 'done' ? { order, state: await targetState(tx, operation, target) } : { order },
  });
}

const refOf = ({ verb }: BulkOperationRow, { targetId }: BulkTargetRow) => ({
  kind: BULK_ACTS[verb as BulkVerb].of,
  id: targetId,
});
