import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { pagePaths, ROOT, readPage } from './pages.ts';

/** Links that lead into this project, code blocks left out. */
function linksOf(page: string): string[] {
  const text = page.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** As renderers make them: lower case, blanks to dashes, other marks gone. */
const anchorsOf = (page: string): string[] =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );

test.each(pagePaths())('every link in %s leads to a file that is there, and to a heading in it', (path) => {
  for (const link of linksOf(readPage(path))) {
    const [target = '', anchor] = link.split('#');
    const file = target === '' ? path : join(dirname(path), target);
    expect(existsSync(join(ROOT, file)), `${path}: ${link}`).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(readPage(file)), `${path}: ${link}`).toContain(anchor);
  }
});

test('no page says where it was written', () => {
  const local = /(^|[\s"'`(])\/(work|home|root)\//;
  for (const path of pagePaths()) expect(readPage(path), path).not.toMatch(local);
});
