import { hash } from 'node:crypto';
import type { SqlReader, SqlTx, SqlValue } from '../../shared/sql/sql.ts';
import type { Debit } from './define-downstream.ts';
import type { CallState } from './item-states.ts';

/** Calls as they lie in the store. Their key is the idempotency key taken apart: one live call per item and attempt. */
export interface CallRow {
  readonly downstreamId: number;
  readonly subject: number;
  readonly presentation: number;
  readonly attempt: number;
  readonly runId: number;
  readonly sliceNo: number;
  readonly seq: number;
  readonly requestNo: string;
  readonly accountNo: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly expireAt: number;
  readonly keyDeadAt: number;
  readonly storedAt: number;
  readonly sendDeadlineAt: number;
  readonly sends: number;
  readonly state: CallState;
  readonly accepted: boolean;
  readonly code: string | null;
  readonly gatewayRef: string | null;
}

export const debitOf = (call: CallRow): Debit => ({
  requestNo: call.requestNo,
  accountNo: call.accountNo,
  amount: call.amountMinor,
  currency: call.currency,
  expireAt: call.expireAt,
});

/** The hash of the one debit: the same key with another body can never be sent unseen (I22). */
export const bodyHash = (debit: Debit): string =>
  hash('sha256', `${debit.requestNo}|${debit.accountNo}|${debit.amount}|${debit.currency}|${debit.expireAt}`);

const COLUMNS = [
  'downstream_id',
  'subject',
  'presentation',
  'attempt',
  'run_id',
  'slice_no',
  'seq',
  'request_no',
  'account_no',
  'amount_minor',
  'currency',
  'expire_at',
  'key_dead_at',
  'stored_at',
  'send_deadline_at',
  'sends',
  'state',
];

/**
 * Writes the calls before a byte leaves. They are born SENT: this row, committed, is the durable mark of the first
 * send (P3). A second call for the same attempt breaks the primary key and with it the whole transaction.
 */
export async function insertCalls(tx: SqlTx, calls: readonly CallRow[]): Promise<void> {
  await tx.insertRows(
    { table: 'call_out', columns: [...COLUMNS, 'body_hash'] },
    calls.map((call) => [
      call.downstreamId,
      call.subject,
      call.presentation,
      call.attempt,
      call.runId,
      call.sliceNo,
      call.seq,
      call.requestNo,
      call.accountNo,
      call.amountMinor,
      call.currency,
      call.expireAt,
      call.keyDeadAt,
      call.storedAt,
      call.sendDeadlineAt,
      call.sends,
      call.state,
      bodyHash(debitOf(call)),
    ]),
  );
}

const SELECT = `select ${COLUMNS.join(', ')}, accepted, code, gateway_ref from call_out`;

export async function findCall(
  db: SqlReader,
  key: { downstreamId: number; subject: number; presentation: number; attempt: number },
  lock = '',
): Promise<CallRow | null> {
  const [row] = await db.arrays(
    `${SELECT} where downstream_id = ? and subject = ? and presentation = ? and attempt = ?${lock}`,
    [key.downstreamId, key.subject, key.presentation, key.attempt],
  );
  return row ? callOf(row) : null;
}

function callOf(row: readonly SqlValue[]): CallRow {
  return {
    downstreamId: Number(row[0]),
    subject: Number(row[1]),
    presentation: Number(row[2]),
    attempt: Number(row[3]),
    runId: Number(row[4]),
    sliceNo: Number(row[5]),
    seq: Number(row[6]),
    requestNo: String(row[7]),
    accountNo: String(row[8]),
    amountMinor: Number(row[9]),
    currency: String(row[10]),
    expireAt: Number(row[11]),
    keyDeadAt: Number(row[12]),
    storedAt: Number(row[13]),
    sendDeadlineAt: Number(row[14]),
    sends: Number(row[15]),
    state: row[16] as CallState,
    accepted: Number(row[17]) === 1,
    code: row[18] as string | null,
    gatewayRef: row[19] as string | null,
  };
}

const OPEN_CALL = `state in ('STORED', 'SENT', 'UNKNOWN')`;
const BY_KEY = 'downstream_id = ? and subject = ? and presentation = ? and attempt = ?';
const keyOf = (call: CallRow): SqlValue[] => [call.downstreamId, call.subject, call.presentation, call.attempt];

/** A definite end; a call that has one keeps it. */
export function endCall(
  tx: SqlTx,
  call: CallRow,
  end: { state: CallState; code: string; gatewayRef: string | null; settledBy: string; evidenceId: number },
): Promise<number> {
  return tx.run(
    `update call_out set state = ?, code = ?, gateway_ref = ?, settled_by = ?, settled_at = ?, evidence_id = ?
     where ${BY_KEY} and ${OPEN_CALL}`,
    [end.state, end.code.slice(0, 64), end.gatewayRef, end.settledBy, tx.nowMs, end.evidenceId, ...keyOf(call)],
  );
}

/** Asked or sent, and still nothing definite. `accepted`: the downstream has called it PROCESSING. */
export function markUnknown(tx: SqlTx, call: CallRow, accepted: boolean): Promise<number> {
  return tx.run(
    `update call_out set state = 'UNKNOWN', checks = checks + 1${accepted ? ', accepted = 1' : ''}
     where ${BY_KEY} and ${OPEN_CALL}`,
    keyOf(call),
  );
}

/** Counts another send, if nobody else has counted one or settled the call since it was read. */
export async function markSentAgain(tx: SqlTx, call: CallRow, sendDeadlineAt: number): Promise<boolean> {
  const matched = await tx.run(
    `update call_out set sends = sends + 1, state = 'SENT', send_deadline_at = ?
     where ${BY_KEY} and sends = ? and ${OPEN_CALL}`,
    [sendDeadlineAt, ...keyOf(call), call.sends],
  );
  return matched === 1;
}

/** A send that is known never to have left; STORED again when it was the only one. */
export function takeBackSend(tx: SqlTx, call: CallRow): Promise<number> {
  return tx.run(
    `update call_out set state = ?, sends = sends - 1 where ${BY_KEY} and sends > 0 and state in ('SENT', 'UNKNOWN')`,
    [call.sends <= 1 ? 'STORED' : 'UNKNOWN', ...keyOf(call)],
  );
}
