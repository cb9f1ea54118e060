import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';
import { isRunOpen } from '../slice/open-run.ts';
import { endLease, holds, type SliceLease } from '../slice/slice-lease.ts';
import { appendHistory, lockSlice, type SliceRow, saveSlice } from '../slice/slice-row.ts';
import { type CallRow, insertCalls } from './call-rows.ts';
import type { MoneyContext, MoneySettings } from './money-context.ts';
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
  /** The slice's end: a split may have brought it down. */
  readonly hi: number;
  /** P2's instant on the store's clock. */
  readonly storedAt: number;
}

export type StoreOutcome =
  | { readonly kind: 'stored'; readonly chunk: StoredChunk }
  | { readonly kind: 'lease_lost' }
  /** A send would have its deadline after the cut-off: nothing was written. */
  | { readonly kind: 'cut_off' }
  /** A volunteer's, and no attempt works this run any more: nothing was written. */
  | { readonly kind: 'closed' };

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
    // Each statement sees what is committed by then: a split in between takes rows from the end of what was read.
    const left = details.length < items.length ? await itemsLeft(db, range) : items.length;
    if (details.length !== left) {
      throw new Error(`${job.name}: details() gave ${details.length} rows for ${left} items of run ${lease.runId}`);
    }
    return items.slice(0, left).map((row, at) => {
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

async function itemsLeft(
  db: SqlReader,
  { runId, sliceNo, fromSeq, toSeq }: { runId: number; sliceNo: number; fromSeq: number; toSeq: number },
): Promise<number> {
  const [row] = await db.arrays('select hi from slice where run_id = ? and slice_no = ?', [runId, sliceNo]);
  return Math.max(0, Math.min(toSeq, Number(row?.[0] ?? 0)) - fromSeq + 1);
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
  read: readonly ChunkItem[],
): Promise<StoreOutcome> {
  return context.store.transaction('store-chunk', async (tx) => {
    const slice = await lockSlice(tx, lease.runId, lease.sliceNo);
    if (!holds(slice, lease)) return { kind: 'lease_lost' };
    if (lease.volunteer && !(await isRunOpen(tx, lease.runId))) return { kind: 'closed' };
    const { gatewayTimeoutMs } = context.settings;
    if (!maySendAt(tx.nowMs, { gatewayTimeoutMs, cutOffAtMs: facts.cutOffAt ?? Number.MAX_SAFE_INTEGER })) {
      return { kind: 'cut_off' };
    }
    // What a split has given away since it was read is somebody else's.
    const items = read.filter(({ seq }) => seq <= slice.hi);
    if (items.length === 0) return endEmptied(tx, slice, lease, facts);
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
    slice.leaseUntil = tx.nowMs + chunkLeaseMs(context.settings);
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
      chunk: { fromSeq, toSeq, items: items.length, blocked, waiting, calls, hi: slice.hi, storedAt: tx.nowMs },
    };
  });
}

/** How long a slice is held from a chunk's first transaction on: until every send has surely ended, and then some. */
export const chunkLeaseMs = ({ leaseMs, gatewayTimeoutMs }: MoneySettings): number =>
  Math.max(leaseMs, gatewayTimeoutMs + SEND_MARGIN_MS + SETTLE_MARGIN_MS);

/** Everything behind the cursor was split off: the slice ends where its holder stands. */
async function endEmptied(tx: SqlTx, slice: SliceRow, lease: SliceLease, facts: SliceFacts): Promise<StoreOutcome> {
  const { cursorSeq: toSeq, hi } = slice;
  if (toSeq < hi) throw new Error(`run ${lease.runId}, slice ${lease.sliceNo}: no rows behind ${toSeq}, up to ${hi}`);
  await endLease(tx, slice);
  await tellIfSettled(tx, slice, facts);
  if (!(await saveSlice(tx, slice, lease.epoch))) return { kind: 'lease_lost' };
  const nothing = { items: 0, blocked: 0, waiting: [], calls: [] };
  return { kind: 'stored', chunk: { fromSeq: toSeq, toSeq, hi, storedAt: tx.nowMs, ...nothing } };
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
