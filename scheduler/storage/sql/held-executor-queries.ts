import type { SqlTx } from '../../../shared/sql/sql.ts';

/**
 * An executor that asks for its messages is there, as if it had sent a heartbeat. Only the process that registered, and
 * only while nothing has to be decided about it: coming back from silence takes a heartbeat.
 */
export async function hearHeldExecutor(
  tx: SqlTx,
  executor: { readonly group: string; readonly address: string; readonly incarnation: string },
): Promise<void> {
  await tx.run(
    `update s_executor set last_beat_at = ? where app_name = ? and address = ? and incarnation = ?
      and state in ('alive', 'draining')`,
    [tx.nowMs, executor.group, executor.address, executor.incarnation],
  );
}
