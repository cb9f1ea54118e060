import { DaybreakError } from '../../shared/errors.ts';
import type { SelectedRow, Selection } from './selection.ts';

/** How many rows of a page go into the slice that is being made (pure). */
export interface CutPage {
  readonly rows: number;
  /** They belong to the hot slice that the pages before began. */
  readonly growsHot: boolean;
  /** The key that may go on in the next page, and then in the same slice; null: what comes next is a slice of its own. */
  readonly hotKey: string | null;
}

/**
 * Ranges take the page whole. By keys a page is cut before its last key, whose rows may go on behind it; a key that
 * fills a whole page is hot: it gets a slice of its own, which grows page by page until another key comes.
 */
export function cutPage(
  page: readonly SelectedRow[],
  at: { readonly limit: number; readonly job: Pick<Selection, 'name' | 'sliceBy'>; readonly hotKey: string | null },
): CutPage {
  if (at.job.sliceBy === undefined) return { rows: page.length, growsHot: false, hotKey: null };
  const keys = page.map((row) => keyOf(row, at.job));
  const isFull = page.length >= at.limit;
  if (at.hotKey !== null && keys[0] === at.hotKey) {
    const end = keys.findIndex((key) => key !== at.hotKey);
    return end < 0
      ? { rows: keys.length, growsHot: true, hotKey: isFull ? at.hotKey : null }
      : { rows: end, growsHot: true, hotKey: null };
  }
  if (!isFull) return { rows: keys.length, growsHot: false, hotKey: null };
  const lastBegins = keys.indexOf(keys.at(-1) ?? '');
  if (lastBegins === 0) return { rows: keys.length, growsHot: false, hotKey: keys[0] ?? null };
  return { rows: lastBegins, growsHot: false, hotKey: null };
}

function keyOf(row: SelectedRow, job: Pick<Selection, 'name'>): string {
  if (typeof row.key === 'string' && row.key.length <= 128) return row.key;
  throw new DaybreakError(
    'BAD_OPTION',
    `${job.name}: selectPage() must give each row a key of at most 128 characters, because it has sliceBy; row ${row.subject} has ${String(row.key)}`,
  );
}
