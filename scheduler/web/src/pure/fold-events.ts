/** What an event says, as far as it matters for whether it says the same as the one before. */
interface Said {
  readonly atMs: number | null;
  readonly kind: string;
  readonly body: string | null;
}

export interface Folded<E> {
  /** The first of them. */
  readonly event: E;
  /** How many said the same right after it, and when the last of them did. */
  readonly again: number;
  readonly lastAtMs: number | null;
}

/** One that is asked about for an hour hears the same a hundred times: that is one line, and what differs is seen. */
export function foldEvents<E extends Said>(events: readonly E[]): Folded<E>[] {
  const folded: Folded<E>[] = [];
  for (const event of events) {
    const before = folded.at(-1);
    const isSame = before !== undefined && event.body !== null && before.event.kind === event.kind;
    if (isSame && before.event.body === event.body) {
      folded[folded.length - 1] = { event: before.event, again: before.again + 1, lastAtMs: event.atMs };
    } else folded.push({ event, again: 0, lastAtMs: event.atMs });
  }
  return folded;
}
