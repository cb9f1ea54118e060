import { expect, test } from 'vitest';
import { codeBlocks, readPage } from './pages.ts';

const pages = { english: readPage('README.md'), chinese: readPage('README.zh-CN.md') };
const same = (what: (page: string) => unknown): void => expect(what(pages.chinese)).toEqual(what(pages.english));

/** What a machine reads of a block: comments and quoted texts are for people, and are translated. */
const commands = (text: string): string =>
  text
    .replace(/\s+(#|\/\/) .*$/gm, '')
    .replace(/"[^"]*"/g, '""')
    .trim();

test('both READMEs have the same sections, in the same order', () => {
  same((page) => [...page.matchAll(/^(#+) /gm)].map(([, level]) => level));
});

test('both READMEs have the same commands and the same code', () => {
  const machineRead = (page: string): string[] =>
    codeBlocks(page)
      .filter(({ language }) => language !== '')
      .map(({ text }) => commands(text));
  same(machineRead);
  expect(machineRead(pages.english).length).toBeGreaterThan(2);
});

test('both READMEs have the same tables: as many rows and columns, the same codes', () => {
  same((page) =>
    [...page.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) => {
      const cells = row.split('|');
      return [cells.length, /^ \d+ $/.test(cells[0] ?? '') ? cells[0] : ''];
    }),
  );
});

test('both READMEs lead to the same pages, and each to the other', () => {
  const links = (page: string): string[] =>
    [...page.matchAll(/\]\(([^)]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !target.startsWith('README'));
  same((page) => links(page).sort());
  expect(pages.english).toContain('](README.zh-CN.md)');
  expect(pages.chinese).toContain('](README.md)');
});
