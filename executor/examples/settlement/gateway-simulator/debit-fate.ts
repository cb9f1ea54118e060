import type { Dials } from './dials.ts';
import { draw, hits } from './draw.ts';

export type DebitStatus = 'SUCCESS' | 'FAILED' | 'PROCESSING' | 'VOIDED';

/** What is decided about a debit when it arrives: now, and one change later (PROCESSING ends, a success is reversed). */
export interface DebitFate {
  readonly status: DebitStatus;
  readonly code: string;
  /** null: nothing changes any more. */
  readonly change: { readonly afterMs: number; readonly status: DebitStatus; readonly code: string } | null;
  /** Queries answer NOT_FOUND for so long. */
  readonly hiddenMs: number;
  /** Queries say PROCESSING for ever, though the status is SUCCESS. */
  readonly onlyInFile: boolean;
}

const REFUSALS = ['INSUFFICIENT_FUNDS', 'ACCOUNT_CLOSED', 'LIMIT_EXCEEDED'] as const;

const STRANGE_CODE = 'RISK_CONTROL_7';

/** Pure: the same seed and requestNo give the same fate. */
export function decideFate(dials: Dials, seed: number, requestNo: string, visibilityMs: number): DebitFate {
  if (hits(dials.neverDecidedRate, seed, 'never-decided', requestNo)) {
    return { status: 'PROCESSING', code: 'OK', change: null, hiddenMs: 0, onlyInFile: false };
  }
  const result = resultOf(dials, seed, requestNo);
  const hiddenMs = hits(dials.notFoundThenShowRate, seed, 'show', requestNo)
    ? Math.max(dials.notFoundThenShowMs, dials.visibilityShare * visibilityMs)
    : dials.visibilityShare * visibilityMs;
  const onlyInFile = result.status === 'SUCCESS' && hits(dials.settleOnlyInFileRate, seed, 'file', requestNo);
  // A strange refusal comes at once: after PROCESSING nobody may void it, so it would stay open until the cut-off.
  const strange = result.code === STRANGE_CODE;
  if (!onlyInFile && !strange && hits(dials.processingRate, seed, 'processing', requestNo)) {
    const spanMs = dials.processingMaxMs - dials.processingMinMs;
    const afterMs = dials.processingMinMs + Math.floor(draw(seed, 'processing-ms', requestNo) * (spanMs + 1));
    return { status: 'PROCESSING', code: 'OK', change: { afterMs, ...result }, hiddenMs, onlyInFile };
  }
  const reversed = result.status === 'SUCCESS' && hits(dials.reversalRate, seed, 'reversal', requestNo);
  const change = reversed ? ({ afterMs: dials.reversalAfterMs, status: 'FAILED', code: 'REVERSED' } as const) : null;
  return { ...result, change, hiddenMs, onlyInFile };
}

function resultOf(dials: Dials, seed: number, requestNo: string): { status: 'SUCCESS' | 'FAILED'; code: string } {
  if (hits(dials.businessRefusalRate, seed, 'refusal', requestNo)) {
    const which = Math.floor(draw(seed, 'refusal-code', requestNo) * REFUSALS.length);
    return { status: 'FAILED', code: REFUSALS[which] ?? 'INSUFFICIENT_FUNDS' };
  }
  if (hits(dials.unknownCodeRate, seed, 'unknown-code', requestNo)) return { status: 'FAILED', code: STRANGE_CODE };
  return { status: 'SUCCESS', code: 'OK' };
}

/** What the gateway calls the amount of a debit, in its answers, its callbacks and its files. Pure. */
export const statedAmount = (dials: Dials, seed: number, requestNo: string, amount: number): number =>
  hits(dials.alwaysWrongAmountRate, seed, 'always-wrong-amount', requestNo) ? amount + 1 : amount;
