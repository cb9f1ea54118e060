import { openBooksFile } from './books-schema.ts';
import { prepareStatements } from './books-statements.ts';
import type {
  Arrival,
  ArrivedDebit,
  BookEntry,
  BookRules,
  FileRow,
  NewCallback,
  StoredCallback,
  StoredDebit,
} from './books-types.ts';

export type GatewayBooks = ReturnType<typeof openBooks>;

/**
 * The gateway's own truth, in one SQLite file that only this process writes. Every function is one transaction (or a
 * read), committed and synced when it returns. Measured over HTTP in batches of 500, on two cores that the caller
 * shares: 89,000 debits/s, and 58,000/s on a busy machine at a million rows.
 */
export function openBooks(file: string, rules: BookRules) {
  const db = openBooksFile(file);
  const sql = prepareStatements(db);
  const tombstones = new Set<string>();
  for (const row of db.prepare('select request_no from tombstone').all()) tombstones.add(String(row.request_no));
  let arrivals = Number(db.prepare('select coalesce(max(no), 0) as no from arrival').get()?.no ?? 0);
  let nextChangeAtMs = numberOrInfinity(sql.nextChange.get()?.at);
  // Requests that change nothing are written with the next transaction: a sync each would be the price of a query.
  let unwritten: Arrival[] = [];

  function transaction<T>(body: () => T): T {
    db.exec('begin immediate');
    try {
      for (const arrival of unwritten) writeArrival(arrival);
      const result = body();
      db.exec('commit');
      unwritten = [];
      return result;
    } catch (error) {
      db.exec('rollback');
      throw error;
    }
  }

  function writeArrival({ no, atMs, endpoint, entries, fault, body }: Arrival): void {
    sql.insertArrival.run(no, atMs, endpoint, entries, fault, body);
  }

  const find = (requestNo: string): StoredDebit | undefined =>
    sql.findDebit.get(requestNo) as unknown as StoredDebit | undefined;
  const isAlive = (debit: StoredDebit, atMs: number): boolean => atMs - debit.accepted_at <= rules.keyLifetimeMs;

  function book(debit: ArrivedDebit, atMs: number, span: DaySpan): BookEntry {
    const fate = rules.decideFate(debit.requestNo);
    const settled = fate.status !== 'PROCESSING';
    const inserted = sql.insertDebit.run(
      debit.requestNo,
      debit.accountNo,
      debit.amount,
      debit.currency,
      debit.expireAt,
      fate.status,
      fate.code,
      atMs,
      settled ? atMs : null,
      settled ? span.date : null,
      fate.change === null ? null : atMs + fate.change.afterMs,
      fate.change?.status ?? null,
      fate.change?.code ?? null,
      atMs + Math.round(fate.hiddenMs),
      fate.onlyInFile ? 1 : 0,
    );
    const id = Number(inserted.lastInsertRowid);
    if (fate.change !== null) nextChangeAtMs = Math.min(nextChangeAtMs, atMs + fate.change.afterMs);
    if (fate.status === 'SUCCESS') {
      if (span.firstId === 0) span.firstId = id;
      span.lastId = id;
    }
    const status = fate.onlyInFile ? 'PROCESSING' : fate.status;
    const { requestNo, amount, currency } = debit;
    const entry = { requestNo, status, code: fate.code, gatewayRef: `GW${id}`, amount, currency, repeated: false };
    if (settled && !fate.onlyInFile) storeCallbacks(rules.callbacksFor(entry, atMs, 'accepted'));
    return entry;
  }

  function acceptOne(debit: ArrivedDebit, atMs: number, span: DaySpan): BookEntry {
    const { requestNo, amount, currency } = debit;
    const refusal = (status: 'FAILED' | 'VOIDED', code: string, repeated: boolean): BookEntry => ({
      requestNo,
      status,
      code,
      gatewayRef: null,
      amount,
      currency,
      repeated,
    });
    if (tombstones.size > 0 && tombstones.has(requestNo)) return refusal('VOIDED', 'OK', true);
    const known = find(requestNo);
    const late = atMs > debit.expireAt;
    if (known === undefined || !isAlive(known, atMs)) {
      return late ? refusal('FAILED', 'EXPIRED', false) : book(debit, atMs, span);
    }
    sql.countArrival.run(known.id);
    if (late && rules.expiresRepeat(requestNo)) return refusal('FAILED', 'EXPIRED', true);
    if (!sameValues(known, debit)) return refusal('FAILED', 'DUPLICATE_MISMATCH', true);
    if (rules.ignoresIdempotency(requestNo)) return book(debit, atMs, span);
    return entryOf(known, true);
  }

  function storeCallbacks(callbacks: readonly NewCallback[]): void {
    for (const { event_id, url, request_no, body, manner, nextAtMs } of callbacks) {
      sql.insertCallback.run(event_id, url, request_no, body, manner, nextAtMs);
    }
  }

  return {
    /** The number of the next arrival; numbers go on over restarts. */
    nextArrivalNo: (): number => ++arrivals,

    /** Notes a request that changes nothing; it reaches the file with the next transaction or at `flush`. */
    note(arrival: Arrival): void {
      unwritten.push(arrival);
    },

    /** Executes a request's debits, each once, and commits. */
    accept(arrival: Arrival, debits: readonly ArrivedDebit[]): BookEntry[] {
      return transaction(() => {
        writeArrival(arrival);
        const span: DaySpan = { date: rules.businessDateOf(arrival.atMs), firstId: 0, lastId: 0 };
        const entries = debits.map((debit) => acceptOne(debit, arrival.atMs, span));
        if (span.firstId !== 0) sql.widenDay.run(span.date, span.firstId, span.lastId);
        return entries;
      });
    },

    query(requestNos: readonly string[], atMs: number): BookEntry[] {
      return requestNos.map((requestNo) => {
        if (tombstones.has(requestNo)) return voidedEntry(requestNo);
        const known = find(requestNo);
        const shown = known !== undefined && isAlive(known, atMs) && atMs >= known.visible_at;
        return shown ? entryOf(known, true) : notFoundEntry(requestNo);
      });
    },

    /** A requestNo that is not known (any more) gets a tombstone; any other answers what it is. */
    void(arrival: Arrival, requestNos: readonly string[]): BookEntry[] {
      return transaction(() => {
        writeArrival(arrival);
        return requestNos.map((requestNo) => {
          const known = tombstones.has(requestNo) ? undefined : find(requestNo);
          if (known !== undefined && isAlive(known, arrival.atMs)) return entryOf(known, true);
          sql.insertTombstone.run(requestNo, arrival.atMs);
          tombstones.add(requestNo);
          return voidedEntry(requestNo);
        });
      });
    },

    /** PROCESSING that has ended by now, and reversals that have come. Cheap when there is nothing to do. */
    settleDue(nowMs: number): number {
      if (nowMs < nextChangeAtMs) return 0;
      const changed = transaction(() => {
        const due = sql.dueChanges.all(nowMs) as unknown as StoredDebit[];
        for (const debit of due) {
          const atMs = debit.change_at ?? nowMs;
          const date = rules.businessDateOf(atMs);
          sql.applyChange.run(atMs, date, debit.id);
          if (debit.change_status === 'SUCCESS') sql.widenDay.run(date, debit.id, debit.id);
          const changedDebit = { ...debit, status: debit.change_status ?? debit.status, code: debit.change_code ?? '' };
          storeCallbacks(rules.callbacksFor(entryOf(changedDebit, true), atMs, 'changed'));
        }
        return due.length;
      });
      nextChangeAtMs = numberOrInfinity(sql.nextChange.get()?.at);
      return changed;
    },
    nextChangeAtMs: (): number => nextChangeAtMs,

    /** The ids between which the successes of a date lie, or null when there is none. */
    fileRange(date: string): { afterId: number; lastId: number } | null {
      const row = sql.dayRange.get(date);
      return row === undefined ? null : { afterId: Number(row.first_id) - 1, lastId: Number(row.last_id) };
    },
    filePage(range: { afterId: number; lastId: number }, date: string, settledUntilMs: number, limit: number) {
      return sql.filePage.all(range.afterId, range.lastId, date, settledUntilMs, limit) as unknown as FileRow[];
    },

    dueCallbacks: (nowMs: number, limit: number) => sql.dueCallbacks.all(nowMs, limit) as unknown as StoredCallback[],
    nextCallbackAtMs: (): number => numberOrInfinity(sql.nextCallback.get()?.at),
    /** Books how a round of callbacks went: answered 200, or again later. */
    recordCallbacks(outcomes: readonly { id: number; answered: boolean; nextAtMs: number }[], nowMs: number): void {
      if (outcomes.length === 0) return;
      transaction(() => {
        for (const { id, answered, nextAtMs } of outcomes) {
          if (answered) sql.closeCallback.run(nowMs, id);
          else sql.postponeCallback.run(nextAtMs, id);
        }
      });
    },

    flush(): void {
      if (unwritten.length > 0) transaction(() => undefined);
    },
    close(): void {
      if (unwritten.length > 0) transaction(() => undefined);
      db.close();
    },
  };
}

interface DaySpan {
  readonly date: string;
  firstId: number;
  lastId: number;
}

const sameValues = (known: StoredDebit, debit: ArrivedDebit): boolean =>
  known.account_no === debit.accountNo &&
  known.amount === debit.amount &&
  known.currency === debit.currency &&
  known.expire_at === debit.expireAt;

function entryOf(debit: StoredDebit, repeated: boolean): BookEntry {
  const { request_no: requestNo, code, amount, currency } = debit;
  const status = debit.only_in_file === 1 ? 'PROCESSING' : debit.status;
  return { requestNo, status, code, gatewayRef: `GW${debit.id}`, amount, currency, repeated };
}

const voidedEntry = (requestNo: string): BookEntry => bareEntry(requestNo, 'VOIDED');
const notFoundEntry = (requestNo: string): BookEntry => bareEntry(requestNo, 'NOT_FOUND');
const bareEntry = (requestNo: string, status: 'VOIDED' | 'NOT_FOUND'): BookEntry => ({
  requestNo,
  status,
  code: status === 'VOIDED' ? 'OK' : 'NOT_FOUND',
  gatewayRef: null,
  amount: null,
  currency: null,
  repeated: true,
});

const numberOrInfinity = (value: unknown): number => (typeof value === 'number' ? value : Number.POSITIVE_INFINITY);
