import { wakeOutbox } from '../node/outbox.ts';
import { type CallRow, findCall } from './call-rows.ts';
import type { SettlementLine } from './define-downstream.ts';
import { insertEvidence } from './evidence.ts';
import { bySlice, inLockedSlice } from './in-locked-slice.ts';
import type { MoneyContext } from './money-context.ts';
import { settleCalls } from './settle-calls.ts';

/**
 * A line of the downstream's settlement file is a success with its reference. Where it matches an open call in
 * account, currency and amount it settles it, as a reply would have. Lines of settled calls are the reconciliation's
 * business; a line that differs settles nothing here.
 */
export async function applySettlementLines(context: MoneyContext, lines: readonly SettlementLine[]): Promise<number> {
  const open = await openCallsOf(context, lines);
  let settled = 0;
  for (const [runId, sliceNo, matches] of bySlice(open)) {
    const counts = await inLockedSlice(context, 'settle-from-file', { runId, sliceNo }, async (tx, slice, facts) => {
      const entries = [];
      for (const { call, line } of matches) {
        const evidenceId = await insertEvidence(tx, context.downstreamId, {
          kind: 'file',
          runId: call.runId,
          asked: 1,
          firstRequestNo: call.requestNo,
          httpStatus: null,
          outcome: 'settled',
          body: JSON.stringify(line),
        });
        const verdict = { kind: 'success' as const, gatewayRef: line.gatewayRef };
        entries.push({ ...call, result: { kind: 'judged' as const, verdict }, via: 'file' as const, evidenceId });
      }
      return settleCalls(tx, context, slice, facts, entries, 'file');
    });
    settled += counts.settled;
  }
  wakeOutbox(context.store);
  return settled;
}

interface Match {
  readonly runId: number;
  readonly sliceNo: number;
  readonly call: CallRow;
  readonly line: SettlementLine;
}

async function openCallsOf(context: MoneyContext, lines: readonly SettlementLine[]): Promise<readonly Match[]> {
  return context.store.read('match-settlement-lines', async (db) => {
    const keys = await context.book.find(
      db,
      lines.map((line) => line.requestNo),
    );
    const matches: Match[] = [];
    for (const line of lines) {
      const key = keys.get(line.requestNo);
      const call = key ? await findCall(db, { downstreamId: context.downstreamId, ...key }) : null;
      if (call && isOpen(call) && matchesInFull(call, line)) {
        matches.push({ runId: call.runId, sliceNo: call.sliceNo, call, line });
      }
    }
    return matches;
  });
}

const isOpen = (call: CallRow): boolean => call.state === 'STORED' || call.state === 'SENT' || call.state === 'UNKNOWN';

const matchesInFull = (call: CallRow, line: SettlementLine): boolean =>
  line.requestNo === call.requestNo &&
  line.accountNo === call.accountNo &&
  line.currency === call.currency &&
  line.amount === String(call.amountMinor) &&
  line.gatewayRef !== '' &&
  line.gatewayRef.length <= 128;
