import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

export const readPage = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Every page that people read: those at the root and all below docs/. */
export function pagePaths(): string[] {
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', 'README.zh-CN.md', 'CHANGELOG.md', ...below.map((path) => `docs/${path}`)]
    .filter((path) => path.endsWith('.md'))
    .sort();
}

/** The text below a heading of any level, up to the next heading of the same level or a higher one. */
export function section(page: string, heading: string): string {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start === -1) throw new Error(`there is no heading "${heading}"`);
  const level = (lines[start] ?? '').indexOf(' ');
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level);
  return rest.slice(0, end === -1 ? undefined : end).join('\n');
}

/** The cells of all table rows of a text, heads and rulers left out; `\|` is a bar inside a cell. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n');
  const isRuler = (line: string | undefined): boolean => /^\|[-|]+\|$/.test(line ?? '');
  return lines
    .filter((line, at) => line.startsWith('|') && !isRuler(line) && !isRuler(lines[at + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
}

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

export function codeBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }));
}

/** A cell without its backticks. */
export const bare = (cell: string | undefined): string => (cell ?? '').replaceAll('`', '');

/** The paths below our folders that a page names in backticks, without a slash at the end. */
export const codePaths = (page: string): string[] =>
  [...page.matchAll(/`((?:shared|scheduler|executor|deploy|test)\/[\w./-]*\w)\/?`/g)].map(([, path = '']) => path);
