import type { SqlTx } from '../../shared/sql/sql.ts';
import type { CallRow } from './call-rows.ts';

/** One entry per debit that succeeded, in the settling transaction; its key is the call's, so there is no second. */
export function bookDebit(tx: SqlTx, call: CallRow, entry: { group: string; gatewayRef: string }): Promise<number> {
  return tx.run(
    `insert into ledger (downstream_id, subject, presentation, attempt, entry_type, run_id, group_name, currency,
       amount_minor, gateway_ref, booked_at) values (?, ?, ?, ?, 'DEBIT', ?, ?, ?, ?, ?, ?)`,
    [
      call.downstreamId,
      call.subject,
      call.presentation,
      call.attempt,
      call.runId,
      entry.group,
      call.currency,
      call.amountMinor,
      entry.gatewayRef,
      tx.nowMs,
    ],
  );
}
