import type { SqlTx } from '../../shared/sql/sql.ts';
import { lockSlice, type SliceRow, saveSlice } from '../slice/slice-row.ts';
import type { MoneyContext } from './money-context.ts';
import { type SliceFacts, sliceFactsOf, tellIfSettled } from './tell-settled.ts';

/** One transaction with a slice locked, for those who settle its open items without holding its lease. */
export function inLockedSlice<T>(
  context: MoneyContext,
  name: string,
  at: { readonly runId: number; readonly sliceNo: number },
  body: (tx: SqlTx, slice: SliceRow, facts: SliceFacts) => Promise<T>,
): Promise<T> {
  return context.store.transaction(name, async (tx) => {
    const slice = await lockSlice(tx, at.runId, at.sliceNo);
    if (!slice) throw new Error(`no slice ${at.runId}/${at.sliceNo}`);
    const facts = await sliceFactsOf(tx, at.runId);
    const result = await body(tx, slice, facts);
    await tellIfSettled(tx, slice, facts);
    if (!(await saveSlice(tx, slice, slice.epoch))) throw new Error('the slice changed under its lock');
    return result;
  });
}

/** Groups rows by slice, in one order for all: two that lock the same slices in different orders could deadlock. */
export function bySlice<T extends { readonly runId: number; readonly sliceNo: number }>(
  rows: readonly T[],
): readonly (readonly [number, number, readonly T[]])[] {
  const groups = new Map<string, [number, number, T[]]>();
  for (const row of rows) {
    const key = `${row.runId}/${row.sliceNo}`;
    const group = groups.get(key) ?? [row.runId, row.sliceNo, []];
    group[2].push(row);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}
