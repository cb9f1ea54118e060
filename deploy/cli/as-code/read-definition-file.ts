import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml';
import type { DefinitionFile } from '../../../scheduler/api/admin/contract/definition-routes.ts';
import type { FieldProblem } from '../../../scheduler/api/admin/contract/shapes.ts';
import { messageOf } from '../../../shared/errors.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';

/** A definition file that could be read, and where in it each thing stands. */
export interface ReadFile {
  readonly definitions: DefinitionFile;
  /** `nightly.yaml:12:5: jobs[3].schedule.text (job "import") ...`: where it is, or the nearest that is there. */
  place(problem: FieldProblem): string;
}

/** With what one of each is called. */
const ONE_OF: Readonly<Record<string, string>> = {
  groups: 'group',
  calendars: 'calendar',
  jobs: 'job',
  chains: 'chain',
  people: 'person',
};
const LISTS = Object.keys(ONE_OF);
const PROBLEMS_MAX = 20;

/** Reads YAML, or JSON, which is YAML as well. Throws FileRefused with lines and columns. */
export function readDefinitionFile(path: string, shown: string): ReadFile {
  return parseDefinitions(readText(path, shown), shown);
}

export function parseDefinitions(text: string, shown: string): ReadFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new FileRefused(
      faults.slice(0, PROBLEMS_MAX).map(({ message, pos }) => {
        const { line, col } = lines.linePos(pos[0]);
        return `${inert(shown)}:${line}:${col}: ${inert(message)}`;
      }),
    );
  }
  const place = (problem: FieldProblem): string => placeOf(document, lines, shown, problem);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 1_000 });
  } catch (cause) {
    throw new FileRefused([`${inert(shown)}: ${inert(messageOf(cause))}`], cause);
  }
  const problems = shapeProblems(value);
  if (problems.length > 0) throw new FileRefused(problems.map(place));
  return { definitions: value as DefinitionFile, place };
}

/** The outermost shape; everything below it is judged by the scheduler. */
function shapeProblems(value: unknown): FieldProblem[] {
  if (!isRecord(value)) return [{ path: '', message: `must have one or more of ${LISTS.join(', ')}` }];
  return Object.entries(value).flatMap(([name, list]): FieldProblem[] => {
    if (!LISTS.includes(name)) {
      return [{ path: name, message: `is no part of this file, which has ${LISTS.join(', ')}` }];
    }
    if (!Array.isArray(list)) return [{ path: name, message: 'must be a list: begin each of its lines with "- "' }];
    return list.flatMap((one, at) => {
      if (!isRecord(one)) return [{ path: `${name}[${at}]`, message: 'must have fields, its name first' }];
      return typeof one.name === 'string'
        ? []
        : [{ path: `${name}[${at}].name`, message: 'is missing, or is no text' }];
    });
  });
}

function placeOf(
  document: Document,
  lines: LineCounter,
  shown: string,
  { path, message, column }: FieldProblem,
): string {
  const keys = path.match(/[^.[\]]+/g) ?? [];
  let node: unknown = document.contents;
  let name: string | null = null;
  for (const [depth, key] of keys.entries()) {
    const next = isSeq(node) ? node.items[Number(key)] : isMap(node) ? node.get(key, true) : undefined;
    if (!isNode(next)) break;
    node = next;
    if (depth === 1 && isMap(node)) name = textAt(node.get('name'));
  }
  // A field that is there and must not be is the place, not the object around it.
  const odd = /must not have "([^"]+)"/.exec(message)?.[1];
  const pair = isMap(node) && odd !== undefined ? node.items.find(({ key }) => String(key) === odd) : undefined;
  const at = isNode(pair?.key) ? pair.key : node;
  const { line, col } = lines.linePos(isNode(at) ? (at.range?.[0] ?? 0) : 0);
  const who = name === null ? '' : ` (${ONE_OF[keys[0] ?? ''] ?? ''} "${inert(name)}")`;
  const where = column === undefined ? '' : `, at its column ${column}`;
  return `${inert(shown)}:${line}:${col}: ${inert(path)}${who} ${inert(message)}${where}`;
}

const textAt = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new UsageError(`${inert(shown)} cannot be read (${code}): name a file that this user may read`, { cause });
  }
}

/** A file that cannot be read: a line for each thing that is wrong. */
export class FileRefused extends UsageError {
  readonly lines: readonly string[];
  constructor(lines: readonly string[], cause?: unknown) {
    super(lines.join('; '), { cause });
    this.lines = lines;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
