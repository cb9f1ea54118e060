import type { Total } from '../../shared/protocol/wire.ts';
import type { ToldState } from '../run/run-transitions.ts';

/** What a run's row holds of what was told: totals as JSON text. */
export interface ToldSoFar {
  readonly sliceCount: number | null;
  readonly manifest: string | null;
  readonly slicesTold: number;
  readonly totalsTold: string | null;
  readonly mismatch: string | null;
}

/** SETTLED is told, not read: complete when every slice of the manifest was told and the sums are those frozen. */
export function judgeTold(told: ToldSoFar): { readonly told: ToldState; readonly mismatch: string | null } {
  if (told.mismatch !== null) return { told: 'mismatch', mismatch: told.mismatch };
  if (told.manifest === null || told.sliceCount === null) return { told: 'incomplete', mismatch: null };
  const complete = told.slicesTold >= told.sliceCount;
  const mismatch = compareTotals(parseTotals(told.manifest), parseTotals(told.totalsTold), complete);
  if (mismatch !== null) return { told: 'mismatch', mismatch };
  return { told: complete ? 'complete' : 'incomplete', mismatch: null };
}

/** Adds totals by group, currency and state. Amounts are digit text: their sums outgrow 2^53. */
export function addTotals(first: readonly Total[], second: readonly Total[]): Total[] {
  const sums = new Map<string, Total>();
  for (const total of [...first, ...second]) {
    const key = JSON.stringify([total.group, total.currency, total.state ?? null]);
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? total : plus(sum, total));
  }
  return [...sums.values()];
}

export const parseTotals = (text: string | null): Total[] => (text === null ? [] : (JSON.parse(text) as Total[]));

const plus = (a: Total, b: Total): Total => ({
  ...a,
  count: a.count + b.count,
  amountMinor: (BigInt(a.amountMinor) + BigInt(b.amountMinor)).toString(),
});

/**
 * Compares per group and currency, over all states. Before all slices are told, only more than was frozen is wrong;
 * afterwards any difference is. Returns it in words, or null.
 */
function compareTotals(frozen: readonly Total[], told: readonly Total[], complete: boolean): string | null {
  const frozenSums = bySum(frozen);
  const toldSums = bySum(told);
  for (const key of new Set([...frozenSums.keys(), ...toldSums.keys()])) {
    const want = frozenSums.get(key) ?? ZERO;
    const have = toldSums.get(key) ?? ZERO;
    const tooMuch = have.count > want.count || have.amount > want.amount;
    const differs = have.count !== want.count || have.amount !== want.amount;
    if (tooMuch || (complete && differs)) {
      return `${key}: frozen ${want.count} items of ${want.amount}, told ${have.count} items of ${have.amount}`;
    }
  }
  return null;
}

const ZERO = { count: 0, amount: 0n };

function bySum(totals: readonly Total[]): Map<string, { count: number; amount: bigint }> {
  const sums = new Map<string, { count: number; amount: bigint }>();
  for (const total of totals) {
    const key = `${total.group} ${total.currency}`;
    const sum = sums.get(key) ?? ZERO;
    sums.set(key, { count: sum.count + total.count, amount: sum.amount + BigInt(total.amountMinor) });
  }
  return sums;
}
