/** A line of a text beside another: in both, or in one of them alone. Numbers are from 1. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
  readonly before: number | null;
  readonly after: number | null;
}

/** So many equal lines that nobody has to see, or a line that is shown. */
export type DiffRow = DiffLine | { readonly kind: 'gap'; readonly lines: number };

/** Texts that have less in common than this are two texts: all of one goes, all of the other comes. */
const EDITS_MAX = 1_500;

/** What has to be done with the lines of one text to come to another: as little as can be, after Myers. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const middle = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)] as const;
  const kinds = [
    ...Array<Kind>(head).fill('same'),
    ...(kindsOf(...middle) ?? [...middle[0].map(() => 'removed' as const), ...middle[1].map(() => 'added' as const)]),
    ...Array<Kind>(tail).fill('same'),
  ];
  let [from, to] = [0, 0];
  return kinds.map((kind) => {
    if (kind !== 'added') from++;
    if (kind !== 'removed') to++;
    const text = (kind === 'added' ? after[to - 1] : before[from - 1]) ?? '';
    return { kind, text, before: kind === 'added' ? null : from, after: kind === 'removed' ? null : to };
  });
}

type Kind = DiffLine['kind'];

/** Null: they differ in more than anybody would follow. */
function kindsOf(before: readonly string[], after: readonly string[]): Kind[] | null {
  const furthest = new Int32Array(2 * EDITS_MAX + 3);
  const middle = EDITS_MAX + 1;
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= Math.min(EDITS_MAX, before.length + after.length); edits++) {
    // Of each step what the next one looks at: the way back follows it.
    trace.push(furthest.slice(middle - edits - 1, middle + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const [down, right] = [furthest[middle + k + 1] ?? 0, furthest[middle + k - 1] ?? 0];
      let x = k === -edits || (k !== edits && right < down) ? down : right + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
      furthest[middle + k] = x;
      if (x >= before.length && x - k >= after.length) return wayBack(trace, before.length, after.length);
    }
  }
  return null;
}

function wayBack(trace: readonly Int32Array[], beforeLength: number, afterLength: number): Kind[] {
  const kinds: Kind[] = [];
  let [x, y] = [beforeLength, afterLength];
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const at = (k: number): number => trace[edits]?.[k + edits + 1] ?? 0;
    const k = x - y;
    const isDown = k === -edits || (k !== edits && at(k - 1) < at(k + 1));
    const from = edits === 0 ? 0 : isDown ? at(k + 1) : at(k - 1) + 1;
    while (x > from) {
      kinds.push('same');
      x--;
      y--;
    }
    if (edits === 0) break;
    kinds.push(isDown ? 'added' : 'removed');
    if (isDown) y--;
    else x--;
  }
  return kinds.reverse();
}

/** What differs with a few lines around it; of the rest how much it is. */
export function withGaps(lines: readonly DiffLine[], around = 3): DiffRow[] {
  const isShown = new Uint8Array(lines.length);
  for (const [at, { kind }] of lines.entries()) {
    if (kind !== 'same') isShown.fill(1, Math.max(0, at - around), at + around + 1);
  }
  const rows: DiffRow[] = [];
  let hidden = 0;
  const tell = (): void => {
    if (hidden > 0) rows.push({ kind: 'gap', lines: hidden });
    hidden = 0;
  };
  for (const [at, line] of lines.entries()) {
    if (isShown[at] === 0) hidden++;
    else {
      tell();
      rows.push(line);
    }
  }
  tell();
  return rows;
}
