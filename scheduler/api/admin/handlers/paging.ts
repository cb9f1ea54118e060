import { DaybreakError } from '../../../../shared/errors.ts';

/** `after` of a page is the key of its last row; what is not one of ours is refused. */
export function readCursor(after: string | undefined): readonly (string | number)[] | null {
  if (after === undefined) return null;
  try {
    const read: unknown = JSON.parse(Buffer.from(after, 'base64url').toString('utf8'));
    const isKey = Array.isArray(read) && read.every((part) => typeof part === 'string' || Number.isSafeInteger(part));
    if (isKey && read.length <= 4) return read as (string | number)[];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new DaybreakError('BAD_INPUT', 'after must be the "next" of a page', { details: { path: 'after' } });
}

/** A cursor that is one number, e.g. the id before which the page begins. */
export function numberCursor(after: string | undefined, otherwise: number): number {
  const key = readCursor(after);
  if (key === null) return otherwise;
  const [first] = key;
  if (typeof first === 'number') return first;
  throw new DaybreakError('BAD_INPUT', 'after must be the "next" of a page', { details: { path: 'after' } });
}

export const cursorOf = (...key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key), 'utf8').toString('base64url');

/** Cuts one row too many off a page; `next` is the cursor of the last one that stays, or null at the end. */
export function pageOfRows<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => readonly (string | number)[],
): { readonly items: T[]; readonly next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(...keyOf(last)) : null };
}

export const PAGE_DEFAULT = 50;
