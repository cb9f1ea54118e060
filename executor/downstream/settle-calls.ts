import type { SqlTx } from '../../shared/sql/sql.ts';
import { appendListed, type SliceRow } from '../slice/slice-row.ts';
import { type CallRow, endCall, findCall, markUnknown, takeBackSend } from './call-rows.ts';
import { isSaidToBePaid, listContradiction } from './contradictions.ts';
import type { Outcome, SettledItem } from './define-downstream.ts';
import type { CallResult } from './exchange-calls.ts';
import { type ItemRow, lockItem, moveItem } from './item-rows.ts';
import { type CallState, type ItemState, isSettled } from './item-states.ts';
import { bookDebit } from './ledger.ts';
import { type MoneyContext, rulesOf } from './money-context.ts';
import { nextCheckDelayMs } from './next-step.ts';
import { closeOpenRow, findOpenRow, insertOpenRows, type OpenRow, updateOpenRow } from './open-rows.ts';
import { decideSettlement, type SettleDecision, type SettledBy } from './settle-decision.ts';
import { finishSettling, type SliceFacts } from './tell-settled.ts';
import type { Verdict } from './verdict.ts';

/**
 * Settles calls one by one inside a transaction that has their slice locked: the way of the sweep, of callbacks, of
 * settlement files, of people, and of a chunk in which something else was quicker. Every path ends in the same
 * decision and the same writes; a chunk's common case is done in sets by `settle-chunk.ts`.
 */
export interface SettleEntry {
  readonly subject: number;
  readonly presentation: number;
  readonly attempt: number;
  readonly result: CallResult;
  readonly via: SettledBy;
  readonly evidenceId: number;
}

/** After a question without an answer the wait is at most the first interval doubled so often. */
const UNANSWERED_STEPS_MAX = 1;

export interface SettleCounts {
  settled: number;
  opened: number;
}

export async function settleCalls(
  tx: SqlTx,
  context: MoneyContext,
  slice: SliceRow,
  facts: SliceFacts,
  entries: readonly SettleEntry[],
  actor: string,
): Promise<SettleCounts> {
  const round = new SettleRound(tx, context, slice, facts);
  for (const entry of entries) await round.settle(entry);
  await round.finish(actor);
  return round.counts;
}

class SettleRound {
  readonly counts: SettleCounts = { settled: 0, opened: 0 };
  readonly #tx: SqlTx;
  readonly #context: MoneyContext;
  readonly #slice: SliceRow;
  readonly #facts: SliceFacts;
  readonly #settled: SettledItem[] = [];
  readonly #held: number[] = [];
  readonly #released: { subject: number; presentation: number }[] = [];
  readonly #changes: [number, string, string][] = [];

  constructor(tx: SqlTx, context: MoneyContext, slice: SliceRow, facts: SliceFacts) {
    this.#tx = tx;
    this.#context = context;
    this.#slice = slice;
    this.#facts = facts;
  }

  async settle(entry: SettleEntry): Promise<void> {
    const call = await findCall(this.#tx, { downstreamId: this.#context.downstreamId, ...entry }, this.#tx.forUpdate);
    if (!call) throw new Error(`no call ${entry.subject}/${entry.presentation}/${entry.attempt} in the store`);
    const item = await lockItem(this.#tx, call);
    const open = await findOpenRow(this.#tx, call);
    const isLive = item.state === 'PROCESSING' && item.attempt === call.attempt;
    if (entry.result.kind === 'give_up') {
      if (isLive) await this.#giveToPeople(call, item, open, entry.result.reason);
      return;
    }
    if (entry.result.kind !== 'judged') {
      if (isLive) await this.#stayOpen(call, open, entry.result, entry.via);
      return;
    }
    const decision = decideSettlement({ item, call, open }, entry.result.verdict, entry.via);
    await this.#apply(decision, entry.result.verdict, { call, item, open, entry });
  }

  async #apply(
    decision: SettleDecision,
    verdict: Verdict,
    at: { call: CallRow; item: ItemRow; open: OpenRow | null; entry: SettleEntry },
  ): Promise<void> {
    const { call, item, open, entry } = at;
    switch (decision.kind) {
      case 'settle': {
        await this.#move(item, decision.outcome.state, decision.outcome.code);
        await this.#end(call, decision.call, decision.outcome, entry);
        await this.#close(open);
        await this.#book(call, decision.outcome);
        return;
      }
      case 'retry_wait': {
        await this.#end(call, decision.call, { code: decision.code, gatewayRef: null }, entry);
        // Money is said to have moved under an earlier number: no later one may follow.
        if (await isSaidToBePaid(this.#tx, call)) return this.#giveToPeople(call, item, open, 'CONTRADICTION');
        await this.#move(item, 'RETRY_WAIT', decision.code);
        if (this.#isOfEarlierChainRun()) {
          await this.#close(open);
          this.#released.push({ subject: call.subject, presentation: call.presentation });
          return;
        }
        await this.#open(call, open, { reason: 'RETRY_WAIT', detail: null, nextCheckAt: this.#tx.nowMs });
        return;
      }
      case 'manual': {
        if (decision.call) await this.#end(call, decision.call, { code: decision.reason, gatewayRef: null }, entry);
        return this.#giveToPeople(call, item, open, decision.reason);
      }
      case 'open': {
        await markUnknown(this.#tx, call, decision.accepted);
        // A send begins a new wait: what it did is asked for at the first interval again.
        const checks = open && entry.via !== 'reply' ? open.checks + 1 : 0;
        await this.#open(call, open, {
          reason: decision.reason,
          detail: decision.detail,
          checks,
          nextCheckAt: this.#nextCheckAt(checks),
          ...this.#absence(open, verdict),
        });
        if (decision.reason !== 'UNCLEAR') this.#context.metrics.alarm(decision.reason);
        return;
      }
      case 'contradiction':
        return this.#contradict(decision, at);
      case 'nothing':
        return;
    }
  }

  /** Nobody tries again for a night that is over: the obligation is free for the one that is on. */
  #isOfEarlierChainRun(): boolean {
    const { current } = this.#context;
    return current !== null && this.#facts.chainRunId !== null && current.chainRunId !== this.#facts.chainRunId;
  }

  async #giveToPeople(call: CallRow, item: ItemRow, open: OpenRow | null, reason: string): Promise<void> {
    await this.#move(item, 'MANUAL', reason);
    await this.#close(open);
    this.#held.push(call.subject);
    this.#context.metrics.alarm('MANUAL');
  }

  /** The exchange brought nothing: the item stays as it is, and is looked at again. */
  async #stayOpen(
    call: CallRow,
    open: OpenRow | null,
    result: Extract<CallResult, { kind: 'not_sent' | 'failed' }>,
    via: SettledBy,
  ): Promise<void> {
    if (result.kind === 'not_sent') return this.#stayUnsent(call, open, result.retryAfterMs, via);
    await markUnknown(this.#tx, call, false);
    const keeps = open !== null && open.reason !== 'NOT_SENT';
    // A question that was not answered is no check of the item: it does not lengthen the wait for the next.
    const checks = open && via !== 'reply' ? open.checks : 0;
    await this.#open(call, open, {
      reason: keeps ? open.reason : 'UNCLEAR',
      detail: open?.detail ?? null,
      checks,
      nextCheckAt: this.#nextCheckAt(Math.min(checks, UNANSWERED_STEPS_MAX)),
      // Repeats of a request that failed go in batches of a quarter, down to one.
      batchCap: via === 'reply' ? Math.max(1, Math.floor(result.batch / 4)) : (open?.batchCap ?? null),
    });
  }

  /** A send that never left is taken back; a query that never left says nothing at all. */
  async #stayUnsent(call: CallRow, open: OpenRow | null, retryAfterMs: number | null, via: SettledBy): Promise<void> {
    const firstSend = via === 'reply' && call.sends <= 1;
    if (via === 'reply') await takeBackSend(this.#tx, call);
    await this.#open(call, open, {
      reason: firstSend ? 'NOT_SENT' : (open?.reason ?? 'UNCLEAR'),
      detail: open?.detail ?? null,
      nextCheckAt: this.#tx.nowMs + Math.min(retryAfterMs ?? 1_000, 60_000),
    });
  }

  async #contradict(
    decision: Extract<SettleDecision, { kind: 'contradiction' }>,
    at: { call: CallRow; item: ItemRow; open: OpenRow | null; entry: SettleEntry },
  ): Promise<void> {
    const { call, item, open, entry } = at;
    const { kept, other } = decision;
    if (!(await listContradiction(this.#tx, call, { kept, other, evidenceId: entry.evidenceId }))) return;
    this.#context.metrics.alarm('CONTRADICTION');
    if (other.startsWith('SUCCESS')) this.#held.push(call.subject);
    if (!decision.toManual) return;
    await this.#move(item, 'MANUAL', 'CONTRADICTION');
    await this.#close(open);
  }

  async #move(item: ItemRow, to: ItemState, reason: string): Promise<void> {
    await moveItem(this.#tx, item, { state: to, reason });
    this.#changes.push([item.seq, `${item.state}>${to}`, reason]);
    if (isSettled(to) && !isSettled(item.state)) {
      this.#slice.settledCount += 1;
      this.counts.settled += 1;
    }
  }

  #end(
    call: CallRow,
    state: CallState,
    said: { code: string; gatewayRef: string | null },
    { via, evidenceId }: SettleEntry,
  ): Promise<number> {
    const { code, gatewayRef } = said;
    return endCall(this.#tx, call, { state, code, gatewayRef, settledBy: via, evidenceId });
  }

  async #book(call: CallRow, outcome: Outcome): Promise<void> {
    if (outcome.state === 'SUCCESS') {
      await bookDebit(this.#tx, call, { group: this.#facts.group, gatewayRef: outcome.gatewayRef ?? '' });
    }
    this.#settled.push({
      ...settledItemOf(call, outcome, this.#facts),
      chainRunId: this.#context.current?.chainRunId ?? this.#facts.chainRunId,
    });
  }

  async #open(
    call: CallRow,
    open: OpenRow | null,
    next: Partial<OpenRow> & Pick<OpenRow, 'reason' | 'detail' | 'nextCheckAt'>,
  ): Promise<void> {
    if (open) {
      await updateOpenRow(this.#tx, open.id, { ...open, ...next });
      return;
    }
    const added = await insertOpenRows(this.#tx, [
      {
        downstreamId: call.downstreamId,
        runId: call.runId,
        sliceNo: call.sliceNo,
        seq: call.seq,
        reason: next.reason,
        detail: next.detail,
        nextCheckAt: next.nextCheckAt,
        batchCap: next.batchCap ?? null,
      },
    ]);
    this.#slice.openCount += added;
    this.counts.opened += added;
  }

  async #close(open: OpenRow | null): Promise<void> {
    if (!open) return;
    this.#slice.openCount -= await closeOpenRow(this.#tx, open.id);
  }

  /** A missing entry counts only when a third of the visibility lies between it and the last one. */
  #absence(open: OpenRow | null, verdict: Verdict): { missingCount: number; missingAt: number } {
    const { missingCount = 0, missingAt = 0 } = open ?? {};
    if (verdict.kind !== 'missing') return { missingCount, missingAt };
    const apartMs = this.#rules().visibilityMs / 3;
    if (this.#tx.nowMs - missingAt < apartMs) return { missingCount, missingAt };
    return { missingCount: missingCount + 1, missingAt: this.#tx.nowMs };
  }

  #nextCheckAt(checks: number): number {
    const jitter = 0.9 + 0.2 * this.#context.runtime.random.next();
    return this.#tx.nowMs + Math.round(jitter * nextCheckDelayMs(checks, this.#tx.nowMs, this.#rules()));
  }

  #rules() {
    return rulesOf(this.#context, this.#context.current?.cutOffAtMs ?? this.#facts.cutOffAt);
  }

  async finish(actor: string): Promise<void> {
    await appendListed(this.#tx, this.#slice, actor, this.#changes);
    await finishSettling(this.#tx, this.#context, this.#facts, this.#settled, this.#held);
    if (this.#released.length > 0) {
      await this.#context.jobs.get(this.#facts.jobName)?.onReleased?.(this.#tx, this.#released);
    }
  }
}

export const settledItemOf = (call: CallRow, outcome: Outcome, facts: SliceFacts): SettledItem => ({
  runId: call.runId,
  chainRunId: facts.chainRunId,
  sliceNo: call.sliceNo,
  seq: call.seq,
  subject: call.subject,
  group: facts.group,
  amountMinor: call.amountMinor,
  currency: call.currency,
  presentation: call.presentation,
  attempt: call.attempt,
  requestNo: call.requestNo,
  outcome,
});
