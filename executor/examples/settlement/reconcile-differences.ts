import type { SqlStore, SqlTx, SqlValue } from '../../../shared/sql/sql.ts';

/**
 * What a reconciliation found.
 * - ONLY_OURS: a SUCCESS of ours without a line. ONLY_GATEWAY: a line that belongs to no call of ours.
 * - AMOUNT_DIFFERS: account, currency or amount. STATE_DIFFERS: a line for a call that we do not hold as a success.
 * - DOUBLE_DEBIT: a second debit of one plan. RECOUNT: an item's state is not what its call and the ledger say.
 * - MANIFEST_SUM, LEDGER_SUM: a total does not add up. NO_SETTLEMENT_FILE: a date's file could not be had.
 * - NOT_RECONCILED: there is no finished reconciliation of the night.
 * - CONTRADICTION, REFERENCE_OTHER: listed, but they do not break conservation by themselves.
 */
export const DIFFERENCE_KINDS = [
  'ONLY_OURS',
  'ONLY_GATEWAY',
  'AMOUNT_DIFFERS',
  'STATE_DIFFERS',
  'DOUBLE_DEBIT',
  'RECOUNT',
  'MANIFEST_SUM',
  'LEDGER_SUM',
  'NO_SETTLEMENT_FILE',
  'NOT_RECONCILED',
  'CONTRADICTION',
  'REFERENCE_OTHER',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export const breaksConservation = (kind: DifferenceKind): boolean =>
  kind !== 'CONTRADICTION' && kind !== 'REFERENCE_OTHER';

export interface Difference {
  readonly kind: DifferenceKind;
  readonly requestNo?: string | null;
  readonly gatewayRef?: string | null;
  readonly contractNo?: string | null;
  readonly period?: number | null;
  readonly leg?: string | null;
  readonly currency?: string | null;
  /** Minor units as digits: what our books say. */
  readonly oursMinor?: string | null;
  /** What the settlement file says, as written there. */
  readonly gatewayMinor?: string | null;
  /** One sentence for the reader. */
  readonly note: string;
}

const COLUMNS = [
  'night_id',
  'kind',
  'request_no',
  'gateway_ref',
  'contract_no',
  'period',
  'leg',
  'currency',
  'ours_minor',
  'gateway_minor',
  'breaks',
  'note',
] as const;

export async function insertDifferences(tx: SqlTx, nightId: number, differences: readonly Difference[]): Promise<void> {
  if (differences.length === 0) return;
  await tx.insertRows(
    { table: 'difference', columns: COLUMNS },
    differences.map((one): SqlValue[] => [
      nightId,
      one.kind,
      one.requestNo ?? null,
      one.gatewayRef ?? null,
      one.contractNo ?? null,
      one.period ?? null,
      one.leg ?? null,
      one.currency ?? null,
      one.oursMinor ?? null,
      one.gatewayMinor ?? null,
      breaksConservation(one.kind) ? 1 : 0,
      one.note.slice(0, 255),
    ]),
  );
}

/** A rerun starts afresh: what was found before, and its verdict, are taken away first. */
export async function clearDifferences(store: SqlStore, nightId: number): Promise<void> {
  await store.transaction('clear-reconciliation', async (tx) => {
    await tx.run('delete from night_reconciliation where night_id = ?', [nightId]);
    await tx.run('delete from difference where night_id = ?', [nightId]);
  });
}
