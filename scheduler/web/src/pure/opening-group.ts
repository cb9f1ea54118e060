/** A group of executors, as far as it matters for where items and nights open. */
export interface OpeningGroup {
  readonly name: string;
  /** A job of it tells what is settled: it has items and nights. */
  readonly tellsSettled: boolean;
}

/** The group last used when it is still there, else one that has items, else the first; empty when there is none. */
export function openingGroup(groups: readonly OpeningGroup[], lastUsed: string | null): string {
  const last = groups.find(({ name }) => name === lastUsed);
  const settling = groups.find(({ tellsSettled }) => tellsSettled);
  return (last ?? settling ?? groups[0])?.name ?? '';
}
