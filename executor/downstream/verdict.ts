import type { AnswerEntry } from './define-downstream.ts';

/**
 * What one answer says about one call: a pure judgement, the same for a reply, a query, a void and a callback.
 * Nothing here knows what the item's state is; `settle-decision.ts` does. The table is docs/money.md, "Verdicts".
 */
export type Verdict =
  | { readonly kind: 'success'; readonly gatewayRef: string }
  /** A definite business refusal: no retry tonight. */
  | { readonly kind: 'failed'; readonly code: RefusalCode; readonly gatewayRef: string | null }
  /** Certainly not executed and never to be: a new attempt may follow. */
  | { readonly kind: 'negative'; readonly code: 'VOIDED' | 'EXPIRED' }
  | { readonly kind: 'processing' }
  | { readonly kind: 'not_found' }
  /** The answer has no entry for this call. */
  | { readonly kind: 'missing' }
  /** FAILED with a code that is not in the contract: believed only after a query and, where there is one, a void. */
  | { readonly kind: 'refused_other'; readonly code: string; readonly confirmed?: true }
  /** The fields contradict the call or each other: asked again; at the cut-off it is a matter for people. */
  | { readonly kind: 'conflicting'; readonly why: ConflictWhy }
  /** Nothing can be concluded. */
  | { readonly kind: 'unclear'; readonly why: string };

export type ConflictWhy =
  | 'EXPIRED_RESENT'
  | 'DUPLICATE_MISMATCH'
  | 'SUCCESS_OTHER_VALUES'
  | 'SUCCESS_OTHER_CODE'
  | 'SUCCESS_NO_REF'
  | 'FAILED_OTHER_VALUES'
  | 'FAILED_CODE_OK';

export const REFUSAL_CODES = ['INSUFFICIENT_FUNDS', 'ACCOUNT_CLOSED', 'LIMIT_EXCEEDED'] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];
const isRefusal = (code: string): code is RefusalCode => (REFUSAL_CODES as readonly string[]).includes(code);

/** The values of a call that an answer is held against. */
export interface JudgedCall {
  readonly requestNo: string;
  readonly amountMinor: number;
  readonly currency: string;
  /** How often it may have been put on the wire. */
  readonly sends: number;
  readonly keyDeadAt: number;
}

export type Via = 'reply' | 'query' | 'void' | 'callback';

/** Judges all calls of one request; entries that nobody asked for are not looked at (they stay in the evidence). */
export function judgeAnswer(
  calls: readonly JudgedCall[],
  entries: readonly AnswerEntry[],
  context: { via: Via; nowMs: number },
): ReadonlyMap<string, Verdict> {
  // Nearly every call has one entry: lists are made for those that have more.
  const entryOf = new Map<string, AnswerEntry>();
  const others = new Map<string, AnswerEntry[]>();
  for (const entry of entries) {
    const { requestNo } = entry;
    if (typeof requestNo !== 'string') continue;
    if (!entryOf.has(requestNo)) entryOf.set(requestNo, entry);
    else if (others.get(requestNo)?.push(entry) === undefined) others.set(requestNo, [entry]);
  }
  const verdicts = new Map<string, Verdict>();
  for (const call of calls) {
    const entry = entryOf.get(call.requestNo);
    const all = entry === undefined ? [] : [entry, ...(others.get(call.requestNo) ?? [])];
    verdicts.set(call.requestNo, judgeEntries(call, all, context));
  }
  return verdicts;
}

export function judgeEntries(
  call: JudgedCall,
  entries: readonly AnswerEntry[],
  context: { via: Via; nowMs: number },
): Verdict {
  const [entry, ...others] = entries;
  if (!entry) return { kind: 'missing' };
  if (others.some((other) => !sameEntry(entry, other))) return { kind: 'unclear', why: 'entries differ' };
  switch (entry.status) {
    case 'SUCCESS':
      return judgeSuccess(call, entry);
    case 'FAILED':
      return judgeFailed(call, entry);
    case 'PROCESSING':
      return { kind: 'processing' };
    case 'NOT_FOUND':
      return context.via === 'query' || context.via === 'void'
        ? { kind: 'not_found' }
        : { kind: 'unclear', why: 'NOT_FOUND to a send' };
    case 'VOIDED':
      return judgeVoided(call, context);
    default:
      return { kind: 'unclear', why: 'unknown status' };
  }
}

function judgeSuccess(call: JudgedCall, entry: AnswerEntry): Verdict {
  if (!sameValues(call, entry)) return { kind: 'conflicting', why: 'SUCCESS_OTHER_VALUES' };
  if (entry.code !== 'OK') return { kind: 'conflicting', why: 'SUCCESS_OTHER_CODE' };
  const gatewayRef = refOf(entry);
  return gatewayRef === null ? { kind: 'conflicting', why: 'SUCCESS_NO_REF' } : { kind: 'success', gatewayRef };
}

function judgeFailed(call: JudgedCall, entry: AnswerEntry): Verdict {
  const { code } = entry;
  if (typeof code !== 'string' || code === '') return { kind: 'unclear', why: 'FAILED without a code' };
  if (code === 'OK') return { kind: 'conflicting', why: 'FAILED_CODE_OK' };
  if (code === 'DUPLICATE_MISMATCH') return { kind: 'conflicting', why: 'DUPLICATE_MISMATCH' };
  // A refusal may leave amount and currency out; what it does say has to be about this debit.
  if (saysOtherValues(call, entry)) return { kind: 'conflicting', why: 'FAILED_OTHER_VALUES' };
  // EXPIRED speaks of one arrival. If the call may have arrived twice, the other arrival may have been executed.
  if (code === 'EXPIRED') {
    return call.sends <= 1 ? { kind: 'negative', code } : { kind: 'conflicting', why: 'EXPIRED_RESENT' };
  }
  if (isRefusal(code)) return { kind: 'failed', code, gatewayRef: refOf(entry) };
  return { kind: 'refused_other', code: code.slice(0, 64) };
}

/** VOIDED binds the downstream only while it still remembers the key, and only where it answers about the key. */
function judgeVoided(call: JudgedCall, context: { via: Via; nowMs: number }): Verdict {
  if (context.nowMs >= call.keyDeadAt) return { kind: 'unclear', why: 'VOIDED after the key died' };
  if (context.via !== 'query' && context.via !== 'void')
    return { kind: 'unclear', why: 'VOIDED that nobody asked for' };
  return { kind: 'negative', code: 'VOIDED' };
}

const sameValues = (call: JudgedCall, entry: AnswerEntry): boolean =>
  entry.amount === call.amountMinor && entry.currency === call.currency;

const saysOtherValues = (call: JudgedCall, entry: AnswerEntry): boolean =>
  (entry.amount !== undefined && entry.amount !== null && entry.amount !== call.amountMinor) ||
  (entry.currency !== undefined && entry.currency !== null && entry.currency !== call.currency);

function refOf(entry: AnswerEntry): string | null {
  const { gatewayRef } = entry;
  return typeof gatewayRef === 'string' && gatewayRef !== '' && gatewayRef.length <= 128 ? gatewayRef : null;
}

const COMPARED = ['status', 'code', 'message', 'gatewayRef', 'amount', 'currency'] as const;
const sameEntry = (a: AnswerEntry, b: AnswerEntry): boolean => COMPARED.every((field) => a[field] === b[field]);
