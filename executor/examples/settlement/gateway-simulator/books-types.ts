import type { DebitFate, DebitStatus } from './debit-fate.ts';
import type { Endpoint } from './dials.ts';

/** A debit as it arrives; its shape was checked. */
export interface ArrivedDebit {
  readonly requestNo: string;
  readonly accountNo: string;
  readonly amount: number;
  readonly currency: string;
  readonly expireAt: number;
}

/** What the books say about one requestNo; the answer is made of it. */
export interface BookEntry {
  readonly requestNo: string;
  readonly status: DebitStatus | 'NOT_FOUND';
  readonly code: string;
  readonly gatewayRef: string | null;
  readonly amount: number | null;
  readonly currency: string | null;
  /** It was known before this arrival. */
  readonly repeated: boolean;
}

export interface Arrival {
  readonly no: number;
  readonly atMs: number;
  readonly endpoint: Endpoint;
  readonly entries: number;
  readonly fault: string | null;
  readonly body: string | null;
}

export interface StoredDebit {
  readonly id: number;
  readonly request_no: string;
  readonly account_no: string;
  readonly amount: number;
  readonly currency: string;
  readonly expire_at: number;
  readonly status: Exclude<DebitStatus, 'VOIDED'>;
  readonly code: string;
  readonly accepted_at: number;
  readonly settled_at: number | null;
  readonly business_date: string | null;
  readonly change_at: number | null;
  readonly change_status: Exclude<DebitStatus, 'VOIDED'> | null;
  readonly change_code: string | null;
  readonly visible_at: number;
  readonly only_in_file: number;
  readonly arrivals: number;
}

export interface StoredCallback {
  readonly id: number;
  readonly event_id: string;
  readonly url: string;
  readonly request_no: string;
  readonly body: string;
  /** A JSON object of what is odd about it: see callbacks.ts. */
  readonly manner: string;
  readonly tries: number;
}

export interface NewCallback extends Omit<StoredCallback, 'id' | 'tries'> {
  readonly nextAtMs: number;
}

export interface BookRules {
  readonly keyLifetimeMs: number;
  decideFate(requestNo: string): DebitFate;
  /** Bug mode: execute a repeat anew. */
  ignoresIdempotency(requestNo: string): boolean;
  /** Whether a repeat that comes too late is called EXPIRED, although it is known. */
  expiresRepeat(requestNo: string): boolean;
  businessDateOf(atMs: number): string;
  /** Callbacks that a final result gives rise to; stored in the transaction that books the result. */
  callbacksFor(entry: BookEntry, atMs: number, when: 'accepted' | 'changed'): readonly NewCallback[];
}

export interface FileRow {
  readonly id: number;
  readonly request_no: string;
  readonly account_no: string;
  readonly currency: string;
  readonly amount: number;
  readonly settled_at: number;
}
