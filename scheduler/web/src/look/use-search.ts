import { useSearchParams } from 'react-router';

/**
 * Filters live in the address: they can be kept and sent to somebody. A step that one goes back from (`push`) is one of the
 * browser's history; a filter is not.
 */
export function useSearch(): readonly [
  (name: string) => string,
  (change: Readonly<Record<string, string | null>>, how?: 'push') => void,
] {
  const [params, setParams] = useSearchParams();
  const set = (change: Readonly<Record<string, string | null>>, how?: 'push') => {
    // As the address stands, not as it was drawn: of two quick changes the second would take the first back.
    const next = new URLSearchParams(window.location.hash.split('?')[1] ?? '');
    for (const [name, value] of Object.entries(change)) {
      if (value === null || value === '') next.delete(name);
      else next.set(name, value);
    }
    setParams(next, { replace: how !== 'push' });
  };
  return [(name) => params.get(name) ?? '', set];
}

/** Leaves out what is empty, so that a query has only what was chosen. */
export function filled<T extends Readonly<Record<string, unknown>>>(
  query: T,
): { [K in keyof T]?: Exclude<T[K], '' | null | undefined> } {
  return Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== '' && value !== null && value !== undefined),
  ) as never;
}
