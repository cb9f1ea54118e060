import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type ScannedSource, scanSource } from './scan-source.ts';

export type SourceFile = ScannedSource & {
  /** Below the root, with `/` on every system: `executor/index.ts`. */
  readonly path: string;
  readonly text: string;
};

/** One thing that a check has found, with the line to go to and the way out. */
export type Finding = { readonly path: string; readonly line: number; readonly message: string };

/** The folders that hold our own sources. */
export const AREAS = ['shared', 'scheduler', 'executor', 'deploy', 'test'] as const;

const OTHERS = new Set(['node_modules', 'dist', 'coverage', 'daybreak-data']);

/** All sources below `root`, in the order of their paths. */
export function readSourceTree(root: string): SourceFile[] {
  const paths = AREAS.flatMap((area) => listSources(join(root, area)));
  return paths.map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path: relative(root, path).split(sep).join('/'), text, ...scanSource(text) };
  });
}

function listSources(folder: string): string[] {
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return OTHERS.has(entry.name) ? [] : listSources(path);
      return /\.(ts|tsx|mts|mjs)$/.test(entry.name) && !/\.d\.m?ts$/.test(entry.name) ? [path] : [];
    });
}

const readEntries = (folder: string) => readdirSync(folder, { withFileTypes: true });
