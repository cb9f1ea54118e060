import type { SqlTx } from '../../shared/sql/sql.ts';
import type { ItemState } from './item-states.ts';

/**
 * A downstream that takes money: what it can do, and how to reach it. Our side of the protocol (store first, one
 * send, everything unclear stays PROCESSING, sweep until it is clear) is the same for all of them: see docs/money.md.
 */
export interface Downstream {
  /** Names the downstream in calls, metrics and the rate bucket. */
  readonly name: string;
  /** Scheme, host and port it lives at, or a word such as `simulator`; a night never changes it. */
  readonly origin: string;
  capabilities(signal: AbortSignal): Promise<Exchange<DownstreamCapabilities>>;
  /** Sends the debits, at most `batchMax`, in ONE request. Never retries. */
  send(debits: readonly Debit[], signal: AbortSignal): Promise<Exchange<readonly AnswerEntry[]>>;
  query(requestNos: readonly string[], signal: AbortSignal): Promise<Exchange<readonly AnswerEntry[]>>;
  void?(requestNos: readonly string[], signal: AbortSignal): Promise<Exchange<readonly AnswerEntry[]>>;
  /** The settlement file of a business date, streamed. Absent when the downstream has none. */
  file?(date: string, signal: AbortSignal): Promise<SettlementFile>;
  /** Runs in the settling transaction, once per item, whichever path brought the outcome. */
  onSettled?(item: SettledItem, outcome: Outcome, tx: SqlTx): Promise<void>;
  /** The same for a whole chunk, for those who write in sets. Used instead of `onSettled` when given. */
  onSettledMany?(items: readonly SettledItem[], tx: SqlTx): Promise<void>;
  /** Runs from an outbox after the commit, at least once per item with the item's key as its idempotency key. */
  afterSettled?(item: SettledItem, outcome: Outcome): Promise<void>;
}

export interface DownstreamCapabilities {
  readonly batchMax: number;
  readonly maxRequestsPerSecond: number;
  /** A query may answer NOT_FOUND for this long after a send and mean nothing by it. */
  readonly visibilityMs: number;
  /** How long the same requestNo gives the first result again. */
  readonly keyLifetimeMs: number;
  readonly void: boolean;
}

export interface Debit {
  readonly requestNo: string;
  readonly accountNo: string;
  /** Minor units, a positive safe integer. */
  readonly amount: number;
  readonly currency: string;
  /** Epoch ms on the downstream's clock: arriving later, it must not execute. */
  readonly expireAt: number;
}

/** An entry as it came: nothing about it is trusted yet (`verdict.ts` judges it). */
export interface AnswerEntry {
  readonly requestNo: unknown;
  readonly status: unknown;
  readonly code: unknown;
  readonly message?: unknown;
  readonly gatewayRef?: unknown;
  readonly amount?: unknown;
  readonly currency?: unknown;
}

/**
 * What became of one request.
 * - answered: HTTP 200 and a body of the right outer shape.
 * - not_sent: no byte left this machine (DNS, connect refused), or 429: certainly not executed.
 * - credentials: 401, 403, certificate refused: systemic, and what was sent is unclear.
 * - unclear: everything else (timeout, reset, cut or unparsable answer, 5xx, any other status).
 */
export type Exchange<T> =
  | { readonly kind: 'answered'; readonly value: T; readonly raw: string; readonly dateMs: number | null }
  | {
      readonly kind: 'not_sent';
      readonly why: string;
      readonly retryAfterMs: number | null;
      readonly raw: string;
      readonly status: number | null;
    }
  | { readonly kind: 'credentials'; readonly why: string; readonly status: number | null; readonly raw: string }
  | { readonly kind: 'unclear'; readonly why: string; readonly status: number | null; readonly raw: string };

/** 'absent' is a 404 (an empty file); 'unusable' could not be fetched whole or has a wrong trailer: fetch it again. */
export type SettlementFile =
  | { readonly kind: 'lines'; readonly lines: AsyncIterable<readonly SettlementLine[]> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable'; readonly why: string };

/** As written in the file; `amount` is text until it is judged. `lines` throws `SettlementFileError` on a bad trailer. */
export interface SettlementLine {
  readonly gatewayRef: string;
  readonly requestNo: string;
  readonly accountNo: string;
  readonly currency: string;
  readonly amount: string;
  readonly settledAt: string;
}

export interface SettledItem {
  readonly runId: number;
  /** The chain run in whose time it was settled: an item carried over from an earlier night is settled in tonight's. */
  readonly chainRunId: number | null;
  readonly sliceNo: number;
  readonly seq: number;
  readonly subject: number;
  readonly group: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly presentation: number;
  readonly attempt: number;
  readonly requestNo: string;
  readonly outcome: Outcome;
}

export interface Outcome {
  readonly state: Extract<ItemState, 'SUCCESS' | 'FAILED'>;
  readonly code: string;
  readonly gatewayRef: string | null;
  readonly settledBy: 'reply' | 'query' | 'void' | 'callback' | 'file' | 'hand';
}

/** Checks a downstream's shape once, where it is written, and freezes it. */
export function defineDownstream(downstream: Downstream): Downstream {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(downstream.name)) {
    throw new TypeError(`downstream name "${downstream.name}": use lower-case letters, digits and "-", at most 64`);
  }
  return Object.freeze({ ...downstream });
}
