import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { NodeMark } from '../../chain/judge-chain.ts';

export interface NodeMarkRow {
  readonly node: string;
  readonly mark: NodeMark;
  readonly reason: string;
  readonly askedBy: string;
  readonly askedAt: number;
  /** Null: asked for by one person, and without effect until another agrees. */
  readonly approvedBy: string | null;
  readonly approvedAt: number | null;
  /** For `inherited`: the run that stands for the node, or null where none was needed. */
  readonly runId: number | null;
}

const COLUMNS = `node, mark, reason, asked_by as askedBy, asked_at as askedAt, approved_by as approvedBy,
  approved_at as approvedAt, run_id as runId`;

/** Primary key of s_node_mark. */
export async function nodeMarks(db: SqlReader, chainRunId: number): Promise<NodeMarkRow[]> {
  return db.all(`select ${COLUMNS} from s_node_mark where chain_run_id = ? order by node`, [chainRunId]);
}

/** Asked for anew, a mark that nobody has agreed to yet is replaced. False: one that counts stands already. */
export async function askForMark(
  tx: SqlTx,
  mark: { chainRunId: number; node: string; mark: 'skipped' | 'succeeded'; reason: string; by: string },
): Promise<boolean> {
  await tx.run(`delete from s_node_mark where chain_run_id = ? and node = ? and approved_by is null`, [
    mark.chainRunId,
    mark.node,
  ]);
  const inserted = await tx.insertRows(
    {
      table: 's_node_mark',
      columns: ['chain_run_id', 'node', 'mark', 'reason', 'asked_by', 'asked_at'],
      onConflict: 'ignore',
    },
    [[mark.chainRunId, mark.node, mark.mark, mark.reason, mark.by, tx.nowMs]],
  );
  return inserted === 1;
}

/** False: nobody asked for it, or it counts already. */
export async function approveMark(tx: SqlTx, mark: { chainRunId: number; node: string; by: string }): Promise<boolean> {
  const approved = await tx.run(
    `update s_node_mark set approved_by = ?, approved_at = ?
      where chain_run_id = ? and node = ? and approved_by is null and asked_by <> ?`,
    [mark.by, tx.nowMs, mark.chainRunId, mark.node, mark.by],
  );
  return approved === 1;
}

export async function insertInherited(
  tx: SqlTx,
  chainRunId: number,
  nodes: readonly { node: string; runId: number | null; reason: string }[],
): Promise<void> {
  await tx.insertRows(
    {
      table: 's_node_mark',
      columns: [
        'chain_run_id',
        'node',
        'mark',
        'reason',
        'asked_by',
        'asked_at',
        'approved_by',
        'approved_at',
        'run_id',
      ],
    },
    nodes.map(({ node, runId, reason }) => [
      chainRunId,
      node,
      'inherited',
      reason,
      'scheduler',
      tx.nowMs,
      'scheduler',
      tx.nowMs,
      runId,
    ]),
  );
}
