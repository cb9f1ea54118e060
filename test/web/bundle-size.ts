import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/**
 * What the built page weighs on the wire, gzip: `node test/web/bundle-size.ts [FOLDER]`. Ends with 1 when the first page is
 * above 450 KB, or what a route loads beside it is above 150 KB.
 */
export const FIRST_KB_MAX = 450;
export const LAZY_KB_MAX = 150;

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly isDynamicEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}
export interface BundleSizes {
  /** The entry with all that it imports, the home page, and the larger of the two languages. */
  readonly firstKb: number;
  readonly routes: readonly { readonly name: string; readonly kb: number }[];
}

export function bundleSizes(folder: string): BundleSizes {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<string, Chunk>;
  const known = new Map<string, number>();
  const kbOf = (file: string): number => {
    const kb = known.get(file) ?? gzipSync(readFileSync(join(folder, file))).length / 1024;
    known.set(file, kb);
    return kb;
  };
  const filesOf = (name: string, found = new Set<string>(), seen = new Set<string>()): Set<string> => {
    const chunk = manifest[name];
    if (chunk === undefined || seen.has(name)) return found;
    seen.add(name);
    for (const file of [chunk.file, ...(chunk.css ?? [])]) found.add(file);
    for (const one of chunk.imports ?? []) filesOf(one, found, seen);
    return found;
  };
  const sum = (files: Iterable<string>) => [...files].reduce((kb, file) => kb + kbOf(file), 0);
  const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry === true);
  if (entry === undefined) throw new Error(`${folder}/manifest.json has no entry: build the page first`);
  const first = filesOf(entry);
  const lazy = Object.keys(manifest).filter((name) => manifest[name]?.isDynamicEntry === true);
  const beside = (name: string) => sum([...filesOf(name)].filter((file) => !first.has(file)));
  const texts = lazy.filter((name) => name.includes('/text/')).map(beside);
  return {
    firstKb: sum(first) + Math.max(0, ...texts),
    routes: lazy.map((name) => ({ name, kb: beside(name) })).sort((a, b) => b.kb - a.kb),
  };
}

if (import.meta.main) {
  const folder = process.argv[2] ?? fileURLToPath(new URL('../../dist/scheduler/web', import.meta.url));
  const { firstKb, routes } = bundleSizes(folder);
  const tooLarge = routes.filter(({ kb }) => kb > LAZY_KB_MAX);
  process.stdout.write(`first page ${firstKb.toFixed(1)} KB of ${FIRST_KB_MAX}\n`);
  for (const { name, kb } of routes) process.stdout.write(`${kb.toFixed(1).padStart(7)} KB  ${name}\n`);
  if (firstKb > FIRST_KB_MAX || tooLarge.length > 0) process.exitCode = 1;
}
