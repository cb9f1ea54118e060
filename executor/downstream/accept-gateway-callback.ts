import { hash } from 'node:crypto';
import type { Logger } from '../../shared/logger.ts';
import { wakeOutbox } from '../node/outbox.ts';
import { type CallRow, findCall } from './call-rows.ts';
import { type CallbackEvent, parseCallback } from './callback-event.ts';
import { verifyCallback } from './callback-signature.ts';
import { insertEvidence } from './evidence.ts';
import { inLockedSlice } from './in-locked-slice.ts';
import type { MoneyContext } from './money-context.ts';
import { settleCalls } from './settle-calls.ts';
import { judgeEntries } from './verdict.ts';

/**
 * A callback from the downstream (P8): evidence like any other, by the same verdicts. It is stored before it is
 * answered, each (event, body) once; a wrong signature changes nothing; an old one, or one for a call that we do not
 * know, is stored and settles nothing by itself.
 */
export interface CallbackAnswer {
  readonly status: number;
  readonly body: string;
}

const OLD_MS = 24 * 3_600_000;

export async function acceptGatewayCallback(
  context: MoneyContext,
  rawBody: Buffer,
  signature: string | null,
): Promise<CallbackAnswer> {
  const verified = verifyCallback(context.settings.callbackSecret ?? '', signature, rawBody);
  if (!verified.ok) {
    context.metrics.callback('forged');
    context.logger.warn({ why: verified.why }, 'a gateway callback with a wrong signature was refused');
    return { status: 401, body: 'signature refused' };
  }
  const event = parseCallback(rawBody);
  if (!event) {
    context.metrics.callback('malformed');
    return { status: 400, body: 'not a callback: eventId and requestNo are needed' };
  }
  const isOld = Math.abs(context.runtime.clock.wallMs() - verified.tMs) > OLD_MS;
  await takeCallback(context, rawBody, event, isOld, context.logger);
  wakeOutbox(context.store);
  return { status: 200, body: 'stored' };
}

async function takeCallback(
  context: MoneyContext,
  rawBody: Buffer,
  event: CallbackEvent,
  isOld: boolean,
  logger: Logger,
): Promise<void> {
  const call = await findByRequestNo(context, event.requestNo);
  if (!call) {
    await keepOnly(context, rawBody, event, 'UNKNOWN_REFERENCE');
    logger.warn({ requestNo: event.requestNo }, 'a gateway callback names a call that is not ours; it is stored');
    return;
  }
  if (isOld) return askInstead(context, rawBody, event, call);
  await inLockedSlice(context, 'settle-callback', call, async (tx, slice, facts) => {
    const body = rawBody.toString('utf8');
    const evidenceId = await insertEvidence(tx, context.downstreamId, {
      kind: 'callback',
      runId: call.runId,
      asked: 1,
      firstRequestNo: event.requestNo,
      httpStatus: null,
      outcome: 'answered',
      body,
    });
    if (!(await keepOnce(tx, context, rawBody, event, evidenceId, null))) return context.metrics.callback('repeated');
    const known = await findCall(tx, call);
    if (!known) return;
    const verdict = judgeEntries(known, [event.entry], { via: 'callback', nowMs: tx.nowMs });
    const entry = { ...call, result: { kind: 'judged' as const, verdict }, via: 'callback' as const, evidenceId };
    await settleCalls(tx, context, slice, facts, [entry], 'callback');
    context.metrics.callback('taken');
  });
}

/** Signed more than a day away from now: stored, makes us ask, settles nothing. */
async function askInstead(context: MoneyContext, rawBody: Buffer, event: CallbackEvent, call: CallRow): Promise<void> {
  await keepOnly(context, rawBody, event, 'OLD');
  await context.store.transaction('wake-open-item', (tx) =>
    tx.run('update open_item set next_check_at = ? where run_id = ? and slice_no = ? and seq = ?', [
      tx.nowMs,
      call.runId,
      call.sliceNo,
      call.seq,
    ]),
  );
}

async function keepOnly(context: MoneyContext, rawBody: Buffer, event: CallbackEvent, reason: string): Promise<void> {
  await context.store.transaction('keep-callback', async (tx) => {
    const evidenceId = await insertEvidence(tx, context.downstreamId, {
      kind: 'callback',
      runId: null,
      asked: 1,
      firstRequestNo: event.requestNo.slice(0, 64),
      httpStatus: null,
      outcome: reason.toLowerCase(),
      body: rawBody.toString('utf8'),
    });
    await keepOnce(tx, context, rawBody, event, evidenceId, reason);
  });
  context.metrics.callback(reason.toLowerCase());
}

async function keepOnce(
  tx: Parameters<typeof insertEvidence>[0],
  context: MoneyContext,
  rawBody: Buffer,
  event: CallbackEvent,
  evidenceId: number,
  reason: string | null,
): Promise<boolean> {
  const inserted = await tx.insertRows(
    {
      table: 'callback_inbox',
      columns: ['downstream_id', 'event_id', 'body_hash', 'request_no', 'evidence_id', 'reason', 'received_at'],
      onConflict: 'ignore',
    },
    [
      [
        context.downstreamId,
        event.eventId,
        hash('sha256', rawBody),
        event.requestNo.slice(0, 64),
        evidenceId,
        reason,
        tx.nowMs,
      ],
    ],
  );
  return inserted === 1;
}

export async function findByRequestNo(context: MoneyContext, requestNo: string): Promise<CallRow | null> {
  return context.store.read('find-call', async (db) => {
    const key = (await context.book.find(db, [requestNo])).get(requestNo);
    if (!key) return null;
    const call = await findCall(db, { downstreamId: context.downstreamId, ...key });
    return call?.requestNo === requestNo ? call : null;
  });
}
