import type { Outcome } from './define-downstream.ts';
import type { CallState, ItemState } from './item-states.ts';
import type { ConflictWhy, Verdict } from './verdict.ts';

/**
 * What a verdict does to an item and its call: the one transition function, for a reply, a query, a void, a callback
 * and a settlement file alike, so that any order of the same evidence ends in the same state (I11).
 */
export type OpenReason = 'UNCLEAR' | 'CONFLICTING' | 'REFUSED_OTHER' | 'NOT_SENT' | 'RETRY_WAIT';
export type SettledBy = Outcome['settledBy'];

export interface SettleSubject {
  readonly item: { readonly state: ItemState; readonly attempt: number };
  readonly call: {
    readonly attempt: number;
    readonly state: CallState;
    readonly code: string | null;
    readonly gatewayRef: string | null;
  };
  /** The open row's reason and detail, when there is one. */
  readonly open: { readonly reason: string; readonly detail: string | null } | null;
}

export type SettleDecision =
  /** The item is final. */
  | { readonly kind: 'settle'; readonly outcome: Outcome; readonly call: CallState }
  /** A definite negative: a new attempt may follow. */
  | { readonly kind: 'retry_wait'; readonly code: string; readonly call: CallState }
  /** For people. `call` null: the call keeps its state (nobody knows what became of it). */
  | { readonly kind: 'manual'; readonly reason: string; readonly call: CallState | null }
  /** Stays PROCESSING, with an open row. */
  | { readonly kind: 'open'; readonly reason: OpenReason; readonly detail: string | null; readonly accepted: boolean }
  /** Two definite answers: the first is kept, both are listed. `toManual`: no new attempt may follow any more. */
  | { readonly kind: 'contradiction'; readonly kept: string; readonly other: string; readonly toManual: boolean }
  /** Nothing new. */
  | { readonly kind: 'nothing' };

export const ATTEMPTS_MAX = 5;

export function decideSettlement(subject: SettleSubject, verdict: Verdict, via: SettledBy): SettleDecision {
  const isLive = subject.item.state === 'PROCESSING' && subject.call.attempt === subject.item.attempt;
  return isLive ? decideLive(subject, verdict, via) : decideLate(subject, verdict, via);
}

function decideLive(subject: SettleSubject, verdict: Verdict, via: SettledBy): SettleDecision {
  const sticky = subject.open?.reason ?? null;
  const detail = subject.open?.detail ?? null;
  switch (verdict.kind) {
    case 'success':
      return settled('SUCCESS', 'OK', verdict.gatewayRef, via);
    case 'failed':
      if (sticky === 'CONFLICTING' && saidSuccess(detail)) return stay(subject);
      return settled('FAILED', verdict.code, verdict.gatewayRef, via);
    case 'negative':
      if (sticky === 'CONFLICTING' && saidSuccess(detail)) return stay(subject);
      // An unknown refusal that void confirms is believed, and is never tried anew.
      if (sticky === 'REFUSED_OTHER') {
        return verdict.code === 'VOIDED' ? settled('FAILED', detail ?? 'VOIDED', null, via) : stay(subject);
      }
      return decideNegative(subject, verdict.code);
    case 'refused_other':
      return decideRefusedOther(subject, verdict, via);
    case 'conflicting':
      return { kind: 'open', reason: 'CONFLICTING', detail: moreSerious(detail, verdict.why), accepted: false };
    case 'processing':
      return { ...stay(subject), accepted: true };
    case 'not_found':
    case 'missing':
    case 'unclear':
      return stay(subject);
  }
}

/** P9: only from a definite negative, and at most five attempts. */
function decideNegative(subject: SettleSubject, code: 'VOIDED' | 'EXPIRED'): SettleDecision {
  const call = code === 'VOIDED' ? 'VOIDED' : 'REFUSED';
  if (subject.item.attempt >= ATTEMPTS_MAX) return { kind: 'manual', reason: 'ATTEMPTS_EXHAUSTED', call };
  return { kind: 'retry_wait', code, call };
}

/** A first word is only noted; the sweep asks again after the visibility, voids, and so confirms it (`next-step.ts`). */
function decideRefusedOther(
  subject: SettleSubject,
  { code, confirmed }: Extract<Verdict, { kind: 'refused_other' }>,
  via: SettledBy,
): SettleDecision {
  // A word that money moved outweighs it. A refusal that had spoken of other values does not: or else one garbled answer
  // would keep an item from ever being voided, and so from ever being settled.
  if (subject.open?.reason === 'CONFLICTING' && saidSuccess(subject.open.detail)) return stay(subject);
  // A void confirms what was said before; as the first word it may be garbled like any other.
  const saidBefore = subject.open?.reason === 'REFUSED_OTHER' || subject.open?.reason === 'CONFLICTING';
  if (confirmed || (via === 'void' && saidBefore)) return settled('FAILED', code, null, via);
  return { kind: 'open', reason: 'REFUSED_OTHER', detail: code, accepted: false };
}

/** Evidence for a call that is settled already, or for an attempt that is not the live one. */
function decideLate(subject: SettleSubject, verdict: Verdict, via: SettledBy): SettleDecision {
  const said = definiteWord(verdict);
  if (said === null) return { kind: 'nothing' };
  const { item, call } = subject;
  const isOpen = call.state === 'UNKNOWN' || call.state === 'SENT' || call.state === 'STORED';
  if (item.state === 'MANUAL' && call.attempt === item.attempt && isOpen) return decideManual(verdict, via);
  const kept = keptWord(call);
  if (saysTheSame(kept, said)) return { kind: 'nothing' };
  return {
    kind: 'contradiction',
    kept,
    other: said,
    toManual: item.state === 'RETRY_WAIT' && said.startsWith('SUCCESS'),
  };
}

/** A full match settles what was conflicting, late as it is; every other word about a MANUAL item waits for people. */
function decideManual(verdict: Verdict, via: SettledBy): SettleDecision {
  return verdict.kind === 'success' ? settled('SUCCESS', 'OK', verdict.gatewayRef, via) : { kind: 'nothing' };
}

const settled = (
  state: 'SUCCESS' | 'FAILED',
  code: string,
  gatewayRef: string | null,
  settledBy: SettledBy,
): SettleDecision => ({
  kind: 'settle',
  outcome: { state, code, gatewayRef, settledBy },
  call: state === 'SUCCESS' ? 'SUCCEEDED' : 'REFUSED',
});

function stay(subject: SettleSubject): { kind: 'open'; reason: OpenReason; detail: string | null; accepted: boolean } {
  const reason = subject.open?.reason;
  const keeps = reason === 'CONFLICTING' || reason === 'REFUSED_OTHER';
  return {
    kind: 'open',
    reason: keeps ? reason : 'UNCLEAR',
    detail: keeps || subject.open?.detail === TAKEN_OVER ? (subject.open?.detail ?? null) : null,
    accepted: false,
  };
}

/** The open row's word for a call whose holder died behind its first transaction: it may never have been sent. */
export const TAKEN_OVER = 'TAKEN_OVER';

function definiteWord(verdict: Verdict): string | null {
  if (verdict.kind === 'success') return `SUCCESS ${verdict.gatewayRef}`;
  if (verdict.kind === 'failed') return `FAILED ${verdict.code}`;
  if (verdict.kind === 'negative') return `FAILED ${verdict.code}`;
  // Not in full, and yet a word that money moved: beside a refusal it must stop every later attempt.
  if (verdict.kind === 'conflicting' && saidSuccess(verdict.why)) return verdict.why;
  return null;
}

const NOT_EXECUTED = ['FAILED VOIDED', 'FAILED EXPIRED'];
function saysTheSame(kept: string, said: string): boolean {
  if (kept.startsWith('SUCCESS ') && said.startsWith('SUCCESS_')) return true;
  // People know no reference and no code: any word of the same sense agrees with theirs.
  if (kept === 'SUCCESS ' && said.startsWith('SUCCESS ')) return true;
  if ((kept === 'FAILED BY_HAND' || kept === NOTHING_KNOWN) && said.startsWith('FAILED ')) return true;
  return kept === said || (NOT_EXECUTED.includes(kept) && NOT_EXECUTED.includes(said));
}

function keptWord(call: SettleSubject['call']): string {
  if (call.state === 'SUCCEEDED') return `SUCCESS ${call.gatewayRef ?? ''}`;
  if (call.state !== 'REFUSED' && call.state !== 'VOIDED') return NOTHING_KNOWN;
  return `FAILED ${call.code ?? call.state}`;
}
/** A call that people let go of unanswered when they asked for a new attempt. */
const NOTHING_KNOWN = 'NOT KNOWN';

const saidSuccess = (detail: string | null): boolean => detail?.startsWith('SUCCESS') ?? false;
/** A word that money moved is never forgotten for a lesser one. */
const moreSerious = (before: string | null, now: ConflictWhy): string =>
  before !== null && saidSuccess(before) ? before : now;
