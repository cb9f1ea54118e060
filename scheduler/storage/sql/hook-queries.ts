import type { SqlTx } from '../../../shared/sql/sql.ts';
import { NOT_YET } from '../../shard/hook-shards.ts';

/** Lets the shards from that index on go that waited for others of their run (primary key). */
export async function releaseShards(tx: SqlTx, runId: number, { from }: { readonly from: number }): Promise<number> {
  return tx.run(
    `update s_shard set ready_at = ? where run_id = ? and shard_index >= ? and state = 'ready' and ready_at = ?`,
    [tx.nowMs, runId, from, NOT_YET],
  );
}

/** Ends those that waited for others of their run, and will not be run. */
export async function cancelHeldShards(tx: SqlTx, runId: number, reason: string): Promise<number> {
  return tx.run(
    `update s_shard set state = 'cancelled', reason = ?, ended_at = ? where run_id = ? and state = 'ready' and ready_at = ?`,
    [reason, tx.nowMs, runId, NOT_YET],
  );
}
