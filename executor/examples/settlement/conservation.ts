import { breaksConservation, type Difference, type DifferenceKind } from './reconcile-differences.ts';

/** A count and a sum of minor units. Sums are BigInt: they outgrow 2^53. */
export interface Sum {
  readonly count: number;
  readonly amountMinor: bigint;
}
export const NOTHING: Sum = { count: 0, amountMinor: 0n };
export const plus = (a: Sum, b: Sum): Sum => ({ count: a.count + b.count, amountMinor: a.amountMinor + b.amountMinor });
export const sameSum = (a: Sum, b: Sum): boolean => a.count === b.count && a.amountMinor === b.amountMinor;

/** Sums under a leg and a currency. */
export class SumsByLeg {
  readonly #sums = new Map<string, Sum>();

  add(leg: string, currency: string, sum: Sum): void {
    const key = `${leg} ${currency}`;
    this.#sums.set(key, plus(this.#sums.get(key) ?? NOTHING, sum));
  }

  get(leg: string, currency: string): Sum {
    return this.#sums.get(`${leg} ${currency}`) ?? NOTHING;
  }

  keys(): (readonly [leg: string, currency: string])[] {
    return [...this.#sums.keys()].sort().map((key) => key.split(' ') as [string, string]);
  }
}

/** The four totals of a night that have to agree, each counted for itself. */
export interface NightTotals {
  /** What was frozen: `slice_expected`, written with the selection; a split moves parts of it and adds nothing. */
  readonly manifest: SumsByLeg;
  /** Every item, its group and amount taken from its call and the ledger: success + failed + blocked + unresolved. */
  readonly recounted: SumsByLeg;
  /** Items whose state is SUCCESS, with the items' own amounts. */
  readonly success: SumsByLeg;
  /** The ledger's entries of tonight's runs. */
  readonly ledger: SumsByLeg;
}

/**
 * Parts (a) and (b) of conservation: what came in is what there is, and what succeeded is what was booked, per leg and
 * currency, in count and in minor units.
 */
export function sumDifferences(totals: NightTotals): Difference[] {
  return [
    ...unequal('MANIFEST_SUM', totals.recounted, totals.manifest, ['recounted', 'frozen']),
    ...unequal('LEDGER_SUM', totals.success, totals.ledger, ['SUCCESS items', 'ledger']),
  ];
}

function unequal(
  kind: DifferenceKind,
  ours: SumsByLeg,
  other: SumsByLeg,
  names: readonly [string, string],
): Difference[] {
  const keys = new Map([...ours.keys(), ...other.keys()].map((key) => [key.join(' '), key]));
  const differences: Difference[] = [];
  for (const [leg, currency] of keys.values()) {
    const [a, b] = [ours.get(leg, currency), other.get(leg, currency)];
    if (sameSum(a, b)) continue;
    differences.push({
      kind,
      leg,
      currency,
      oursMinor: String(a.amountMinor),
      note: `${names[0]}: ${a.count} of ${a.amountMinor}; ${names[1]}: ${b.count} of ${b.amountMinor}`,
    });
  }
  return differences;
}

/** Conservation holds when nothing was found that breaks it. */
export const conservationHolds = (found: ReadonlyMap<DifferenceKind, number>): boolean =>
  [...found].every(([kind, count]) => count === 0 || !breaksConservation(kind));
