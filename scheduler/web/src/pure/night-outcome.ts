import type { MoneyTotal } from './money-states.ts';

/** Whether everything that was due is accounted for; null while nobody knows. A night that was refused debited nothing. */
export function holdsConservation({
  state,
  differences,
}: {
  readonly state: string;
  readonly differences: number | null;
}): boolean | null {
  if (differences === null || state === 'running' || state === 'refused') return null;
  // A night of which no file could be had is not proven: it differs, although no difference was found.
  return state !== 'differs' && differences === 0;
}

/** What everything that was due has to have come to, in the order in which it is read. */
export const OUTCOMES = ['SUCCESS', 'FAILED', 'BLOCKED', 'UNRESOLVED'] as const;
type Outcome = (typeof OUTCOMES)[number];
export interface Sum {
  readonly count: number;
  readonly amountMinor: string;
}
export interface ConservationRow {
  readonly leg: string;
  readonly currency: string;
  readonly due: Sum;
  readonly outcomes: Readonly<Record<Outcome, Sum>>;
  /** The four are what was due, in number and amount. */
  readonly addsUp: boolean;
}

const NOTHING: Sum = { count: 0, amountMinor: '0' };

/** A line for each leg and currency: what was due, and what has become of it. */
export function conservationRows(totals: readonly MoneyTotal[]): ConservationRow[] {
  const keys = new Map(totals.map(({ leg, currency }) => [`${leg} ${currency}`, { leg, currency }]));
  return [...keys.values()].map(({ leg, currency }) => {
    const sum = (wanted: string | null): Sum =>
      totals.find((one) => one.leg === leg && one.currency === currency && one.state === wanted) ?? NOTHING;
    const [due, parts] = [sum(null), OUTCOMES.map((outcome) => [outcome, sum(outcome)] as const)];
    const count = parts.reduce((all, [, part]) => all + part.count, 0);
    const minor = parts.reduce((all, [, part]) => all + BigInt(part.amountMinor), 0n);
    return {
      leg,
      currency,
      due,
      outcomes: Object.fromEntries(parts) as Record<Outcome, Sum>,
      addsUp: count === due.count && minor === BigInt(due.amountMinor),
    };
  });
}
