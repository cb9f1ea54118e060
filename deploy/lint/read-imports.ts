import { posix } from 'node:path';
import { lineAt } from './scan-source.ts';
import type { SourceFile } from './source-tree.ts';

export type Import = {
  /** As written: `./run.ts`, `node:fs`, `mysql2/promise`. */
  readonly specifier: string;
  /** The file of ours that is meant, or null for a package or a module of Node's. */
  readonly target: string | null;
  readonly line: number;
  readonly isTypeOnly: boolean;
  readonly isReExport: boolean;
};

const NAMES = String.raw`(?:[\w$]+\s*,?\s*)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\})?`;
const FORMS = [
  { regExp: new RegExp(String.raw`\b(import|export)\s+(type\s+)?(${NAMES})\s*\bfrom\s*['"]`, 'g') },
  { regExp: /\b(import)()()\s*['"]/g },
  { regExp: /\b(import)()()\s*\(\s*['"]/g },
];

/** Every static import, re-export and dynamic import with a fixed name. */
export function readImports(file: SourceFile): Import[] {
  return FORMS.flatMap(({ regExp }) => [...file.code.matchAll(regExp)].map((match) => toImport(file, match)));
}

function toImport(file: SourceFile, match: RegExpMatchArray): Import {
  const start = match.index as number;
  const quoteAt = start + match[0].length - 1;
  const specifier = file.text.slice(quoteAt + 1, file.text.indexOf(file.text[quoteAt] as string, quoteAt + 1));
  const [, keyword, type, names = ''] = match;
  return {
    specifier,
    target: specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : null,
    line: lineAt(file.text, start),
    isTypeOnly: type !== undefined && type !== '' ? true : namesTypesOnly(names),
    isReExport: keyword === 'export',
  };
}

// `import { type A, type B }` is erased as a whole by type stripping's rules only when every name says type.
function namesTypesOnly(names: string): boolean {
  const inBraces = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  if (inBraces === undefined) return false;
  const each = inBraces.split(',').map((name) => name.trim());
  return each.filter(Boolean).every((name) => name.startsWith('type '));
}
