/** Money by state, for bars, legends and figures. States are those of docs/money.md, plus what only reports say. */
export interface MoneyTotal {
  readonly leg: string;
  readonly currency: string;
  readonly state: string | null;
  readonly count: number;
  readonly amountMinor: string;
}

/** In this order from left to right: what is done, what is open, what is not due any more. */
const ORDER = ['SUCCESS', 'PROCESSING', 'RETRY_WAIT', 'MANUAL', 'UNRESOLVED', 'PENDING', 'BLOCKED', 'FAILED'];

export interface MoneyBar {
  readonly leg: string;
  readonly currency: string;
  readonly frozen: { readonly count: number; readonly amountMinor: string } | null;
  readonly parts: readonly { readonly state: string; readonly count: number; readonly amountMinor: string }[];
  /** What was frozen and nobody has told of yet; by count, as the bars are. */
  readonly untold: number;
}

/** One bar for each leg and currency, its parts in the order of the states. */
export function moneyBars(frozen: readonly MoneyTotal[], told: readonly MoneyTotal[]): MoneyBar[] {
  const keys = new Map<string, { leg: string; currency: string }>();
  for (const { leg, currency } of [...frozen, ...told]) keys.set(`${leg} ${currency}`, { leg, currency });
  return [...keys.values()].map(({ leg, currency }) => {
    const of = (totals: readonly MoneyTotal[]) => totals.filter((one) => one.leg === leg && one.currency === currency);
    const start = of(frozen)[0] ?? null;
    const rank = (state: string) => ORDER.indexOf(state) + 1 || ORDER.length + 1;
    const parts = of(told)
      .filter(({ count }) => count > 0)
      .map(({ state, count, amountMinor }) => ({ state: state ?? '', count, amountMinor }))
      .sort((a, b) => rank(a.state) - rank(b.state));
    const toldCount = parts.reduce((sum, { count }) => sum + count, 0);
    return {
      leg,
      currency,
      frozen: start === null ? null : { count: start.count, amountMinor: start.amountMinor },
      parts,
      untold: Math.max(0, (start?.count ?? 0) - toldCount),
    };
  });
}

/** What has no last state, by what it waits for: being sent, an answer, the next try, two people. */
export interface OpenItems {
  readonly notSent: number;
  /** A call is out, and nobody knows whether it has debited. */
  readonly inTheAir: number;
  readonly nextTry: number;
  readonly withPeople: number;
}

export function countOpen(told: readonly Pick<MoneyTotal, 'state' | 'count'>[]): OpenItems {
  const of = (wanted: string) => told.reduce((sum, { state, count }) => sum + (state === wanted ? count : 0), 0);
  return { notSent: of('PENDING'), inTheAir: of('PROCESSING'), nextTry: of('RETRY_WAIT'), withPeople: of('MANUAL') };
}

/** In this order: what has to be over first, what is found out by itself, what follows by itself, what needs people. */
const WAITING = ['PENDING', 'PROCESSING', 'RETRY_WAIT', 'MANUAL'] as const;

/**
 * What is not final, by leg, over all currencies. Once all shards are back every item was looked at: one that is not sent
 * then waits for its gate.
 */
export function waitingByLeg(
  told: readonly Pick<MoneyTotal, 'leg' | 'state' | 'count'>[],
): { readonly leg: string; readonly state: (typeof WAITING)[number]; readonly count: number }[] {
  const legs = [...new Set(told.map(({ leg }) => leg))];
  return legs.flatMap((leg) =>
    WAITING.map((state) => ({
      leg,
      state,
      count: told.reduce((sum, one) => sum + (one.leg === leg && one.state === state ? one.count : 0), 0),
    })).filter(({ count }) => count > 0),
  );
}

/**
 * The node for whose items a chain run waits: each of its open runs has all shards back. Null: something is at work, or
 * nothing that has items is open.
 */
export function standingNode<
  T extends {
    readonly runId: number | null;
    readonly endedAtMs: number | null;
    readonly picture: { readonly kind: string; readonly state?: string };
  },
>(nodes: readonly T[]): T | null {
  const open = nodes.filter(({ runId, endedAtMs }) => runId !== null && endedAtMs === null);
  return open.every(({ picture }) => picture.state === 'dispatched') ? (open[0] ?? null) : null;
}

/** Sums of one state, a line for each currency: amounts of two currencies have no sum. */
export function sumsByCurrency(
  totals: readonly MoneyTotal[],
  wanted: string,
): { readonly currency: string; readonly count: number; readonly amountMinor: string }[] {
  const sums = new Map<string, { count: number; minor: bigint }>();
  for (const { state, currency, count, amountMinor } of totals) {
    if (state !== wanted || count === 0) continue;
    const sum = sums.get(currency) ?? { count: 0, minor: 0n };
    sums.set(currency, { count: sum.count + count, minor: sum.minor + BigInt(amountMinor) });
  }
  return [...sums].map(([currency, { count, minor }]) => ({ currency, count, amountMinor: minor.toString() }));
}
