import { type Chain, edgesOutOf } from '../definition/chain-definition.ts';
import type { ChainPicture, NodePicture } from './judge-chain.ts';

export interface RestartPlan {
  /** Nodes that the new chain run does not run again: an earlier outcome stands for them. */
  readonly inherited: readonly string[];
}

export type RestartVerdict =
  | { readonly kind: 'planned'; readonly plan: RestartPlan }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * What a new chain run takes over from an earlier one that starts again at `fromNode` (and at all that comes after it).
 * Without `fromNode` it starts at whatever was not done. Everything else must be done: a node that failed beside the
 * branch is named, because starting behind it in silence would leave it undone for ever.
 */
export function planRestart(
  chain: Pick<Chain, 'nodes' | 'edges'>,
  earlier: ChainPicture,
  fromNode: string | null,
): RestartVerdict {
  if (fromNode !== null && !chain.nodes.includes(fromNode)) {
    return { kind: 'refused', why: `the chain has no node "${fromNode}": its nodes are ${chain.nodes.join(', ')}` };
  }
  const begin = fromNode === null ? chain.nodes.filter((node) => !isDone(earlier.nodes.get(node))) : [fromNode];
  if (begin.length === 0)
    return { kind: 'refused', why: 'every node of the earlier run is done: name a node to start at' };
  const again = withDescendants(chain, begin);
  const rest = chain.nodes.filter((node) => !again.has(node));
  const undone = rest.filter((node) => !isDone(earlier.nodes.get(node)));
  if (undone.length > 0) {
    return {
      kind: 'refused',
      why: `${undone.join(', ')} ${undone.length === 1 ? 'is' : 'are'} not done: start there, or mark it first`,
    };
  }
  // What was passed over is judged anew: as a node that stands it would open the edges behind it.
  return {
    kind: 'planned',
    plan: { inherited: rest.filter((node) => earlier.nodes.get(node)?.kind !== 'passed_over') },
  };
}

function withDescendants(chain: Pick<Chain, 'edges'>, begin: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const left = [...begin];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    left.push(...edgesOutOf(chain, node).map((edge) => edge.to));
  }
  return found;
}

/** A node that was passed over because a branch was not taken is as done as it will get. */
const isDone = (node: NodePicture | undefined): boolean =>
  node?.kind === 'stands' || node?.kind === 'passed_over' || (node?.kind === 'run' && node.state === 'succeeded');
