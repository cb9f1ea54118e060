import type { SqlTx } from '../../shared/sql/sql.ts';
import type { CallRow } from './call-rows.ts';
import { insertEvidence } from './evidence.ts';
import type { Exchanged } from './exchange-calls.ts';
import { bySlice, inLockedSlice } from './in-locked-slice.ts';
import { type MoneyContext, rulesOf } from './money-context.ts';
import type { SweepRules } from './next-step.ts';
import type { OpenRow } from './open-rows.ts';
import { settleCalls } from './settle-calls.ts';
import type { SettledBy } from './settle-decision.ts';

export interface SweepScope {
  readonly shardIndex: number;
  readonly shardTotal: number;
  readonly signal: AbortSignal;
  /** The last pass: every open row, due or not. */
  readonly everything: boolean;
  readonly cutOffAtMs: number;
}

/** An open row whose item is PROCESSING, with its live call. */
export interface OpenCall {
  readonly row: OpenRow;
  readonly call: CallRow;
}

/** What the two halves of a sweep share: its scope and report, and how answers are settled and rows put off. */
export class SweepRound {
  readonly report = { asked: 0, settled: 0, repeated: 0, stillOpen: 0 };
  readonly context: MoneyContext;
  readonly scope: SweepScope;

  constructor(context: MoneyContext, scope: SweepScope) {
    this.context = context;
    this.scope = scope;
  }

  rules(): SweepRules {
    return rulesOf(this.context, this.scope.cutOffAtMs);
  }

  /** Told to end, or refused credentials a moment ago: what was claimed is given back and asked for later. */
  isStopped(): boolean {
    const { draining, health } = this.context;
    const paused = health.pausedWhy !== null && !this.scope.everything;
    return this.scope.signal.aborted || draining.aborted || paused;
  }

  /** Evidence first and on its own, then each slice's calls in a transaction that has the slice locked. */
  async settle(exchanged: Exchanged, via: SettledBy): Promise<void> {
    const { store, downstreamId } = this.context;
    const evidenceId = await store.transaction('keep-evidence', (tx) =>
      insertEvidence(tx, downstreamId, exchanged.evidence),
    );
    for (const [runId, sliceNo, calls] of bySlice(exchanged.calls)) {
      const counts = await inLockedSlice(this.context, 'settle-open', { runId, sliceNo }, (tx, slice, facts) =>
        settleCalls(
          tx,
          this.context,
          slice,
          facts,
          calls.map((call) => ({
            subject: call.subject,
            presentation: call.presentation,
            attempt: call.attempt,
            result: exchanged.result(call),
            via,
            evidenceId,
          })),
          'sweep',
        ),
      );
      this.report.settled += counts.settled;
    }
  }

  later(rows: readonly OpenRow[], ms: number): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    return this.context.store.transaction('put-off-open-rows', (tx) => this.putOff(tx, rows, ms));
  }

  async putOff(tx: SqlTx, rows: readonly OpenRow[], ms: number): Promise<void> {
    await tx.updateRows(
      { table: 'open_item', key: ['id'], set: ['next_check_at', 'claimed_until'] },
      rows.map((row) => [row.id, tx.nowMs + ms, 0]),
    );
  }
}
