import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutPage } from '../../../../executor/slice/cut-page.ts';
import type { SelectedRow } from '../../../../executor/slice/selection.ts';

const job = { name: 'daily-close', sliceBy: 'merchant' };
const rowsOf = (groups: readonly number[]): SelectedRow[] =>
  groups.flatMap((count, key) =>
    Array.from({ length: count }, (_, at) => ({ subject: key * 1_000 + at, key: `m${key}` })),
  );

/** Freezes as the engine does, page by page, and returns the slices. */
function freeze(rows: readonly SelectedRow[], limit: number): { rows: SelectedRow[]; hot: boolean }[] {
  const slices: { rows: SelectedRow[]; hot: boolean }[] = [];
  let hotKey: string | null = null;
  for (let at = 0; at < rows.length; ) {
    const page = rows.slice(at, at + limit);
    const cut = cutPage(page, { limit, job, hotKey });
    expect(cut.rows).toBeGreaterThan(0);
    const taken = page.slice(0, cut.rows);
    if (cut.growsHot) slices.at(-1)?.rows.push(...taken);
    else slices.push({ rows: taken, hot: cut.hotKey !== null });
    hotKey = cut.hotKey;
    at += cut.rows;
  }
  return slices;
}

test('every row once and in order, each key in one slice, a hot key alone in its own', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      (groups, limit) => {
        const rows = rowsOf(groups);
        const slices = freeze(rows, limit);
        expect(slices.flatMap((slice) => slice.rows)).toEqual(rows);
        const homes = new Map<string, Set<number>>();
        slices.forEach((slice, no) => {
          for (const row of slice.rows) homes.set(row.key ?? '', (homes.get(row.key ?? '') ?? new Set()).add(no));
          const keys = new Set(slice.rows.map((row) => row.key));
          if (slice.rows.length > limit) expect(slice.hot).toBe(true);
          if (slice.hot) expect(keys.size).toBe(1);
        });
        expect([...homes.values()].filter((nos) => nos.size > 1)).toEqual([]);
        // Two neighbours that are not hot hold a slice's rows together: so there are never more than twice as many.
        slices.forEach((slice, no) => {
          const next = slices[no + 1];
          if (next && !slice.hot && !next.hot)
            expect(slice.rows.length + next.rows.length).toBeGreaterThanOrEqual(limit);
        });
      },
    ),
  );
});

test('without sliceBy a page is a slice', () => {
  const page = [{ subject: 1 }, { subject: 2 }];
  expect(cutPage(page, { limit: 2, job: { name: 'debit' }, hotKey: null })).toEqual({
    rows: 2,
    growsHot: false,
    hotKey: null,
  });
});

test('a row without a key is told of, by name', () => {
  expect(() => cutPage([{ subject: 5 }], { limit: 2, job, hotKey: null })).toThrow(/daily-close.*row 5/);
});
