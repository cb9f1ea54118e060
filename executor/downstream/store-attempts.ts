import type { SqlTx } from '../../shared/sql/sql.ts';
import { appendListed, type SliceRow } from '../slice/slice-row.ts';
import { type CallRow, insertCalls } from './call-rows.ts';
import { type ItemRow, lockItem, moveItem } from './item-rows.ts';
import type { MoneyContext } from './money-context.ts';
import type { DebitJob, GateDecision } from './money-engine.ts';
import { closeOpenRow, findOpenRow, type OpenRow, updateOpenRow } from './open-rows.ts';
import { type ChunkItem, GATE_RECHECK_MS, newCall } from './store-chunk.ts';
import type { SliceFacts } from './tell-settled.ts';

/**
 * The sweep's two ways to a new call, each in a transaction with the slice locked: a waiting item whose gate has
 * opened (its first attempt), and an item in RETRY_WAIT (its next attempt, with a requestNo of its own, P9).
 */
export interface SliceRows {
  readonly slice: SliceRow;
  readonly facts: SliceFacts;
  readonly job: DebitJob;
  readonly rows: readonly OpenRow[];
  /** False past the cut-off and for an earlier night: a gate may still close, but nothing new is sent. */
  readonly maySend: boolean;
}

export interface StoredAttempts {
  readonly calls: readonly CallRow[];
  readonly blocked: number;
}

export async function storeGated(tx: SqlTx, context: MoneyContext, at: SliceRows): Promise<StoredAttempts> {
  const items = await readItems(tx, at.job, at.rows, 'PENDING');
  const decisions = await askGateAgain(tx, at, items);
  const changes: Change[] = [];
  const calls: CallRow[] = [];
  let blocked = 0;
  for (const item of items) {
    const decision = decisions.get(item.seq);
    if (decision?.kind === 'wait') {
      const next = { reason: decision.reason, checks: item.row.checks + 1, nextCheckAt: tx.nowMs + GATE_RECHECK_MS };
      await updateOpenRow(tx, item.row.id, { ...item.row, ...next });
    } else if (decision?.kind === 'blocked') {
      await moveItem(tx, item, { state: 'BLOCKED', reason: decision.reason });
      at.slice.openCount -= await closeOpenRow(tx, item.row.id);
      at.slice.settledCount += 1;
      blocked += 1;
      changes.push([item.seq, 'PENDING>BLOCKED', decision.reason]);
    } else if (!at.maySend) {
      await putOff(tx, item.row);
    } else {
      calls.push(await startAttempt(tx, context, at, item));
      changes.push([item.seq, 'PENDING>PROCESSING', 'GATE_OPEN']);
    }
  }
  await insertCalls(tx, calls);
  await appendListed(tx, at.slice, 'sweep', changes);
  return { calls, blocked };
}

export async function storeNextAttempts(tx: SqlTx, context: MoneyContext, at: SliceRows): Promise<StoredAttempts> {
  const items = await readItems(tx, at.job, at.rows, 'RETRY_WAIT');
  const calls: CallRow[] = [];
  if (!at.maySend) {
    for (const item of items) await putOff(tx, item.row);
    return { calls, blocked: 0 };
  }
  for (const item of items) calls.push(await startAttempt(tx, context, at, item));
  await insertCalls(tx, calls);
  await appendListed(
    tx,
    at.slice,
    'sweep',
    items.map((item) => [item.seq, 'RETRY_WAIT>PROCESSING', `ATTEMPT_${item.attempt + 1}`]),
  );
  return { calls, blocked: 0 };
}

interface OpenItem extends ItemRow, ChunkItem {
  readonly row: OpenRow;
}

type Change = readonly [number, string, string];

async function askGateAgain(
  tx: SqlTx,
  { job, facts, slice }: SliceRows,
  items: readonly OpenItem[],
): Promise<ReadonlyMap<number, GateDecision>> {
  if (!job.gate || items.length === 0) return new Map();
  return job.gate(tx, {
    runId: facts.runId,
    chainRunId: facts.chainRunId,
    businessDate: facts.businessDate,
    items: items.map(({ seq, subject }) => ({ sliceNo: slice.sliceNo, seq, subject })),
  });
}

async function readItems(
  tx: SqlTx,
  job: DebitJob,
  rows: readonly OpenRow[],
  state: 'PENDING' | 'RETRY_WAIT',
): Promise<readonly OpenItem[]> {
  const items: OpenItem[] = [];
  for (const row of [...rows].sort((a, b) => a.seq - b.seq)) {
    // Read again under the lock: the item may have been settled, or the row closed, since the sweep took it.
    const open = await findOpenRow(tx, row);
    const item = await lockItem(tx, row);
    if (!open || item.state !== state) continue;
    const at = { runId: row.runId, sliceNo: row.sliceNo, fromSeq: row.seq, toSeq: row.seq };
    const [detail] = await job.details(tx, at);
    if (!detail) throw new Error(`${job.name}: no details for item ${row.runId}/${row.sliceNo}/${row.seq}`);
    items.push({ ...item, row: open, reference: detail.reference, accountNo: detail.accountNo });
  }
  return items;
}

/** The item moves by its state and attempt number, so that there is never more than one live attempt (I3). */
async function startAttempt(
  tx: SqlTx,
  context: MoneyContext,
  { facts, job, slice }: SliceRows,
  item: OpenItem,
): Promise<CallRow> {
  const attempt = item.attempt + 1;
  await moveItem(tx, item, { state: 'PROCESSING', reason: null, attempt });
  const call = newCall(context, tx.nowMs, slice, job, facts, item, attempt);
  await updateOpenRow(tx, item.row.id, {
    reason: 'UNCLEAR',
    detail: null,
    checks: 0,
    missingCount: 0,
    missingAt: 0,
    batchCap: null,
    // Should this process not live to settle it: looked at when the send has surely ended.
    nextCheckAt: call.sendDeadlineAt,
  });
  return call;
}

const putOff = (tx: SqlTx, row: OpenRow): Promise<number> =>
  updateOpenRow(tx, row.id, { ...row, nextCheckAt: tx.nowMs + PUT_OFF_MS });
const PUT_OFF_MS = 60_000;
