import { type Chain, edgeName, edgesInto } from '../definition/chain-definition.ts';
import { isRunEnded, type RunState } from '../run/run-transitions.ts';
import { type EdgeParent, type EdgeTimes, type EdgeVerdict, judgeEdge } from './edge-rules.ts';

/** What people decided about a node, or what an earlier chain run did for it. */
export type NodeMark = 'skipped' | 'succeeded' | 'inherited';

/** What the rows say of a node. */
export interface NodeFacts {
  readonly run: {
    readonly state: RunState;
    readonly dispatchedAtMs: number | null;
    readonly reason: string | null;
  } | null;
  readonly mark: NodeMark | null;
}

/**
 * Where a node stands.
 * - run: it has one; its state says the rest.
 * - stands: it needs none (any more), its mark counts as success.
 * - due: its run is to be made now.
 * - waits: for its edges; `atMs` is when time alone may change that.
 * - passed_over: it never gets a run, because of `why`.
 */
export type NodePicture =
  | { readonly kind: 'run'; readonly state: RunState; readonly reason: string | null }
  | { readonly kind: 'stands'; readonly mark: NodeMark }
  | { readonly kind: 'due' }
  | { readonly kind: 'waits'; readonly atMs: number | null; readonly for: readonly string[] }
  | { readonly kind: 'passed_over'; readonly why: string };

export interface ChainPicture {
  readonly nodes: ReadonlyMap<string, NodePicture>;
  /** Every edge by its name. */
  readonly edges: ReadonlyMap<string, EdgeVerdict>;
  /** The earliest instant at which time alone may change something, or null. */
  readonly nextAtMs: number | null;
  /** Edges that should have been met by now. */
  readonly late: readonly string[];
}

type Graph = Pick<Chain, 'nodes' | 'edges' | 'joinAny'>;

/** Judges the whole graph from what is known of its nodes. Pure: the same rows and instant give the same picture. */
export function judgeChain(chain: Graph, facts: ReadonlyMap<string, NodeFacts>, times: EdgeTimes): ChainPicture {
  const nodes = new Map<string, NodePicture>();
  const edges = new Map<string, EdgeVerdict>();

  // A node is judged after its parents; definitions hold no circles.
  const judge = (node: string): NodePicture => {
    const known = nodes.get(node);
    if (known !== undefined) return known;
    for (const edge of edgesInto(chain, node)) {
      judge(edge.from);
      edges.set(edgeName(edge), judgeEdge(edge, parentOf(edge.from, nodes, facts), times));
    }
    const picture = pictureOf(chain, node, facts.get(node) ?? { run: null, mark: null }, edges);
    nodes.set(node, picture);
    return picture;
  };
  for (const node of chain.nodes) judge(node);

  const waiting = [...nodes.values()].flatMap((node) => (node.kind === 'waits' ? (node.atMs ?? []) : []));
  const late = [...edges].filter(([, verdict]) => verdict.kind === 'wait' && verdict.late).map(([name]) => name);
  return { nodes, edges, nextAtMs: waiting.length === 0 ? null : Math.min(...waiting), late };
}

function parentOf(
  node: string,
  nodes: ReadonlyMap<string, NodePicture>,
  facts: ReadonlyMap<string, NodeFacts>,
): EdgeParent {
  const picture = nodes.get(node);
  if (picture?.kind === 'stands' || picture?.kind === 'passed_over') return { kind: picture.kind };
  const run = facts.get(node)?.run ?? null;
  return run === null ? { kind: 'none' } : { kind: 'run', state: run.state, dispatchedAtMs: run.dispatchedAtMs };
}

function pictureOf(chain: Graph, node: string, facts: NodeFacts, edges: ReadonlyMap<string, EdgeVerdict>): NodePicture {
  // A mark overrules an end that was bad; while a run is at work, what it comes to counts.
  if (facts.mark !== null && (facts.run === null || isRunEnded(facts.run.state))) {
    return { kind: 'stands', mark: facts.mark };
  }
  if (facts.run !== null) return { kind: 'run', state: facts.run.state, reason: facts.run.reason };
  const into = edgesInto(chain, node).map((edge) => ({ name: edgeName(edge), verdict: edges.get(edgeName(edge)) }));
  if (into.length === 0) return { kind: 'due' };
  const dead = into.filter(({ verdict }) => verdict?.kind === 'never');
  const met = into.filter(({ verdict }) => verdict?.kind === 'met');
  const any = chain.joinAny.includes(node);
  if (any ? met.length > 0 : met.length === into.length) return { kind: 'due' };
  if (any ? dead.length === into.length : dead.length > 0) {
    const words = dead.map(({ name, verdict }) => `${name}: ${verdict?.kind === 'never' ? verdict.because : ''}`);
    return { kind: 'passed_over', why: words.join('; ') };
  }
  const open = into.filter(({ verdict }) => verdict?.kind === 'wait');
  const instants = open.flatMap(({ verdict }) => (verdict?.kind === 'wait' ? (verdict.atMs ?? []) : []));
  return {
    kind: 'waits',
    atMs: instants.length === 0 ? null : Math.min(...instants),
    for: open.map(({ name }) => name),
  };
}
