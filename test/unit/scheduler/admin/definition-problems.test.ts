import { expect, test } from 'vitest';
import { readChainInput } from '../../../../scheduler/admin/definition/problems.ts';

test('a node or an edge that is there twice is told at the nodes or edges, in a whole sentence', () => {
  const edge = { from: 'a', to: 'b' };
  const problemsOf = (chain: object) => {
    const jobs = new Map(['a', 'b'].map((name) => [name, { name, schedule: { kind: 'none' } }]));
    const read = readChainInput({ name: 'night', ...chain } as never, jobs as never);
    return read.kind === 'wrong' ? read.problems : [];
  };
  expect(problemsOf({ nodes: ['a', 'b', 'a'], edges: [edge] })).toEqual([
    { path: 'nodes', message: 'node of chain "night" "a" is there twice' },
  ]);
  expect(problemsOf({ nodes: ['a', 'b'], edges: [edge, edge] })).toEqual([
    { path: 'edges', message: 'edge of chain "night" "a>b" is there twice' },
  ]);
});
