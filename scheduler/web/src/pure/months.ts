/** The months of a year as weeks that begin on Monday: how many places come before the first, and its dates. */
export interface Month {
  readonly month: number;
  readonly lead: number;
  readonly dates: readonly string[];
}

export function monthsOf(year: number): Month[] {
  return Array.from({ length: 12 }, (_, month) => {
    const first = new Date(Date.UTC(year, month, 1));
    const count = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    const two = (n: number) => String(n).padStart(2, '0');
    return {
      month,
      lead: (first.getUTCDay() + 6) % 7,
      dates: Array.from({ length: count }, (_day, n) => `${year}-${two(month + 1)}-${two(n + 1)}`),
    };
  });
}
