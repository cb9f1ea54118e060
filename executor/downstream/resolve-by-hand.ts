import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { wakeOutbox } from '../node/outbox.ts';
import { appendListed, type SliceRow } from '../slice/slice-row.ts';
import { findByRequestNo } from './accept-gateway-callback.ts';
import { type CallRow, findCall } from './call-rows.ts';
import type { Outcome, SettledItem } from './define-downstream.ts';
import { insertEvidence } from './evidence.ts';
import { inLockedSlice } from './in-locked-slice.ts';
import { bookDebit } from './ledger.ts';
import type { MoneyContext } from './money-context.ts';
import type { HandResolution } from './money-engine.ts';
import { insertOpenRows } from './open-rows.ts';
import { settledItemOf } from './settle-calls.ts';
import { ATTEMPTS_MAX } from './settle-decision.ts';
import { finishSettling, type SliceFacts } from './tell-settled.ts';

/** Two people say what became of a MANUAL item. The only way out of MANUAL but for a full match of late evidence. */
export async function resolveByHand(
  context: MoneyContext,
  request: HandResolution,
): Promise<{ runId: number; state: string }> {
  assertTwoPeople(request);
  const found = await findByRequestNo(context, request.requestNo);
  if (!found) {
    throw new DaybreakError('ITEM_NOT_FOUND', `no call has the request number ${request.requestNo}`, {
      details: { requestNo: request.requestNo },
    });
  }
  const state = request.as === 'success' ? 'SUCCESS' : request.as === 'failed' ? 'FAILED' : 'RETRY_WAIT';
  await inLockedSlice(context, 'resolve-by-hand', found, async (tx, slice, facts) => {
    const call = await findCall(tx, found, tx.forUpdate);
    if (!call) throw new DaybreakError('ITEM_NOT_FOUND', `no call has the request number ${request.requestNo}`);
    if (state === 'RETRY_WAIT') assertAttemptsLeft(call);
    await moveManual(tx, call, state, request);
    const evidenceId = await insertEvidence(tx, context.downstreamId, {
      kind: 'hand',
      runId: call.runId,
      asked: 1,
      firstRequestNo: call.requestNo,
      httpStatus: null,
      outcome: request.as,
      body: JSON.stringify({ by: request.by, approvedBy: request.approvedBy, reason: request.reason }),
    });
    await record(tx, context, call, request);
    await appendListed(tx, slice, `${request.by} + ${request.approvedBy}`.slice(0, 128), [
      [call.seq, `MANUAL>${state}`, request.reason.slice(0, 64)],
    ]);
    if (state === 'RETRY_WAIT') await openForRetry(tx, context, slice, call, facts);
    else await settleByHand(tx, context, call, facts, state, evidenceId);
  });
  wakeOutbox(context.store);
  return { runId: found.runId, state };
}

function assertTwoPeople({ by, approvedBy, reason }: HandResolution): void {
  const same = by.trim().toLowerCase() === approvedBy.trim().toLowerCase();
  if (by.trim() === '' || approvedBy.trim() === '' || same) {
    throw new DaybreakError('TWO_PEOPLE_NEEDED', 'a resolution needs two different people: --by and --approved-by');
  }
  if (reason.trim() === '') throw new DaybreakError('BAD_INPUT', 'a resolution needs a reason: --reason TEXT');
}

function assertAttemptsLeft(call: CallRow): void {
  if (call.attempt < ATTEMPTS_MAX) return;
  throw new DaybreakError(
    'STATE_REFUSED',
    `${call.requestNo} is its item's last attempt of ${ATTEMPTS_MAX}: resolve it as success or failed; after failed the next night may present it anew`,
    { details: { requestNo: call.requestNo } },
  );
}

async function moveManual(tx: SqlTx, call: CallRow, state: string, request: HandResolution): Promise<void> {
  const matched = await tx.run(
    `update item set state = ?, reason = ? where run_id = ? and slice_no = ? and seq = ? and state = 'MANUAL'
       and attempt = ?`,
    [state, 'BY_HAND', call.runId, call.sliceNo, call.seq, call.attempt],
  );
  if (matched === 1) return;
  throw new DaybreakError(
    'STATE_REFUSED',
    `${request.requestNo} is not MANUAL, or is not its item's last attempt: only a MANUAL item is resolved by hand`,
    { details: { requestNo: request.requestNo } },
  );
}

async function record(tx: SqlTx, context: MoneyContext, call: CallRow, request: HandResolution): Promise<void> {
  await tx.run(
    `insert into resolution (downstream_id, request_no, run_id, resolved_as, made_by, approved_by, reason, at_ms)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      context.downstreamId,
      call.requestNo,
      call.runId,
      request.as,
      request.by.trim(),
      request.approvedBy.trim(),
      request.reason,
      tx.nowMs,
    ],
  );
}

async function settleByHand(
  tx: SqlTx,
  context: MoneyContext,
  call: CallRow,
  facts: SliceFacts,
  state: 'SUCCESS' | 'FAILED',
  evidenceId: number,
): Promise<void> {
  const outcome: Outcome = { state, code: state === 'SUCCESS' ? 'OK' : 'BY_HAND', gatewayRef: null, settledBy: 'hand' };
  await tx.run(
    `update call_out set state = ?, code = ?, settled_by = 'hand', settled_at = ?, evidence_id = ?
     where downstream_id = ? and subject = ? and presentation = ? and attempt = ?`,
    [
      state === 'SUCCESS' ? 'SUCCEEDED' : 'REFUSED',
      outcome.code,
      tx.nowMs,
      evidenceId,
      call.downstreamId,
      call.subject,
      call.presentation,
      call.attempt,
    ],
  );
  if (state === 'SUCCESS') {
    await bookDebit(tx, call, { group: facts.group, gatewayRef: `hand:${evidenceId}` });
  }
  const settled: SettledItem = settledItemOf(call, outcome, facts);
  await finishSettling(tx, context, facts, [settled], []);
}

async function openForRetry(
  tx: SqlTx,
  context: MoneyContext,
  slice: SliceRow,
  call: CallRow,
  facts: SliceFacts,
): Promise<void> {
  slice.settledCount -= 1;
  // What held the obligation has been looked at: should the cut-off come first, the next night presents it.
  await context.jobs.get(facts.jobName)?.onUnheld?.(tx, [{ subject: call.subject, presentation: call.presentation }]);
  slice.openCount += await insertOpenRows(tx, [
    {
      downstreamId: context.downstreamId,
      runId: call.runId,
      sliceNo: call.sliceNo,
      seq: call.seq,
      reason: 'RETRY_WAIT',
      detail: 'BY_HAND',
      nextCheckAt: tx.nowMs,
      batchCap: null,
    },
  ]);
}
