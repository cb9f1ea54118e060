export interface LastLines {
  push(text: string, bytes: number): void;
  /** Oldest first. */
  lines(): readonly string[];
  /** What was pushed and is no longer there. */
  dropped(): { readonly lines: number; readonly bytes: number };
}

/** Keeps the last of many lines, bounded both ways. One line that is longer than all the room is kept all the same. */
export function createLastLines(limits: { readonly bytesMax: number; readonly linesMax: number }): LastLines {
  let kept: { text: string; bytes: number }[] = [];
  let first = 0;
  let keptBytes = 0;
  let dropped = { lines: 0, bytes: 0 };

  function dropFirst(): void {
    const { bytes } = kept[first++] as { bytes: number };
    keptBytes -= bytes;
    dropped = { lines: dropped.lines + 1, bytes: dropped.bytes + bytes };
    // Moving all lines up at each drop would cost their number each time.
    if (first > limits.linesMax) {
      kept = kept.slice(first);
      first = 0;
    }
  }

  return {
    push(text, bytes) {
      kept.push({ text, bytes });
      keptBytes += bytes;
      while (kept.length - first > 1 && (keptBytes > limits.bytesMax || kept.length - first > limits.linesMax))
        dropFirst();
    },
    lines: () => kept.slice(first).map(({ text }) => text),
    dropped: () => dropped,
  };
}
