import type { BookEntry } from './books-types.ts';
import { statedAmount } from './debit-fate.ts';
import type { Dials, Endpoint } from './dials.ts';
import { draw, hits } from './draw.ts';

export interface AnswerContext {
  readonly dials: Dials;
  readonly seed: number;
  readonly arrivalNo: number;
  readonly endpoint: Endpoint;
  /** A debit of some other request, to tell a lie about when nobody asked. */
  readonly stranger: BookEntry | null;
}

export interface AnswerRow {
  readonly requestNo: string;
  readonly status: string;
  readonly code: string;
  readonly message: string;
  readonly gatewayRef: string | null;
  readonly amount: number | null;
  readonly currency: string | null;
}

/** What the gateway says about what its books hold: the truth, through the dials. Pure. */
export function composeAnswer(entries: readonly BookEntry[], context: AnswerContext): AnswerRow[] {
  const { dials, seed, arrivalNo } = context;
  const rows: AnswerRow[] = [];
  for (const entry of entries) {
    const name = `${arrivalNo}/${entry.requestNo}`;
    if (hits(dials.missingEntryRate, seed, 'missing', name)) continue;
    const row = falsify(entry, name, context);
    rows.push(row);
    if (hits(dials.duplicateEntryRate, seed, 'duplicate', name)) rows.push(row);
    if (hits(dials.conflictingEntryRate, seed, 'conflicting', name)) rows.push(oppositeOf(row));
  }
  if (hits(dials.extraEntryRate, seed, 'extra', arrivalNo)) rows.push(...unasked(context));
  return hits(dials.shuffleRate, seed, 'shuffle', arrivalNo) ? shuffled(rows, seed, arrivalNo) : rows;
}

function falsify(entry: BookEntry, name: string, { dials, seed, endpoint }: AnswerContext): AnswerRow {
  const truth = truthOf(entry);
  const row =
    truth.amount === null ? truth : { ...truth, amount: statedAmount(dials, seed, truth.requestNo, truth.amount) };
  if (hits(dials.falseFailureRate, seed, 'false-failure', name)) {
    return { ...row, status: 'FAILED', code: 'SYSTEM_BUSY', message: 'try again later', gatewayRef: null };
  }
  if (row.amount !== null && hits(dials.wrongAmountRate, seed, 'wrong-amount', name)) {
    return { ...row, amount: row.amount + 1 };
  }
  if (entry.status !== 'SUCCESS') return row;
  if (endpoint !== 'debits' && hits(dials.contradictionRate, seed, 'contradiction', entry.requestNo)) {
    return oppositeOf(row);
  }
  if (entry.repeated && hits(dials.duplicateSuccessRate, seed, 'second-success', entry.requestNo)) {
    return { ...row, gatewayRef: `${row.gatewayRef}B` };
  }
  return row;
}

function truthOf({ requestNo, status, code, gatewayRef, amount, currency }: BookEntry): AnswerRow {
  return { requestNo, status, code, message: status === 'SUCCESS' ? '' : code, gatewayRef, amount, currency };
}

export function oppositeOf(row: AnswerRow): AnswerRow {
  return row.status === 'SUCCESS'
    ? { ...row, status: 'FAILED', code: 'ACCOUNT_CLOSED', message: 'account closed' }
    : { ...row, status: 'SUCCESS', code: 'OK', message: '', gatewayRef: row.gatewayRef ?? 'GW0' };
}

function unasked({ arrivalNo, stranger }: AnswerContext): AnswerRow[] {
  const invented: AnswerRow = {
    requestNo: `UNASKED.${arrivalNo}`,
    status: 'SUCCESS',
    code: 'OK',
    message: '',
    gatewayRef: `GWX${arrivalNo}`,
    amount: 1,
    currency: 'CNY',
  };
  return stranger === null ? [invented] : [invented, oppositeOf(truthOf(stranger))];
}

function shuffled(rows: readonly AnswerRow[], seed: number, arrivalNo: number): AnswerRow[] {
  return rows
    .map((row, at) => ({ row, place: draw(seed, 'place', `${arrivalNo}/${at}`) }))
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);
}
