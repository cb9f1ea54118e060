import { openBooks } from './books.ts';
import type { Arrival, ArrivedDebit, BookEntry } from './books-types.ts';
import { businessCalendar } from './business-date.ts';
import { createCallbackPump } from './callback-pump.ts';
import { planCallbacks } from './callbacks.ts';
import { type AnswerRow, composeAnswer } from './compose-answer.ts';
import { decideFate } from './debit-fate.ts';
import { type Dials, turnDials } from './dials.ts';
import { hits } from './draw.ts';
import { decideRequest, type RequestFate } from './request-fate.ts';
import { readDebits, readRequestNos } from './request-shape.ts';
import { settlementFile } from './settlement-file.ts';
import { type CheckedOptions, checkCallbackUrl } from './simulator-options.ts';

export type SimulatedGateway = ReturnType<typeof createSimulatedGateway>;

/** The gateway behind its HTTP door: books, dials and callbacks. A request that it answers is committed by then. */
export function createSimulatedGateway(options: CheckedOptions) {
  const { capabilities, seed } = options;
  let dials = options.dials;
  let callbackUrl = options.callbackUrl;
  let stranger: BookEntry | null = null;
  let fetches = 0;
  const fetchesOfDate = new Map<string, number>();
  const startedMs = performance.now();
  const nowMs = (): number => Date.now() + dials.clockSkewMs;
  const books = openBooks(options.books, {
    keyLifetimeMs: capabilities.keyLifetimeMs,
    decideFate: (requestNo) => decideFate(dials, seed, requestNo, capabilities.visibilityMs),
    ignoresIdempotency: (requestNo) => hits(dials.ignoreIdempotencyRate, seed, 'ignore-idempotency', requestNo),
    expiresRepeat: (requestNo) => hits(dials.expiredRepeatRate, seed, 'expired-repeat', requestNo),
    businessDateOf: businessCalendar(options.timeZone, options.businessDate),
    callbacksFor: (entry, atMs, when) => planCallbacks(entry, atMs, { dials, seed, url: callbackUrl, when }),
  });
  const pump = createCallbackPump({
    books,
    secret: options.callbackSecret,
    nowMs,
    retryMs: () => dials.callbackRetryMs,
  });

  function rowsOf(entries: readonly BookEntry[], { no, endpoint }: Arrival): AnswerRow[] {
    return composeAnswer(entries, { dials, seed, arrivalNo: no, endpoint, stranger });
  }

  return {
    nowMs,
    dials: (): Dials => dials,
    setDials(change: unknown): void {
      dials = turnDials(dials, change);
    },
    nextArrivalNo: () => books.nextArrivalNo(),
    /** Notes a request that does not reach the books. */
    note: (arrival: Arrival) => books.note(arrival),

    fateOf(arrival: Pick<Arrival, 'no' | 'endpoint'>): RequestFate {
      const sinceStartMs = performance.now() - startedMs;
      return decideRequest({ dials, seed, arrivalNo: arrival.no, endpoint: arrival.endpoint, sinceStartMs });
    },

    /** The URL that a caller names counts when none was set. @throws DaybreakError BAD_OPTION unless it is on loopback */
    learnCallbackUrl(told: string): void {
      if (options.callbackUrl === null) callbackUrl = checkCallbackUrl(told);
    },

    /** @throws BadRequest */
    readDebits: (body: string): ArrivedDebit[] => readDebits(body, capabilities.batchMax),

    async debit(arrival: Arrival, debits: readonly ArrivedDebit[]): Promise<AnswerRow[]> {
      books.settleDue(nowMs());
      const entries = books.accept({ ...arrival, entries: debits.length }, debits);
      pump.wake();
      if (hits(dials.callbackBeforeAnswerRate, seed, 'callback-first', arrival.no)) await pump.round();
      const rows = rowsOf(entries, arrival);
      stranger = entries.at(-1) ?? stranger;
      return rows;
    },

    /** @throws BadRequest */
    query(arrival: Arrival, body: string): AnswerRow[] {
      books.settleDue(nowMs());
      const requestNos = readRequestNos(body, capabilities.batchMax);
      books.note({ ...arrival, entries: requestNos.length, body: null });
      return rowsOf(books.query(requestNos, arrival.atMs), arrival);
    },

    /** @throws BadRequest */
    void(arrival: Arrival, body: string): AnswerRow[] {
      books.settleDue(nowMs());
      const requestNos = readRequestNos(body, capabilities.batchMax);
      return rowsOf(books.void({ ...arrival, entries: requestNos.length }, requestNos), arrival);
    },

    /** The pieces of a settlement file, or null when there is none. */
    file(date: string): Generator<string> | null {
      books.settleDue(nowMs());
      const fetchOfDate = (fetchesOfDate.get(date) ?? 0) + 1;
      const file = settlementFile(date, { books, dials, seed, nowMs: nowMs(), fetchOfDate, fetchOfAny: fetches + 1 });
      if (file !== null) {
        fetches++;
        fetchesOfDate.set(date, fetchOfDate);
      }
      return file;
    },

    start: () => pump.start(),
    async close(): Promise<void> {
      await pump.stop();
      books.close();
    },
  };
}
