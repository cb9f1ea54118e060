import { expect, test } from 'vitest';
import type { NodePicture } from '../../../../scheduler/chain/judge-chain.ts';
import { planRestart } from '../../../../scheduler/chain/plan-restart.ts';

const succeeded: NodePicture = { kind: 'run', state: 'succeeded', reason: null };

test('a branch that was not taken is judged anew, and does not stand as done', () => {
  const chain = {
    nodes: ['load', 'repair', 'publish'],
    edges: [
      { from: 'load', to: 'repair', when: 'failure' as const },
      { from: 'load', to: 'publish' },
    ],
  };
  const nodes = new Map<string, NodePicture>([
    ['load', succeeded],
    ['repair', { kind: 'passed_over', why: 'load>repair: parent succeeded' }],
    ['publish', { kind: 'run', state: 'failed', reason: 'it broke' }],
  ]);
  const earlier = { nodes, edges: new Map(), nextAtMs: null, late: [] };
  expect(planRestart(chain, earlier, 'publish')).toEqual({ kind: 'planned', plan: { inherited: ['load'] } });
});
