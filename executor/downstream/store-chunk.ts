import type { SqlTx } from '../../shared/sql/sql.ts';
import { endLease, holds, type SliceLease } from '../slice/slice-lease.ts';
import { appendHistory, lockSlice, saveSlice } from '../slice/slice-row.ts';
import { type CallRow, insertCalls } from './call-rows.ts';
import type { MoneyContext } from './money-context.ts';
import type { DebitJob, GateDecision } from './money-engine.ts';
import { maySendAt, SEND_MARGIN_MS, sendDeadlineOf } from './next-step.ts';
import { insertOpenRows } from './open-rows.ts';
import { type SliceFacts, tellIfSettled } from './tell-settled.ts';

/** A chunk of a slice, read ahead outside any transaction: membership is frozen, so only states can change under it. */
export interface ChunkItem {
  readonly seq: number;
  readonly subject: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly presentation: number;
  readonly reference: string;
  readonly accountNo: string;
}

export interface StoredChunk {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly items: number;
  readonly blocked: number;
  readonly waiting: readonly { readonly seq: number; readonly reason: string }[];
  readonly calls: readonly CallRow[];
  /** P2's instant on the store's clock. */
  readonly storedAt: number;
}

export type StoreOutcome =
  | { readonly kind: 'stored'; readonly chunk: StoredChunk }
  | { readonly kind: 'lease_lost' }
  /** A send would have its deadline after the cut-off: nothing was written. */
  | { readonly kind: 'cut_off' };

export async function readChunk(
  context: MoneyContext,
  lease: SliceLease,
  job: DebitJob,
  cursorSeq: number,
  limit: number,
): Promise<readonly ChunkItem[]> {
  return context.store.read('read-chunk', async (db) => {
    const items = await db.arrays(
      `select seq, subject, amount_minor, currency, presentation from item
       where run_id = ? and slice_no = ? and seq > ? order by seq limit ${Math.trunc(limit)}`,
      [lease.runId, lease.sliceNo, cursorSeq],
    );
    const first = items[0];
    if (!first) return [];
    const fromSeq = Number(first[0]);
    const toSeq = Number(items.at(-1)?.[0]);
    const range = { runId: lease.runId, sliceNo: lease.sliceNo, fromSeq, toSeq };
    const details = await job.details(db, range);
    if (details.length !== items.length) {
      throw new Error(
        `${job.name}: details() gave ${details.length} rows for ${items.length} items of run ${lease.runId}`,
      );
    }
    return items.map((row, at) => {
      const detail = details[at];
      if (detail?.seq !== Number(row[0])) throw new Error(`${job.name}: details() must be in order of seq`);
      return {
        seq: Number(row[0]),
        subject: Number(row[1]),
        amountMinor: Number(row[2]),
        currency: String(row[3]),
        presentation: Number(row[4]),
        reference: detail.reference,
        accountNo: detail.accountNo,
      };
    });
  });
}

/**
 * The chunk's first transaction (P2): assert the lease, ask the gate, store the calls, move the items to PROCESSING.
 * Not a byte leaves before it is committed. From here to the second transaction the slice's lease and `sent_to_seq`
 * stand for the chunk: an heir opens what it finds PROCESSING in that range.
 */
export function storeChunk(
  context: MoneyContext,
  lease: SliceLease,
  job: DebitJob,
  facts: SliceFacts,
  items: readonly ChunkItem[],
): Promise<StoreOutcome> {
  return context.store.transaction('store-chunk', async (tx) => {
    const slice = await lockSlice(tx, lease.runId, lease.sliceNo);
    if (!holds(slice, lease)) return { kind: 'lease_lost' };
    const { gatewayTimeoutMs, leaseMs } = context.settings;
    if (!maySendAt(tx.nowMs, { gatewayTimeoutMs, cutOffAtMs: facts.cutOffAt ?? Number.MAX_SAFE_INTEGER })) {
      return { kind: 'cut_off' };
    }
    const gated = await askGate(tx, job, facts, lease, items);
    const debited = gated.size === 0 ? items : items.filter((item) => !gated.has(item.seq));
    const calls = debited.map((item) => newCall(context, tx.nowMs, lease, job, facts, item, 1));
    await insertCalls(tx, calls);
    const blocked = await block(tx, lease, gated);
    const waiting = [...gated].flatMap(([seq, d]) => (d.kind === 'wait' ? [{ seq, reason: d.reason }] : []));
    await startProcessing(
      tx,
      lease,
      items,
      waiting.map(({ seq }) => seq),
      debited.length,
    );

    const fromSeq = items[0]?.seq ?? 0;
    const toSeq = items.at(-1)?.seq ?? 0;
    await appendHistory(tx, slice, {
      fromSeq,
      toSeq,
      fromState: 'PENDING',
      toState: 'PROCESSING',
      actor: lease.owner,
      exceptions: [...gated].map(([seq, d]) => [seq, d.kind === 'wait' ? 'PENDING' : 'BLOCKED', d.reason] as const),
    });
    slice.settledCount += blocked;
    slice.sentToSeq = toSeq;
    // Held until every send has surely ended, and the second transaction has had its time.
    slice.leaseUntil = tx.nowMs + Math.max(leaseMs, gatewayTimeoutMs + SEND_MARGIN_MS + SETTLE_MARGIN_MS);
    if (calls.length === 0) {
      // Nothing to send: the chunk is over with its first transaction.
      slice.openCount += await openWaiting(tx, context, lease, waiting);
      slice.cursorSeq = toSeq;
      if (toSeq >= slice.hi) await endLease(tx, slice);
      await tellIfSettled(tx, slice, facts);
    }
    if (!(await saveSlice(tx, slice, lease.epoch))) return { kind: 'lease_lost' };
    return {
      kind: 'stored',
      chunk: { fromSeq, toSeq, items: items.length, blocked, waiting, calls, storedAt: tx.nowMs },
    };
  });
}

export function newCall(
  context: MoneyContext,
  nowMs: number,
  at: { runId: number; sliceNo: number },
  job: DebitJob,
  facts: SliceFacts,
  item: ChunkItem,
  attempt: number,
): CallRow {
  const { gatewayTimeoutMs } = context.settings;
  const { keyLifetimeMs } = context.capabilities;
  const cutOffAt = facts.cutOffAt ?? Number.MAX_SAFE_INTEGER;
  return {
    downstreamId: context.downstreamId,
    subject: item.subject,
    presentation: item.presentation,
    attempt,
    runId: at.runId,
    sliceNo: at.sliceNo,
    seq: item.seq,
    requestNo: job.requestNo(item.reference, item.presentation, attempt),
    accountNo: item.accountNo,
    amountMinor: item.amountMinor,
    currency: item.currency,
    expireAt: Math.trunc(Math.min(cutOffAt, nowMs + keyLifetimeMs / 2) + context.clockOffset.ms),
    keyDeadAt: nowMs + keyLifetimeMs - 2 * gatewayTimeoutMs,
    storedAt: nowMs,
    sendDeadlineAt: sendDeadlineOf(nowMs, gatewayTimeoutMs),
    sends: 1,
    state: 'SENT',
    accepted: false,
    code: null,
    gatewayRef: null,
  };
}

async function askGate(
  tx: SqlTx,
  job: DebitJob,
  facts: SliceFacts,
  lease: SliceLease,
  items: readonly ChunkItem[],
): Promise<ReadonlyMap<number, GateDecision>> {
  if (!job.gate) return new Map();
  return job.gate(tx, {
    runId: facts.runId,
    chainRunId: facts.chainRunId,
    businessDate: facts.businessDate,
    items: items.map(({ seq, subject }) => ({ sliceNo: lease.sliceNo, seq, subject })),
  });
}

async function block(tx: SqlTx, lease: SliceLease, gated: ReadonlyMap<number, GateDecision>): Promise<number> {
  const rows = [...gated].flatMap(([seq, decision]) =>
    decision.kind === 'blocked' ? [[lease.runId, lease.sliceNo, seq, 'BLOCKED', decision.reason]] : [],
  );
  const matched = await tx.updateRows(
    { table: 'item', key: ['run_id', 'slice_no', 'seq'], set: ['state', 'reason'], guard: `state = 'PENDING'` },
    rows,
  );
  if (matched !== rows.length) throw new Error(`run ${lease.runId}: an item to be blocked was not PENDING`);
  return matched;
}

/** Flips the chunk by ranges between the items that wait (blocked ones are no longer PENDING). */
async function startProcessing(
  tx: SqlTx,
  lease: SliceLease,
  items: readonly ChunkItem[],
  waiting: readonly number[],
  expected: number,
): Promise<void> {
  let matched = 0;
  for (const [fromSeq, toSeq] of rangesWithout(items, waiting)) {
    matched += await tx.run(
      `update item set state = 'PROCESSING', attempt = 1
       where run_id = ? and slice_no = ? and seq >= ? and seq <= ? and state = 'PENDING' and attempt = 0`,
      [lease.runId, lease.sliceNo, fromSeq, toSeq],
    );
  }
  if (matched !== expected) {
    throw new Error(`run ${lease.runId}, slice ${lease.sliceNo}: ${matched} items were PENDING, expected ${expected}`);
  }
}

/** The ranges of seq that hold none of `left`; a chunk with thousands of holes is still one statement a range. */
export function rangesWithout(
  items: readonly { readonly seq: number }[],
  left: readonly number[],
): readonly (readonly [number, number])[] {
  const first = items[0];
  const last = items.at(-1);
  if (!first || !last) return [];
  const ranges: [number, number][] = [];
  let from = first.seq;
  for (const seq of [...left].sort((a, b) => a - b)) {
    if (seq > from) ranges.push([from, seq - 1]);
    from = seq + 1;
  }
  if (from <= last.seq) ranges.push([from, last.seq]);
  return ranges;
}

/** Waiting items get their rows in the open table together with the cursor; the sweep gates them anew. */
export function openWaiting(
  tx: SqlTx,
  context: MoneyContext,
  at: { runId: number; sliceNo: number },
  waiting: readonly { seq: number; reason: string }[],
): Promise<number> {
  return insertOpenRows(
    tx,
    waiting.map(({ seq, reason }) => ({
      downstreamId: context.downstreamId,
      runId: at.runId,
      sliceNo: at.sliceNo,
      seq,
      reason,
      detail: null,
      nextCheckAt: tx.nowMs + GATE_RECHECK_MS,
      batchCap: null,
    })),
  );
}

export const GATE_RECHECK_MS = 500;
const SETTLE_MARGIN_MS = 3_000;
