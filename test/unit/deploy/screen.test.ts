import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { legFigures } from '../../../deploy/cli/screen/progress.ts';
import { displayWidth, inert, table } from '../../../deploy/cli/screen/table.ts';
import { processTerminal } from '../../../deploy/cli/screen/terminal.ts';
import { duration, grouped, localTime, money } from '../../../deploy/cli/screen/words.ts';

test('money is written with the decimals of its currency, all digits kept', () => {
  expect(money('387049242212345678901', 'CNY')).toBe('3,870,492,422,123,456,789.01');
  expect(money(5, 'KWD')).toBe('0.005');
  expect(money(420437, 'JPY')).toBe('420,437');
  expect(money(-5, 'USD')).toBe('-0.05');
});

test('figures and durations are written for people', () => {
  expect(grouped(1234567)).toBe('1,234,567');
  expect([0, 59_000, 60_000, 250_000, 7_500_000, 90_000_000].map(duration)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '4 min 10 s',
    '2 h 5 min',
    '1 d 1 h',
  ]);
  expect(localTime(0, 'Asia/Shanghai')).toBe('1970-01-01 08:00:00 Asia/Shanghai');
});

test('a table aligns wide characters and keeps its columns apart', () => {
  expect(displayWidth('中a')).toBe(3);
  expect(
    table(
      ['who', 'n'],
      [
        ['中文', '1'],
        ['ab', '200'],
      ],
    ),
  ).toEqual(['who     n', '中文    1', 'ab    200']);
});

test('text from outside cannot steer a terminal', () => {
  expect(inert('a\u001b[2Jb\nc')).toBe('a\\u001b[2Jb\\u000ac');
  expect(inert('ab\u202ecd\u2066')).toBe('ab\\u202ecd\\u2066');
});

test('a leg that would end after the cut-off says so', () => {
  expect(legFigures({ leg: 'PREMIUM', done: 0, total: 1000 }, 10, 50_000)).toEqual({
    text: '0/1,000  10 rows/s  ETA 1 min 40 s, 50 s AFTER the cut-off',
    late: true,
  });
  expect(legFigures({ leg: 'PREMIUM', done: 1000, total: 1000 }, 10, 0)).toEqual({
    text: '1,000/1,000  done',
    late: false,
  });
});

test('bars are redrawn in place, and below a sentence that was said between', () => {
  const screen = Object.assign(new PassThrough(), { isTTY: true as const, columns: 80 });
  const terminal = processTerminal({ json: false, stdout: screen, stderr: screen } as never);
  terminal.redraw(['a 1', 'b 1']);
  terminal.redraw(['a 2', 'b 2']);
  terminal.warn('stopping');
  terminal.redraw(['a 3', 'b 3']);
  const [first, second, third] = String(screen.read()).split('\u001b[J');
  expect(first).toBe('\ra 1\u001b[K\n\rb 1\u001b[K\n');
  expect(second).toBe('\u001b[2A\ra 2\u001b[K\n\rb 2\u001b[K\n');
  expect(third).toBe('stopping\n\ra 3\u001b[K\n\rb 3\u001b[K\n');
});
