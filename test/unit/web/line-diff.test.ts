import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DiffLine, diffLines, withGaps } from '../../../scheduler/web/src/pure/line-diff.ts';

const words = (lines: readonly DiffLine[]) =>
  lines.map(({ kind, text }) => `${kind === 'same' ? ' ' : kind === 'added' ? '+' : '-'}${text}`).join(' ');

test('a line that was put in, taken out or changed stands alone between those that stayed', () => {
  const of = (before: string, after: string) => words(diffLines(before.split(''), after.split('')));
  expect(of('abc', 'abc')).toBe(' a  b  c');
  expect(of('abc', 'abxc')).toBe(' a  b +x  c');
  expect(of('abc', 'ac')).toBe(' a -b  c');
  expect(of('abc', 'axc')).toBe(' a -b +x  c');
  expect(of('', 'ab')).toBe('+a +b');
  expect(of('ab', '')).toBe('-a -b');
  expect(diffLines(['a', 'b'], ['b']).map(({ before, after }) => [before, after])).toEqual([
    [1, null],
    [2, 1],
  ]);
});

const texts = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 14 });

test('whatever two texts are, both stand in what is shown, and no line of it is shown as changed for nothing', () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const lines = diffLines(before, after);
      const without = (kind: DiffLine['kind']) => lines.filter((line) => line.kind !== kind).map(({ text }) => text);
      expect(without('added')).toEqual(before);
      expect(without('removed')).toEqual(after);
      expect(lines.filter(({ kind }) => kind === 'same')).toHaveLength(longestCommon(before, after));
      expect(lines.flatMap(({ before: no }) => no ?? [])).toEqual(before.map((_, at) => at + 1));
      expect(lines.flatMap(({ after: no }) => no ?? [])).toEqual(after.map((_, at) => at + 1));
    }),
  );
});

/** Reckoned in the plainest way there is. */
function longestCommon(before: readonly string[], after: readonly string[]): number {
  let row = Array<number>(after.length + 1).fill(0);
  for (const one of before) {
    const next = [0];
    for (const [at, other] of after.entries()) {
      next.push(one === other ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

test('two large texts that have nothing in common are answered at once, one after the other', () => {
  const many = (name: string) => Array.from({ length: 20_000 }, (_, at) => `${name} ${at}`);
  const lines = diffLines(['same', ...many('before')], ['same', ...many('after')]);
  expect([lines.length, lines[0]?.kind, lines[1]?.kind, lines.at(-1)?.kind]).toEqual([
    40_001,
    'same',
    'removed',
    'added',
  ]);
});

test('of lines that stayed, three are shown on either side', () => {
  const before = 'abcdefghijklmnopqrstuvwxyz'.split('');
  const after = before.map((line) => (line === 'h' ? 'H' : line));
  const shown = withGaps(diffLines(before, after)).map((row) => (row.kind === 'gap' ? `(${row.lines})` : row.text));
  expect(shown.join('')).toBe('(4)efghHijk(15)');
  expect(withGaps(diffLines(before, before))).toEqual([{ kind: 'gap', lines: 26 }]);
});
