import { DaybreakError, isDaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import type { SelectedRow } from './selection.ts';

export interface NewRow extends SelectedRow {
  readonly seq: number;
}

interface NewSlice {
  readonly runId: number;
  readonly sliceNo: number;
  readonly group: string;
  readonly hot: boolean;
}

/** For rows that carry no money: their sums are counts. */
const NO_CURRENCY = 'XXX';

/** One slice of a selection that is being frozen, with its rows, its keys and what is expected of it. */
export async function writeSlice(
  tx: SqlTx,
  slice: NewSlice & { readonly name: string; readonly homeShard: number },
  rows: readonly NewRow[],
): Promise<void> {
  const { runId, sliceNo } = slice;
  const lo = rows[0]?.seq ?? 0;
  const hi = rows.at(-1)?.seq ?? 0;
  await insertItems(tx, slice, rows);
  await tx.run(
    `insert into slice (run_id, slice_no, home_shard, lo, hi, cursor_seq, sent_to_seq, item_count, hot)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [runId, sliceNo, slice.homeShard, lo, hi, lo - 1, lo - 1, rows.length, slice.hot ? 1 : 0],
  );
  await insertKeys(tx, slice, rows);
  await addExpected(tx, slice, rows);
}

/** More rows of the hot key that a slice was made for. */
export async function growSlice(tx: SqlTx, slice: NewSlice, rows: readonly NewRow[]): Promise<void> {
  await insertItems(tx, slice, rows);
  await tx.run('update slice set hi = ?, item_count = item_count + ? where run_id = ? and slice_no = ?', [
    rows.at(-1)?.seq ?? 0,
    rows.length,
    slice.runId,
    slice.sliceNo,
  ]);
  await addExpected(tx, slice, rows);
}

async function insertItems(tx: SqlTx, { runId, sliceNo }: NewSlice, rows: readonly NewRow[]): Promise<void> {
  await tx.insertRows(
    { table: 'item', columns: ['run_id', 'slice_no', 'seq', 'subject', 'amount_minor', 'currency', 'presentation'] },
    rows.map((row) => [
      runId,
      sliceNo,
      row.seq,
      row.subject,
      row.amountMinor ?? 0,
      row.currency ?? NO_CURRENCY,
      row.presentation ?? 1,
    ]),
  );
}

/** Where each key begins. A key that was there before has come back behind another one, and would lie in two slices. */
async function insertKeys(
  tx: SqlTx,
  slice: NewSlice & { readonly name: string },
  rows: readonly NewRow[],
): Promise<void> {
  const begins = rows.filter((row, at) => row.key !== undefined && row.key !== rows[at - 1]?.key);
  try {
    await tx.insertRows(
      { table: 'slice_key', columns: ['run_id', 'slice_no', 'first_seq', 'item_key'] },
      begins.map((row) => [slice.runId, slice.sliceNo, row.seq, row.key ?? '']),
    );
  } catch (error) {
    if (!isDaybreakError(error, 'SQL_CONFLICT')) throw error;
    throw new DaybreakError(
      'BAD_OPTION',
      `${slice.name}: selectPage() gives the rows of one key in two places; order by key, then by subject`,
      { cause: error },
    );
  }
}

async function addExpected(tx: SqlTx, slice: NewSlice, rows: readonly NewRow[]): Promise<void> {
  for (const [currency, sum] of sumsByCurrency(rows)) {
    const place = [slice.runId, slice.sliceNo, slice.group, currency];
    const matched = await tx.run(
      `update slice_expected set item_count = item_count + ?, amount_minor = amount_minor + ?
       where run_id = ? and slice_no = ? and group_name = ? and currency = ?`,
      [sum.count, sum.amountMinor, ...place],
    );
    if (matched > 0) continue;
    await tx.run(
      `insert into slice_expected (run_id, slice_no, group_name, currency, item_count, amount_minor)
       values (?, ?, ?, ?, ?, ?)`,
      [...place, sum.count, sum.amountMinor],
    );
  }
}

function sumsByCurrency(rows: readonly NewRow[]): Map<string, { count: number; amountMinor: bigint }> {
  const sums = new Map<string, { count: number; amountMinor: bigint }>();
  for (const { currency = NO_CURRENCY, amountMinor = 0 } of rows) {
    const sum = sums.get(currency) ?? { count: 0, amountMinor: 0n };
    sum.count += 1;
    sum.amountMinor += BigInt(amountMinor);
    sums.set(currency, sum);
  }
  return sums;
}
