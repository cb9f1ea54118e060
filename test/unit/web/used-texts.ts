import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../../scheduler/web/src', import.meta.url));

/** What the page's source says of its texts: keys as they stand there, and keys that are put together. */
export interface UsedTexts {
  /** Given to t(...) as they are. */
  readonly named: ReadonlySet<string>;
  /** Any string of the source: a key may come by way of a table. */
  readonly strings: ReadonlySet<string>;
  /** `state.${state}` and the like, as patterns. */
  readonly patterns: readonly RegExp[];
}

export function usedTexts(): UsedTexts {
  const text = readdirSync(SOURCE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.endsWith('text'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
  const named = new Set([...text.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key as string));
  for (const [, both] of text.matchAll(/\bt\(\s*[^'`)]*\?\s*('[^']+'\s*:\s*'[^']+')/g)) {
    for (const [, key] of (both as string).matchAll(/'([^']+)'/g)) named.add(key as string);
  }
  const strings = new Set([...text.matchAll(/'([\w.-]+)'/g)].map(([, key]) => key as string));
  const patterns = [...text.matchAll(/`([\w.-]*\$\{[^`]*\}[\w.-]*)`/g)].map(([, template]) => {
    const parts = (template as string).split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'));
    return new RegExp(`^${parts.join('.+')}$`);
  });
  // A template that is nothing but a value fits everything and says nothing.
  return { named, strings, patterns: patterns.filter((pattern) => /[a-z]{3}/i.test(pattern.source)) };
}
