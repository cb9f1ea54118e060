import type { SqlTx, SqlValue } from '../../shared/sql/sql.ts';
import { endLease, holds, type SliceLease } from '../slice/slice-lease.ts';
import { appendHistory, lockSlice, type SliceRow, saveSlice } from '../slice/slice-row.ts';
import type { CallRow } from './call-rows.ts';
import type { Outcome } from './define-downstream.ts';
import { insertEvidence } from './evidence.ts';
import type { CallResult, Exchanged } from './exchange-calls.ts';
import type { MoneyContext } from './money-context.ts';
import { settleCalls, settledItemOf } from './settle-calls.ts';
import { openWaiting, rangesWithout, type StoredChunk } from './store-chunk.ts';
import { finishSettling, type SliceFacts, tellIfSettled } from './tell-settled.ts';

/**
 * The chunk's second transaction (P4): evidence, outcomes, ledger, open rows, history, cursor and counts, all where
 * epoch = mine. Clear answers are written in sets. When something else was quicker (a callback between the two
 * transactions), the sets do not add up: everything is rolled back and done one by one.
 */
export interface SettledChunk {
  readonly kind: 'settled' | 'lease_lost';
  readonly unclear: number;
  /** The slice's end under this transaction's lock. */
  readonly hi: number;
}

export async function settleChunk(
  context: MoneyContext,
  lease: SliceLease,
  facts: SliceFacts,
  chunk: StoredChunk,
  exchanges: readonly Exchanged[],
): Promise<SettledChunk> {
  try {
    return await settleIn(context, lease, facts, chunk, exchanges, settleInSets);
  } catch (error) {
    if (!(error instanceof ChunkDisturbed)) throw error;
    return settleIn(context, lease, facts, chunk, exchanges, settleOneByOne);
  }
}

class ChunkDisturbed extends Error {}

type SettleWay = (tx: SqlTx, at: ChunkAt) => Promise<number>;

interface ChunkAt {
  readonly context: MoneyContext;
  readonly lease: SliceLease;
  readonly slice: SliceRow;
  readonly facts: SliceFacts;
  readonly chunk: StoredChunk;
  readonly exchanges: readonly Exchanged[];
  readonly evidenceIds: readonly number[];
}

function settleIn(
  context: MoneyContext,
  lease: SliceLease,
  facts: SliceFacts,
  chunk: StoredChunk,
  exchanges: readonly Exchanged[],
  way: SettleWay,
): Promise<SettledChunk> {
  return context.store.transaction('settle-chunk', async (tx) => {
    const slice = await lockSlice(tx, lease.runId, lease.sliceNo);
    const evidenceIds: number[] = [];
    for (const { evidence } of exchanges) evidenceIds.push(await insertEvidence(tx, context.downstreamId, evidence));
    // A stale holder's answer is kept as evidence and changes nothing: the heir has opened the items, the sweep asks.
    if (!holds(slice, lease)) return { kind: 'lease_lost', unclear: chunk.calls.length, hi: chunk.hi };

    const unclear = await way(tx, { context, lease, slice, facts, chunk, exchanges, evidenceIds });
    slice.openCount += await openWaiting(tx, context, lease, chunk.waiting);
    slice.cursorSeq = chunk.toSeq;
    slice.leaseUntil = tx.nowMs + context.settings.leaseMs;
    if (chunk.toSeq >= slice.hi) await endLease(tx, slice);
    await tellIfSettled(tx, slice, facts);
    if (!(await saveSlice(tx, slice, lease.epoch))) throw new Error('the slice changed under its lock');
    return { kind: 'settled', unclear, hi: slice.hi };
  });
}

/** Outcomes that sets can take: clear for good. Everything else goes one by one through the common decision. */
interface Clear {
  readonly call: CallRow;
  readonly outcome: Outcome;
  readonly evidenceId: number;
}
interface Rest {
  readonly call: CallRow;
  readonly result: CallResult;
  readonly evidenceId: number;
}

function sortResults(
  exchanges: readonly Exchanged[],
  evidenceIds: readonly number[],
): { clear: Clear[]; rest: Rest[] } {
  const clear: Clear[] = [];
  const rest: Rest[] = [];
  exchanges.forEach((exchange, at) => {
    const evidenceId = evidenceIds[at] ?? 0;
    for (const call of exchange.calls) {
      const result = exchange.result(call);
      const outcome = result.kind === 'judged' ? clearOutcome(result) : null;
      if (outcome) clear.push({ call, outcome, evidenceId });
      else rest.push({ call, result, evidenceId });
    }
  });
  return { clear, rest };
}

function clearOutcome({ verdict }: Extract<CallResult, { kind: 'judged' }>): Outcome | null {
  if (verdict.kind === 'success') {
    return { state: 'SUCCESS', code: 'OK', gatewayRef: verdict.gatewayRef, settledBy: 'reply' };
  }
  if (verdict.kind === 'failed') {
    return { state: 'FAILED', code: verdict.code, gatewayRef: verdict.gatewayRef, settledBy: 'reply' };
  }
  return null;
}

async function settleInSets(tx: SqlTx, at: ChunkAt): Promise<number> {
  if (await hasOpenRows(tx, at)) throw new ChunkDisturbed();
  const { clear, rest } = sortResults(at.exchanges, at.evidenceIds);
  const failed = clear.filter(({ outcome }) => outcome.state === 'FAILED');
  const paid = clear.filter(({ outcome }) => outcome.state === 'SUCCESS');
  await moveItems(tx, at, failed, paid, rest);
  await endCalls(tx, clear);
  await bookLedger(tx, at.facts, paid);
  at.slice.settledCount += clear.length;
  await appendHistory(tx, at.slice, {
    fromSeq: at.chunk.fromSeq,
    toSeq: at.chunk.toSeq,
    fromState: 'PROCESSING',
    toState: 'SUCCESS',
    actor: at.lease.owner,
    exceptions: [
      ...failed.map(({ call, outcome }) => [call.seq, 'FAILED', outcome.code] as const),
      ...rest.map(({ call }) => [call.seq, 'PROCESSING'] as const),
    ],
  });
  const settled = clear.map(({ call, outcome }) => settledItemOf(call, outcome, at.facts));
  await finishSettling(tx, at.context, at.facts, settled, []);
  const { opened } = await settleCalls(tx, at.context, at.slice, at.facts, rest.map(entryOf), at.lease.owner);
  return opened;
}

/** A callback that came first and settled nothing has opened a row, which has to be closed with its item. */
async function hasOpenRows(tx: SqlTx, { lease, chunk }: ChunkAt): Promise<boolean> {
  const row = await tx.get(
    'select 1 as there from open_item where run_id = ? and slice_no = ? and seq >= ? and seq <= ? limit 1',
    [lease.runId, lease.sliceNo, chunk.fromSeq, chunk.toSeq],
  );
  return row !== null;
}

async function settleOneByOne(tx: SqlTx, at: ChunkAt): Promise<number> {
  const entries = at.exchanges.flatMap((exchange, index) =>
    exchange.calls.map((call) =>
      entryOf({ call, result: exchange.result(call), evidenceId: at.evidenceIds[index] ?? 0 }),
    ),
  );
  const { opened } = await settleCalls(tx, at.context, at.slice, at.facts, entries, at.lease.owner);
  return opened;
}

const entryOf = ({ call, result, evidenceId }: Rest) => ({
  subject: call.subject,
  presentation: call.presentation,
  attempt: call.attempt,
  result,
  via: 'reply' as const,
  evidenceId,
});

/**
 * Failed items by key, then the paid ones by the ranges between what stays PROCESSING: the guard on state and attempt
 * makes each item change once. A count that is off means that another path was quicker with one of them.
 */
async function moveItems(
  tx: SqlTx,
  { lease, chunk }: ChunkAt,
  failed: readonly Clear[],
  paid: readonly Clear[],
  rest: readonly Rest[],
): Promise<void> {
  let matched = await tx.updateRows(
    {
      table: 'item',
      key: ['run_id', 'slice_no', 'seq'],
      set: ['state', 'reason'],
      guard: `state = 'PROCESSING' and attempt = 1`,
    },
    failed.map(({ call, outcome }) => [lease.runId, lease.sliceNo, call.seq, 'FAILED', outcome.code]),
  );
  const stays = rest.map(({ call }) => call.seq);
  for (const [fromSeq, toSeq] of paid.length === 0 ? [] : rangesWithout(chunk.calls, stays)) {
    matched += await tx.run(
      `update item set state = 'SUCCESS' where run_id = ? and slice_no = ? and seq >= ? and seq <= ?
         and state = 'PROCESSING' and attempt = 1`,
      [lease.runId, lease.sliceNo, fromSeq, toSeq],
    );
  }
  if (matched !== failed.length + paid.length) throw new ChunkDisturbed();
}

async function endCalls(tx: SqlTx, clear: readonly Clear[]): Promise<void> {
  const matched = await tx.updateRows(
    {
      table: 'call_out',
      key: ['downstream_id', 'subject', 'presentation', 'attempt'],
      set: ['state', 'code', 'gateway_ref', 'settled_by', 'settled_at', 'evidence_id'],
      guard: `state in ('SENT', 'UNKNOWN')`,
    },
    clear.map(({ call, outcome, evidenceId }): SqlValue[] => [
      call.downstreamId,
      call.subject,
      call.presentation,
      call.attempt,
      outcome.state === 'SUCCESS' ? 'SUCCEEDED' : 'REFUSED',
      outcome.code,
      outcome.gatewayRef,
      'reply',
      tx.nowMs,
      evidenceId,
    ]),
  );
  if (matched !== clear.length) throw new ChunkDisturbed();
}

async function bookLedger(tx: SqlTx, facts: SliceFacts, paid: readonly Clear[]): Promise<void> {
  await tx.insertRows(
    {
      table: 'ledger',
      columns: [
        'downstream_id',
        'subject',
        'presentation',
        'attempt',
        'entry_type',
        'run_id',
        'group_name',
        'currency',
        'amount_minor',
        'gateway_ref',
        'booked_at',
      ],
    },
    paid.map(({ call, outcome }) => [
      call.downstreamId,
      call.subject,
      call.presentation,
      call.attempt,
      'DEBIT',
      call.runId,
      facts.group,
      call.currency,
      call.amountMinor,
      outcome.gatewayRef,
      tx.nowMs,
    ]),
  );
}
