/** Money by state, for bars and legends. States are those of docs/money.md, plus what only reports say. */
export interface MoneyTotal {
  readonly leg: string;
  readonly currency: string;
  readonly state: string | null;
  readonly count: number;
  readonly amountMinor: string;
}
export type Tone = 'ok' | 'run' | 'wait' | 'warn' | 'bad' | 'unsure';

/** In this order from left to right. What is not known is a tone of its own: neither good nor bad. */
export const STATE_TONES: readonly (readonly [string, Tone])[] = [
  ['SUCCESS', 'ok'],
  ['PROCESSING', 'unsure'],
  ['RETRY_WAIT', 'warn'],
  ['MANUAL', 'unsure'],
  ['UNRESOLVED', 'unsure'],
  ['PENDING', 'wait'],
  ['BLOCKED', 'warn'],
  ['FAILED', 'bad'],
];

export const toneOfItem = (state: string): Tone => STATE_TONES.find(([name]) => name === state)?.[1] ?? 'wait';

export interface MoneyBar {
  readonly leg: string;
  readonly currency: string;
  readonly frozen: { readonly count: number; readonly amountMinor: string } | null;
  readonly parts: readonly {
    readonly state: string;
    readonly tone: Tone;
    readonly count: number;
    readonly amountMinor: string;
  }[];
  /** What was frozen and nobody has told of yet; by count, as the bars are. */
  readonly untold: number;
}

/** One bar for each leg and currency, largest first state order kept. */
export function moneyBars(frozen: readonly MoneyTotal[], told: readonly MoneyTotal[]): MoneyBar[] {
  const keys = new Map<string, { leg: string; currency: string }>();
  for (const { leg, currency } of [...frozen, ...told]) keys.set(`${leg} ${currency}`, { leg, currency });
  return [...keys.values()].map(({ leg, currency }) => {
    const of = (totals: readonly MoneyTotal[]) => totals.filter((one) => one.leg === leg && one.currency === currency);
    const start = of(frozen)[0] ?? null;
    const rank = (state: string) => STATE_TONES.findIndex(([name]) => name === state) + 1 || STATE_TONES.length + 1;
    const parts = of(told)
      .filter(({ count }) => count > 0)
      .map(({ state, count, amountMinor }) => ({
        state: state ?? '',
        tone: toneOfItem(state ?? ''),
        count,
        amountMinor,
      }))
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

/** The sum of amounts of one currency, as digits. */
export const sumMinor = (totals: readonly { readonly amountMinor: string }[]): string =>
  totals.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), 0n).toString();
