import { hash } from 'node:crypto';
import { BATCH_DEBITS } from './debit-run.ts';
import type { FloorAnswer, FloorDebit } from './floor-gateway.ts';

/** What both floors compute alike; what they write, each writes by itself. */

export const SENT_MARGIN_MS = 15_000;
export const KEY_LIFETIME_MS = 86_400_000;
export const OWNER = 'http://127.0.0.1:9999/#floor';
/** As many rows as the engine's slices have: who dies takes no more than that along. */
export const SLICE_ITEMS = 4_000;

export interface FloorItem {
  readonly seq: number;
  readonly subject: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly presentation: number;
  readonly contractNo: string;
  readonly period: number;
  readonly accountNo: string;
}

export interface FloorSlice {
  readonly runId: number;
  readonly sliceNo: number;
  readonly lo: number;
  readonly hi: number;
  readonly epoch: number;
  historyNo: number;
  historyHash: string;
}

export interface FloorLeg {
  readonly leg: 'PREMIUM' | 'PRINCIPAL';
  readonly runId: number;
  readonly letter: 'P' | 'R';
}

export const FLOOR_LEGS: readonly FloorLeg[] = [
  { leg: 'PREMIUM', runId: 1, letter: 'P' },
  { leg: 'PRINCIPAL', runId: 2, letter: 'R' },
];

export const CALL_COLUMNS = [
  'downstream_id',
  'subject',
  'presentation',
  'attempt',
  'run_id',
  'slice_no',
  'seq',
  'request_no',
  'body_hash',
  'account_no',
  'amount_minor',
  'currency',
  'expire_at',
  'key_dead_at',
  'stored_at',
  'send_deadline_at',
  'sends',
  'state',
] as const;

export const LEDGER_COLUMNS = [
  'downstream_id',
  'subject',
  'presentation',
  'attempt',
  'entry_type',
  'run_id',
  'group_name',
  'currency',
  'amount_minor',
  'gateway_ref',
  'booked_at',
] as const;

export function debitOf(item: FloorItem, { letter }: FloorLeg, nowMs: number): FloorDebit {
  return {
    requestNo: `bench.${item.contractNo}.${item.period}.${letter}.${item.presentation}.1`,
    accountNo: item.accountNo,
    amount: item.amountMinor,
    currency: item.currency,
    expireAt: nowMs + KEY_LIFETIME_MS / 2,
  };
}

export const bodyHash = (debit: FloorDebit): string =>
  hash('sha256', `${debit.requestNo}|${debit.accountNo}|${debit.amount}|${debit.currency}|${debit.expireAt}`);

export function callRow(slice: FloorSlice, item: FloorItem, debit: FloorDebit, nowMs: number): (string | number)[] {
  return [
    1,
    item.subject,
    item.presentation,
    1,
    slice.runId,
    slice.sliceNo,
    item.seq,
    debit.requestNo,
    bodyHash(debit),
    item.accountNo,
    item.amountMinor,
    item.currency,
    debit.expireAt,
    nowMs + KEY_LIFETIME_MS - 20_000,
    nowMs,
    nowMs + SENT_MARGIN_MS,
    1,
    'SENT',
  ];
}

export function ledgerRow(
  { leg, runId }: FloorLeg,
  item: FloorItem,
  gatewayRef: string,
  nowMs: number,
): (string | number)[] {
  const { subject, presentation, currency, amountMinor } = item;
  return [1, subject, presentation, 1, 'DEBIT', runId, leg, currency, amountMinor, gatewayRef, nowMs];
}

/** The values of a history row, chained by hash to the one before. */
export function historyRow(
  slice: FloorSlice,
  range: { fromSeq: number; toSeq: number; from: string; to: string },
  nowMs: number,
): (string | number)[] {
  const no = slice.historyNo + 1;
  const fields = [slice.runId, slice.sliceNo, no, range.fromSeq, range.toSeq, range.from, range.to, slice.epoch, nowMs];
  const chained = hash('sha256', `${slice.historyHash}|${fields.join('|')}|${OWNER}|[]`);
  const row = [...fields, OWNER, '[]', slice.historyHash, chained];
  slice.historyNo = no;
  slice.historyHash = chained;
  return row;
}

export async function sendChunk(
  send: (debits: readonly FloorDebit[]) => Promise<FloorAnswer>,
  debits: readonly FloorDebit[],
): Promise<readonly FloorAnswer[]> {
  const batches: Promise<FloorAnswer>[] = [];
  for (let at = 0; at < debits.length; at += BATCH_DEBITS) batches.push(send(debits.slice(at, at + BATCH_DEBITS)));
  return Promise.all(batches);
}
