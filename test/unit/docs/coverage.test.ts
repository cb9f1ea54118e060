import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, readPage, tableRows } from './pages.ts';

const page = readPage('docs/coverage.md');
const rows = tableRows(page);

const numbered = (letter: string, count: number, digits: number): string[] =>
  Array.from({ length: count }, (_, at) => letter + String(at + 1).padStart(digits, '0'));

test('docs/coverage.md has each row once, in order', () => {
  expect(rows.map(([row]) => row)).toEqual([...numbered('R', 150, 3), ...numbered('X', 39, 2)]);
});

test('docs/coverage.md names files that are there, or says that a row is open', () => {
  for (const [row, , shownBy = ''] of rows) {
    if (shownBy === 'open') continue;
    const paths = [...shownBy.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
    expect(shownBy, row).toBe(paths.map((path) => `\`${path}\``).join(', '));
    expect(paths, row).not.toEqual([]);
    for (const path of paths) expect(existsSync(join(ROOT, path)), `${row}: ${path}`).toBe(true);
  }
});

test('docs/coverage.md counts its rows right', () => {
  const open = rows.filter(([, , shownBy]) => shownBy === 'open').length;
  const inPart = rows.filter(([, , shownBy, notYet]) => shownBy !== 'open' && notYet !== '').length;
  expect(page).toContain(`Shown: ${rows.length - open - inPart}. In part: ${inPart}. Open: ${open}.`);
});
