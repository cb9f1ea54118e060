import { type Chain, edgesOutOf } from '../definition/chain-definition.ts';
import { isRunEnded } from '../run/run-transitions.ts';
import type { ChainPicture, NodePicture } from './judge-chain.ts';

/** A chain run: one execution of a chain for a business date. No child is made once it is not `running`. */
export const CHAIN_RUN_STATES = ['running', 'cancelling', 'succeeded', 'failed', 'cancelled'] as const;
export type ChainRunState = (typeof CHAIN_RUN_STATES)[number];

export const CHAIN_RUN_EDGES: Readonly<Record<ChainRunState, readonly ChainRunState[]>> = {
  running: ['cancelling', 'succeeded', 'failed'],
  cancelling: ['cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export const isChainRunEnded = (state: ChainRunState): boolean => CHAIN_RUN_EDGES[state].length === 0;

export type ChainVerdict =
  | { readonly kind: 'goes_on' }
  | { readonly kind: 'moved'; readonly to: 'succeeded' | 'failed' | 'cancelled'; readonly reason: string | null };

type Graph = Pick<Chain, 'nodes' | 'edges'>;
const goesOn: ChainVerdict = { kind: 'goes_on' };

/**
 * Whether a chain run has ended. What runs is let to its end first, and so is whatever may still become due. It has failed
 * when a node ended badly and no branch for its failure made good for it. It has succeeded when every node without an edge
 * out of it has, or was passed over: a node above may still have items in flight past the cut-off, and a later night
 * takes them up.
 */
export function decideChainEnd(state: ChainRunState, chain: Graph, picture: ChainPicture): ChainVerdict {
  if (isChainRunEnded(state)) return goesOn;
  const nodes = [...picture.nodes];
  if (state === 'cancelling') {
    const open = nodes.some(([, node]) => node.kind === 'run' && !isRunEnded(node.state));
    return open ? goesOn : { kind: 'moved', to: 'cancelled', reason: null };
  }
  if (nodes.some(([, node]) => isAtWork(node) || node.kind === 'waits')) return goesOn;
  const broken = nodes.filter(([job, node]) => isBroken(node) && !isMadeGood(chain, picture, job));
  const [first] = broken;
  if (first !== undefined) return { kind: 'moved', to: 'failed', reason: wordsOf(first) };
  const sinks = nodes.filter(([job]) => edgesOutOf(chain, job).length === 0);
  if (!sinks.every(([job, node]) => isDone(node) || (isBroken(node) && isMadeGood(chain, picture, job)))) return goesOn;
  const madeGood = nodes.filter(([, node]) => isBroken(node)).map(([job]) => `another branch stood in for ${job}`);
  return { kind: 'moved', to: 'succeeded', reason: madeGood.length === 0 ? null : madeGood.join('; ') };
}

const isAtWork = (node: NodePicture): boolean =>
  node.kind === 'due' || (node.kind === 'run' && (node.state === 'waiting' || node.state === 'running'));

const isDone = (node: NodePicture): boolean =>
  node.kind === 'stands' || node.kind === 'passed_over' || (node.kind === 'run' && node.state === 'succeeded');

const isBroken = (node: NodePicture): boolean =>
  node.kind === 'run' && isRunEnded(node.state) && node.state !== 'succeeded';

/** A child for its failure has succeeded. A child that runs always (a clean-up) makes nothing good. */
function isMadeGood(chain: Graph, picture: ChainPicture, job: string): boolean {
  return edgesOutOf(chain, job).some((edge) => {
    const child = picture.nodes.get(edge.to);
    const succeeded = child?.kind === 'stands' || (child?.kind === 'run' && child.state === 'succeeded');
    return edge.when === 'failure' && succeeded;
  });
}

function wordsOf([job, node]: readonly [string, NodePicture]): string {
  if (node.kind !== 'run') return job;
  return `${job} ${node.state.replace('_', ' ')}${node.reason === null ? '' : `: ${node.reason}`}`;
}
