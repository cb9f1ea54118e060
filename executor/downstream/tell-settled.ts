import type { SliceSettled, Total } from '../../shared/protocol/wire.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { enqueueOutbox } from '../node/outbox.ts';
import type { SliceRow } from '../slice/slice-row.ts';
import type { SettledItem } from './define-downstream.ts';
import type { MoneyContext } from './money-context.ts';
import type { DebitJob } from './money-engine.ts';

/** What every item of a slice has in common. */
export interface SliceFacts {
  readonly runId: number;
  readonly chainRunId: number | null;
  readonly jobName: string;
  readonly group: string;
  readonly businessDate: string;
  readonly cutOffAt: number | null;
}

/** Follow-ups in the settling transaction: the application's own writes, and what runs after the commit. */
export async function finishSettling(
  tx: SqlTx,
  context: MoneyContext,
  facts: SliceFacts,
  settled: readonly SettledItem[],
  held: readonly number[],
): Promise<void> {
  const job: DebitJob | undefined = context.jobs.get(facts.jobName);
  if (settled.length > 0) {
    const { onSettledMany, onSettled, afterSettled } = context.downstream;
    if (onSettledMany) await onSettledMany(settled, tx);
    else if (onSettled) for (const item of settled) await onSettled(item, item.outcome, tx);
    if (afterSettled) for (const item of settled) await enqueueAfterSettled(tx, context.downstream.name, item);
    context.metrics.settled(settled);
  }
  // Held last: what a contradiction holds stays held, whatever the same transaction settled.
  if (held.length > 0) await job?.onHeld?.(tx, held);
}

/** What the outbox carries for a follow-up; several engines may share one store, so it names its downstream. */
export interface AfterSettledBody {
  readonly downstream: string;
  readonly item: SettledItem;
}

function enqueueAfterSettled(tx: SqlTx, downstream: string, item: SettledItem): Promise<void> {
  const body: AfterSettledBody = { downstream, item };
  return enqueueOutbox(tx, { kind: 'after-settled', dedupKey: `${item.runId}/${item.sliceNo}/${item.seq}`, body });
}

/**
 * SETTLED is told, not read: the transaction that closes a slice's last open item writes the outbox row, with counts
 * and sums per currency and state. Exactly one transaction can be that one: it has the slice row locked.
 */
export async function tellIfSettled(tx: SqlTx, slice: SliceRow, facts: SliceFacts): Promise<void> {
  if (slice.state !== 'done' || slice.openCount !== 0 || slice.told) return;
  const rows = await tx.all<{ currency: string; state: string; n: number; total: string }>(
    `select currency, state, count(*) as n, cast(sum(amount_minor) as char) as total from item
     where run_id = ? and slice_no = ? group by currency, state`,
    [slice.runId, slice.sliceNo],
  );
  // Left to the next chain run, not settled: such a slice is never told as settled.
  if (rows.some(({ state }) => state === 'PENDING' || state === 'PROCESSING' || state === 'RETRY_WAIT')) return;
  const totals: Total[] = rows.map((row) => ({
    group: facts.group,
    currency: row.currency,
    state: row.state,
    count: Number(row.n),
    amountMinor: row.total,
  }));
  const told: SliceSettled = {
    runId: slice.runId,
    sliceNo: slice.sliceNo,
    totals,
    ...(await knownSlices(tx, slice.runId)),
  };
  await enqueueOutbox(tx, { kind: 'slice-settled', dedupKey: `${slice.runId}/${slice.sliceNo}`, body: told });
  slice.told = true;
}

/**
 * How many slices the run has by now, read with this slice locked: every split of it is in that number, because a
 * split locks its parent too. So the largest number told covers all slices whenever all told of are in (accept-told).
 */
async function knownSlices(tx: SqlTx, runId: number): Promise<{ sliceCount?: number }> {
  const row = await tx.get<{ slice_count: number }>('select slice_count from slice_run where run_id = ?', [runId]);
  return row === null || row.slice_count === 0 ? {} : { sliceCount: row.slice_count };
}

export async function sliceFactsOf(tx: SqlTx, runId: number): Promise<SliceFacts> {
  const row = await tx.get<{
    chain_run_id: number | null;
    job: string;
    group_name: string;
    business_date: string;
    cut_off_at: number | null;
  }>('select chain_run_id, job, group_name, business_date, cut_off_at from slice_run where run_id = ?', [runId]);
  if (!row) throw new Error(`run ${runId} has no frozen selection`);
  return {
    runId,
    chainRunId: row.chain_run_id,
    jobName: row.job,
    group: row.group_name,
    businessDate: row.business_date,
    cutOffAt: row.cut_off_at,
  };
}
