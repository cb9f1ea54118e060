import type { ChainEdge } from '../../../definition/chain-definition.ts';
import type { ChainEdgeView } from '../contract/chain-run-routes.ts';

/** An edge with its defaults, and where it stands in a run; null in a definition. */
export function edgeView(edge: ChainEdge, verdict: ChainEdgeView['verdict']): ChainEdgeView {
  return {
    from: edge.from,
    to: edge.to,
    when: edge.when ?? 'success',
    milestone: edge.milestone ?? 'SETTLED',
    orCutOff: edge.orCutOff ?? false,
    deadlineMs: edge.deadlineMs ?? null,
    onDeadline: edge.onDeadline ?? 'alarm',
    verdict,
  };
}
