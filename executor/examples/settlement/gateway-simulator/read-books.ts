import { DatabaseSync } from 'node:sqlite';
import type { StoredDebit } from './books-types.ts';
import type { Endpoint } from './dials.ts';

/** A row of the gateway's books. */
export interface BookedDebit {
  readonly id: number;
  readonly requestNo: string;
  readonly accountNo: string;
  readonly amount: number;
  readonly currency: string;
  readonly expireAt: number;
  readonly status: 'SUCCESS' | 'FAILED' | 'PROCESSING';
  readonly code: string;
  readonly gatewayRef: string;
  readonly acceptedAtMs: number;
  /** null while it is PROCESSING. */
  readonly settledAtMs: number | null;
  /** In which settlement file a success stands. */
  readonly businessDate: string | null;
  /** What it will be, and when, while something is still to change. */
  readonly change: { readonly atMs: number; readonly status: string; readonly code: string } | null;
  /** How often this requestNo came for this row. */
  readonly arrivals: number;
}

export interface BookedArrival {
  readonly no: number;
  readonly atMs: number;
  readonly endpoint: Endpoint;
  readonly entries: number;
  /** What was done to it, or null. */
  readonly fault: string | null;
}

export interface GatewayBooksSnapshot {
  readonly debits: readonly BookedDebit[];
  /** Successful debits by requestNo: the money that moved. More than one for a requestNo is a double debit. */
  readonly successes: ReadonlyMap<string, readonly BookedDebit[]>;
  readonly voided: ReadonlySet<string>;
  readonly arrivals: readonly BookedArrival[];
}

/**
 * The books as they are in the file now: for tests, and for whoever wants to compare. It may be read while the
 * simulator runs, and after it was killed. For millions of debits use `iterateDebits`.
 */
export function readBooks(file: string): GatewayBooksSnapshot {
  const debits = [...iterateDebits(file)];
  const successes = new Map<string, BookedDebit[]>();
  for (const debit of debits) {
    if (debit.status !== 'SUCCESS') continue;
    const known = successes.get(debit.requestNo);
    if (known === undefined) successes.set(debit.requestNo, [debit]);
    else known.push(debit);
  }
  const db = openForReading(file);
  try {
    const voided = new Set(
      db
        .prepare('select request_no from tombstone')
        .all()
        .map((row) => String(row.request_no)),
    );
    const arrivals = db
      .prepare('select no, at as atMs, endpoint, entries, fault from arrival order by id')
      .all() as unknown as BookedArrival[];
    return { debits, successes, voided, arrivals };
  } finally {
    db.close();
  }
}

/** All debits in the order in which they were booked, one at a time. */
export function* iterateDebits(file: string): Generator<BookedDebit> {
  const db = openForReading(file);
  try {
    for (const row of db.prepare('select * from debit order by id').iterate()) {
      yield debitOf(row as unknown as StoredDebit);
    }
  } finally {
    db.close();
  }
}

/**
 * What a requestNo is about when it ends in `.<presentation>.<attempt>`: successes of one plan under two requestNos
 * are a double debit, too.
 */
export function planOf(requestNo: string): string {
  return requestNo.split('.').slice(0, -2).join('.');
}

function openForReading(file: string): DatabaseSync {
  return new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
}

function debitOf(row: StoredDebit): BookedDebit {
  const change =
    row.change_at === null
      ? null
      : { atMs: row.change_at, status: row.change_status ?? '', code: row.change_code ?? '' };
  return {
    id: row.id,
    requestNo: row.request_no,
    accountNo: row.account_no,
    amount: row.amount,
    currency: row.currency,
    expireAt: row.expire_at,
    status: row.status,
    code: row.code,
    gatewayRef: `GW${row.id}`,
    acceptedAtMs: row.accepted_at,
    settledAtMs: row.settled_at,
    businessDate: row.business_date,
    change,
    arrivals: row.arrivals,
  };
}
