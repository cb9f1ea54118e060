import { type Import, readImports } from './read-imports.ts';
import type { Finding, SourceFile } from './source-tree.ts';

type Edge = Import & { readonly from: string };

/** What each area may import from, besides itself. Scheduler and executor meet in shared/, and nothing imports tests. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  scheduler: ['shared'],
  executor: ['shared'],
  deploy: ['shared', 'scheduler', 'executor'],
  test: ['shared', 'scheduler', 'executor', 'deploy'],
};

/** The public interfaces, one per name under which the package is imported: they alone may gather what others export. */
const BARRELS: readonly string[] = [
  'executor/index.ts',
  'executor/batch/index.ts',
  'executor/testing.ts',
  'scheduler/index.ts',
];

/** Import directions, barrels and cycles. */
export function checkImports(files: readonly SourceFile[]): Finding[] {
  const edges = files.flatMap((file) => readImports(file).map((found) => ({ ...found, from: file.path })));
  return [
    ...edges.flatMap(checkDirection),
    ...edges.flatMap(checkWeb),
    ...edges.flatMap(checkBarrel),
    ...findCycles(edges),
  ].sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

function checkDirection({ from, target, line }: Edge): Finding[] {
  if (target === null) return [];
  const [area, wanted] = [areaOf(from), areaOf(target)];
  if (area === wanted || MAY_IMPORT[area]?.includes(wanted)) return [];
  const allowed = [area, ...(MAY_IMPORT[area] ?? [])].map((name) => `${name}/`).join(', ');
  return [{ path: from, line, message: `imports ${target}; ${area}/ may import from ${allowed} only` }];
}

// The pages are built by another compiler for another machine: types of the API are all they may know of the server.
function checkWeb({ from, target, line, isTypeOnly }: Edge): Finding[] {
  if (target === null || !from.startsWith('scheduler/web/') || target.startsWith('scheduler/web/')) return [];
  if (isTypeOnly && target.startsWith('scheduler/api/')) return [];
  return [{ path: from, line, message: `imports ${target}; the web pages may import types of scheduler/api/ only` }];
}

function checkBarrel({ from, specifier, line, isReExport }: Edge): Finding[] {
  if (!isReExport || BARRELS.includes(from) || from.startsWith('scheduler/web/')) return [];
  return [
    { path: from, line, message: `re-exports ${specifier}; import it from there, or publish it in ${BARRELS[0]}` },
  ];
}

// Types are left out: they are erased, and a port and its types may name each other.
function findCycles(edges: readonly Edge[]): Finding[] {
  const next = new Map<string, Edge[]>();
  for (const edge of edges) {
    if (edge.target !== null && !edge.isTypeOnly) next.set(edge.from, [...(next.get(edge.from) ?? []), edge]);
  }
  const findings: Finding[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly Edge[]): void => {
    if (done.has(path)) return;
    for (const edge of next.get(path) ?? []) {
      const target = edge.target as string;
      const start = target === path ? trail.length : trail.findIndex(({ from }) => from === target);
      if (start === -1) walk(target, [...trail, edge]);
      else findings.push(cycle([...trail.slice(start), edge]));
    }
    done.add(path);
  };
  for (const path of next.keys()) walk(path, []);
  return findings;
}

function cycle(edges: readonly Edge[]): Finding {
  const last = edges.at(-1) as Edge;
  const way = [...edges.map(({ from }) => from), last.target].join(' -> ');
  return { path: last.from, line: last.line, message: `closes a cycle: ${way}` };
}

const areaOf = (path: string): string => path.split('/')[0] as string;
