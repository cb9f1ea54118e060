import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface SourceSentence {
  readonly path: string;
  /** With `{}` for each value that is put in. */
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Every sentence that stands in these files or folders of the server, as its source has it. Log lines are none. */
export function sentencesIn(paths: readonly string[]): SourceSentence[] {
  return paths.flatMap(filesOf).flatMap((path) => {
    const found: string[] = [];
    visit(parseAst(readFileSync(`${ROOT}${path}`, 'utf8'), { lang: 'ts' }) as unknown as Node, found);
    return found.filter(isSentence).map((text) => ({ path, text }));
  });
}

const filesOf = (path: string): string[] =>
  path.endsWith('.ts') || path.endsWith('.mjs')
    ? [path]
    : readdirSync(`${ROOT}${path}`)
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${path}/${name}`);

const LOGGED = ['info', 'warn', 'error', 'debug', 'fatal'];
const UNSEEN = ['ImportDeclaration', 'TSTypeAliasDeclaration', 'TSInterfaceDeclaration', 'TSTypeAnnotation'];

function visit(node: unknown, found: string[]): void {
  if (Array.isArray(node)) for (const each of node) visit(each, found);
  if (!isNode(node) || UNSEEN.includes(node.type) || isLogLine(node)) return;
  const said = textsOf(node);
  if (said !== null) found.push(...said);
  // Of what a text is put together, only what is put in is looked at again.
  for (const inner of said === null ? Object.values(node) : putIn(node)) visit(inner, found);
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

const isLogLine = ({ type, callee }: Node): boolean =>
  type === 'CallExpression' && isNode(callee) && LOGGED.includes(String((callee.property as Node | undefined)?.name));

/** What a literal, a template, a sum of them or a choice between them may come to; null: it is none of these. */
function textsOf(node: Node): string[] | null {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [node.value] : null;
    case 'TemplateLiteral':
      return templateTexts(node);
    case 'BinaryExpression': {
      if (node.operator !== '+') return null;
      const sides = [node.left, node.right].map((side) => (isNode(side) ? textsOf(side) : null));
      const [left, right] = sides;
      if (left == null && right == null) return null;
      return (left ?? ['{}']).flatMap((one) => (right ?? ['{}']).map((other) => one + other));
    }
    default:
      return null;
  }
}

function templateTexts(node: Node): string[] {
  const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
  const values = node.expressions as readonly Node[];
  return quasis.reduce<string[]>(
    (texts, quasi, at) => {
      const value = values[at];
      const words = value === undefined ? [''] : (choiceOf(value) ?? ['{}']);
      return texts.flatMap((text) => words.map((word) => text + quasi.value.cooked + word));
    },
    [''],
  );
}

/** `n === 1 ? 'is' : 'are'` */
function choiceOf(node: Node): string[] | null {
  if (node.type !== 'ConditionalExpression') return null;
  const words = [node.consequent, node.alternate].map((side) =>
    isNode(side) && side.type === 'Literal' && typeof side.value === 'string' ? side.value : null,
  );
  return words.every((word) => word !== null) ? (words as string[]) : null;
}

function putIn(node: Node): unknown[] {
  if (node.type === 'BinaryExpression')
    return [node.left, node.right].flatMap((side) => (isNode(side) ? putIn(side) : []));
  if (node.type !== 'TemplateLiteral') return textsOf(node) === null ? [node] : [];
  return (node.expressions as readonly Node[]).filter((value) => choiceOf(value) === null);
}

/** Two words at least, of which one is no name of a route, a header or a statement. */
const isSentence = (text: string): boolean =>
  /[a-z]{2}/.test(text.replaceAll('{}', '')) &&
  /\S \S/.test(text) &&
  !/^\s*(select|insert|update|delete|create|with|GET|POST|PUT|PATCH|DELETE)\b/.test(text) &&
  !/^[\w/.+-]+; charset=/.test(text);
