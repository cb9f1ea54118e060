import { isBusinessDate } from '../../../shared/business-date.ts';
import { type Currency, isCurrency, parseAmount } from '../../../shared/money.ts';
import { splitCsvLine } from '../../batch/readers/csv-fields.ts';

/** The first line of a plan file, to the letter. */
export const PLAN_HEADER = 'contract_no,period,leg,customer_no,merchant_no,account_no,currency,amount,due_date';

/** Why a line is rejected, in the order in which the checks are made; the last two need the store. */
export const REJECT_CODES = [
  'FIELD_COUNT',
  'FIELD_EMPTY',
  'FIELD_TOO_LONG',
  'FIELD_INVALID',
  'PERIOD_INVALID',
  'LEG_UNKNOWN',
  'CURRENCY_UNKNOWN',
  'AMOUNT_INVALID',
  'DATE_INVALID',
  'DUPLICATE',
  'CONFLICT',
] as const;
export type RejectCode = (typeof REJECT_CODES)[number];

export type PlanLeg = 'PREMIUM' | 'PRINCIPAL';

/** What a line of the file says, after all checks that need nothing but the line. */
export interface PlanFields {
  readonly contractNo: string;
  readonly period: number;
  readonly leg: PlanLeg;
  readonly customerNo: string;
  readonly merchantNo: string;
  readonly accountNo: string;
  readonly currency: Currency;
  /** Minor units, 1 to 99,999,999,999. */
  readonly amountMinor: number;
  /** `YYYY-MM-DD`. */
  readonly dueDate: string;
}

/** Whose premium a rejected line was about, when the line is good enough to tell; see `plan_reject`. */
export interface RejectedPremium {
  readonly contractNo: string;
  readonly period: number;
}

export type PlanVerdict =
  | { readonly kind: 'data'; readonly plan: PlanFields }
  | { readonly kind: 'reject'; readonly code: RejectCode; readonly premium: RejectedPremium | null };

export const PLAN_FIELD_COUNT = 9;
const ID_LENGTH_MAX = 32;
const PERIOD_MAX = 600;

/** A quote, or anything beyond plain ASCII. */
const NEEDS_DECODING = /["\x80-\xff]/;
const ID = /^[A-Za-z0-9_-]+$/;
const PERIOD = /^[1-9][0-9]{0,2}$/;
const FIELD_COUNT_REJECT: PlanVerdict = { kind: 'reject', code: 'FIELD_COUNT', premium: null };

/**
 * Judges one line of a plan file, without its line end and not blank. `line` holds one character per byte (latin1):
 * that is the cheap way to look at a line, and only one with a quote or a byte above 0x7f has to be decoded at all.
 * @example
 * parsePlanLine('C1,1,PREMIUM,U1,M1,A1,JPY,1399,2026-11-20');
 * // { kind: 'data', plan: { contractNo: 'C1', period: 1, leg: 'PREMIUM', ..., amountMinor: 1399, ... } }
 */
export function parsePlanLine(line: string): PlanVerdict {
  if (!NEEDS_DECODING.test(line)) return judgePlanFields(line.split(','));
  const fields = splitCsvLine(Buffer.from(line, 'latin1'));
  return fields === null ? FIELD_COUNT_REJECT : judgePlanFields(fields);
}

/** Applies the field rules in their order. `fields` is null when the line's quotes do not close properly. */
export function judgePlanFields(fields: readonly string[] | null): PlanVerdict {
  if (fields === null || fields.length !== PLAN_FIELD_COUNT) return FIELD_COUNT_REJECT;
  const code = firstBrokenRule(fields);
  if (code !== null) return { kind: 'reject', code, premium: premiumOf(fields) };
  const [contractNo, period, leg, customerNo, merchantNo, accountNo, currency, amount, dueDate] = fields as NineFields;
  const amountMinor = parseAmount(amount, currency as Currency) as number;
  return {
    kind: 'data',
    plan: {
      contractNo,
      period: Number(period),
      leg: leg as PlanLeg,
      customerNo,
      merchantNo,
      accountNo,
      currency: currency as Currency,
      amountMinor,
      dueDate,
    },
  };
}

type NineFields = [string, string, string, string, string, string, string, string, string];

function firstBrokenRule(fields: readonly string[]): RejectCode | null {
  for (const field of fields) if (field === '') return 'FIELD_EMPTY';
  const [contractNo, period, leg, customerNo, merchantNo, accountNo, currency, amount, dueDate] = fields as NineFields;
  if (isTooLong(contractNo) || isTooLong(customerNo) || isTooLong(merchantNo) || isTooLong(accountNo)) {
    return 'FIELD_TOO_LONG';
  }
  if (!ID.test(contractNo) || !ID.test(customerNo) || !ID.test(merchantNo) || !ID.test(accountNo)) {
    return 'FIELD_INVALID';
  }
  if (!isPeriod(period)) return 'PERIOD_INVALID';
  if (leg !== 'PREMIUM' && leg !== 'PRINCIPAL') return 'LEG_UNKNOWN';
  if (!isCurrency(currency)) return 'CURRENCY_UNKNOWN';
  if (parseAmount(amount, currency) === null) return 'AMOUNT_INVALID';
  if (!isDueDate(dueDate)) return 'DATE_INVALID';
  return null;
}

/** Characters are code points: a character outside the BMP is one, although it is two UTF-16 units. */
function isTooLong(field: string): boolean {
  if (field.length <= ID_LENGTH_MAX) return false;
  let characters = 0;
  for (const _ of field) {
    characters += 1;
    if (characters > ID_LENGTH_MAX) return true;
  }
  return false;
}

function isPeriod(text: string): boolean {
  return PERIOD.test(text) && Number(text) <= PERIOD_MAX;
}

/**
 * There was no year 0, although a computer's calendar has one. A file has few dates and many lines, and the calendar
 * is the dearest check of a line (1.8 of 3 µs), so good dates are remembered.
 */
function isDueDate(text: string): boolean {
  if (knownDates.has(text)) return true;
  if (!isBusinessDate(text) || text.startsWith('0000')) return false;
  if (knownDates.size >= KNOWN_DATES_MAX) knownDates.clear();
  knownDates.add(text);
  return true;
}

const KNOWN_DATES_MAX = 1_000;
const knownDates = new Set<string>();

function premiumOf(fields: readonly string[]): RejectedPremium | null {
  const [contractNo, period, leg] = fields as NineFields;
  const readable = leg === 'PREMIUM' && !isTooLong(contractNo) && ID.test(contractNo) && isPeriod(period);
  return readable ? { contractNo, period: Number(period) } : null;
}
