import { expect, test } from 'vitest';
import {
  appendLines,
  EMPTY_WINDOW,
  linesOfLevel,
  openWindow,
  prependLines,
  splitAtHits,
} from '../../../scheduler/web/src/pure/log-window.ts';

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ no: from + n, text: `line ${from + n}`, level: null }));
const piece = (from: number, to: number, isEnd = false) => ({ lines: lines(from, to), isEnd });
const range = ({ lines: all }: { readonly lines: readonly { readonly no: number }[] }) => [all[0]?.no, all.at(-1)?.no];

test('a log is opened at its end and grows at both', () => {
  const opened = openWindow(piece(501, 1_000));
  expect([range(opened), opened.isStart]).toEqual([[501, 1_000], false]);
  const earlier = prependLines(opened, piece(1, 500));
  expect([range(earlier), earlier.isStart]).toEqual([[1, 1_000], true]);
  const later = appendLines(earlier, piece(1_001, 1_200, true));
  expect([range(later), later.isEnd]).toEqual([[1, 1_200], true]);
});

test('lines that are there already come only once', () => {
  expect(range(appendLines(openWindow(piece(1, 10)), piece(5, 12)))).toEqual([1, 12]);
  expect(prependLines(openWindow(piece(5, 10)), piece(1, 7)).lines.map(({ no }) => no)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ]);
});

test('a gap opens the window anew instead of hiding it', () => {
  expect(range(appendLines(openWindow(piece(1, 10)), piece(500, 510)))).toEqual([500, 510]);
});

test('a window never grows past its limit: the far end goes, and is no end any more', () => {
  const down = appendLines(openWindow(piece(1, 100)), piece(101, 150), 100);
  expect([range(down), down.isStart]).toEqual([[51, 150], false]);
  const up = prependLines(openWindow(piece(101, 200, true)), piece(51, 100), 100);
  expect([range(up), up.isEnd]).toEqual([[51, 150], false]);
});

test('an empty log is at its start', () => {
  expect(openWindow({ lines: [], isEnd: false }).isStart).toBe(true);
  expect(prependLines(EMPTY_WINDOW, { lines: [], isEnd: false }).isStart).toBe(true);
});

test('the rest of a stack goes with the line that it belongs to', () => {
  const all = [
    { no: 1, text: 'fine', level: 'info' as const },
    { no: 2, text: 'broken', level: 'error' as const },
    { no: 3, text: '  at here', level: null },
    { no: 4, text: 'fine again', level: 'info' as const },
    { no: 5, text: '  more of it', level: null },
  ];
  expect(linesOfLevel(all, 'warn').map(({ no }) => no)).toEqual([2, 3]);
  expect(linesOfLevel(all, 'debug')).toHaveLength(5);
});

test('hits are found without regard to case, and the text stays whole', () => {
  const pieces = splitAtHits('Gateway GATEWAY x', 'gateway');
  expect(pieces.map(({ text, isHit }) => [text, isHit])).toEqual([
    ['Gateway', true],
    [' ', false],
    ['GATEWAY', true],
    [' x', false],
  ]);
  expect(
    splitAtHits('\u0130stanbul', 'i')
      .map(({ text }) => text)
      .join(''),
  ).toBe('\u0130stanbul');
});
