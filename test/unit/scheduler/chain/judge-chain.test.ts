import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeChain, type NodeFacts, type NodePicture } from '../../../../scheduler/chain/judge-chain.ts';
import type { ChainEdge } from '../../../../scheduler/definition/chain-definition.ts';
import { RUN_STATES, type RunState } from '../../../../scheduler/run/run-transitions.ts';

const run = (state: RunState): NodeFacts => ({ run: { state, dispatchedAtMs: 5, reason: null }, mark: null });
const times = { startedAtMs: 0, cutOffAtMs: null, nowMs: 10 };

function judged(
  edges: readonly ChainEdge[],
  facts: Readonly<Record<string, NodeFacts>>,
  joinAny: readonly string[] = [],
): Record<string, NodePicture> {
  const nodes = [...new Set(edges.flatMap((edge) => [edge.from, edge.to]))];
  const picture = judgeChain({ nodes, edges, joinAny }, new Map(Object.entries(facts)), times);
  return Object.fromEntries(picture.nodes);
}

const JOIN: ChainEdge[] = [
  { from: 'a', to: 'c' },
  { from: 'b', to: 'c' },
];

describe('a node with two parents', () => {
  test('that waits for all is due when both are, and passed over when one cannot be any more', () => {
    expect(judged(JOIN, { a: run('succeeded'), b: run('running') }).c).toMatchObject({ kind: 'waits', for: ['b>c'] });
    expect(judged(JOIN, { a: run('succeeded'), b: run('succeeded') }).c).toEqual({ kind: 'due' });
    expect(judged(JOIN, { a: run('failed'), b: run('running') }).c).toMatchObject({ kind: 'passed_over' });
  });

  test('that waits for any is due with the first, and passed over only when neither can be', () => {
    expect(judged(JOIN, { a: run('succeeded'), b: run('running') }, ['c']).c).toEqual({ kind: 'due' });
    expect(judged(JOIN, { a: run('failed'), b: run('running') }, ['c']).c).toMatchObject({ kind: 'waits' });
    expect(judged(JOIN, { a: run('failed'), b: run('failed') }, ['c']).c).toMatchObject({ kind: 'passed_over' });
  });
});

test('passed over is told on: what hangs on it is passed over, a clean-up is not', () => {
  const edges: ChainEdge[] = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
    { from: 'c', to: 'tidy', when: 'always' },
  ];
  const picture = judged(edges, { a: run('failed') });
  expect(picture.b).toMatchObject({ kind: 'passed_over', why: 'a>b: parent failed' });
  expect(picture.c).toMatchObject({ kind: 'passed_over' });
  expect(picture.tidy).toEqual({ kind: 'due' });
});

describe('a mark', () => {
  const marked = (mark: 'skipped' | 'succeeded', state: RunState | null): NodeFacts => ({
    run: state === null ? null : { state, dispatchedAtMs: null, reason: null },
    mark,
  });

  test('stands for a node that has not run, or that ended badly', () => {
    expect(judged([{ from: 'a', to: 'b' }], { a: marked('skipped', null) })).toMatchObject({
      a: { kind: 'stands', mark: 'skipped' },
      b: { kind: 'due' },
    });
    expect(judged([{ from: 'a', to: 'b' }], { a: marked('succeeded', 'failed') }).b).toEqual({ kind: 'due' });
  });

  test('says nothing while a run is at work', () => {
    expect(judged([{ from: 'a', to: 'b' }], { a: marked('succeeded', 'running') })).toMatchObject({
      a: { kind: 'run', state: 'running' },
      b: { kind: 'waits' },
    });
  });
});

test('an edge that is late is named; the next instant is the nearest of all', () => {
  const edges: ChainEdge[] = [
    { from: 'a', to: 'b', deadlineMs: 4 },
    { from: 'a', to: 'c', deadlineMs: 400 },
    { from: 'a', to: 'd', deadlineMs: 900 },
  ];
  const picture = judgeChain(
    { nodes: ['a', 'b', 'c', 'd'], edges, joinAny: [] },
    new Map([['a', run('running')]]),
    times,
  );
  expect([picture.late, picture.nextAtMs]).toEqual([['a>b'], 400]);
});

const WHEN = ['success', 'failure', 'always'] as const;

/** Random graphs whose edges lead from smaller to greater numbers, with random runs in them. */
const graphs = fc
  .tuple(
    fc.array(fc.option(fc.constantFrom(...RUN_STATES), { nil: null }), { minLength: 1, maxLength: 7 }),
    fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.constantFrom(...WHEN)), { maxLength: 14 }),
    fc.array(fc.nat(6)),
  )
  .map(([states, pairs, any]) => {
    const nodes = states.map((_, at) => `n${at}`);
    const edges = new Map<string, ChainEdge>();
    for (const [one, other, when] of pairs) {
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      if (from !== to && to < nodes.length) edges.set(`${from}>${to}`, { from: `n${from}`, to: `n${to}`, when });
    }
    const joinAny = nodes.filter((_, at) => any.includes(at));
    const facts = new Map<string, NodeFacts>();
    for (const [at, state] of states.entries()) if (state !== null) facts.set(`n${at}`, run(state));
    return { chain: { nodes, edges: [...edges.values()], joinAny }, facts };
  });

test('once every run has ended nothing waits: each node has a run, is due, or is passed over', () => {
  fc.assert(
    fc.property(graphs, ({ chain, facts }) => {
      const ended = new Map(
        [...facts].filter(([, fact]) => !['waiting', 'running', 'dispatched'].includes(fact.run?.state ?? '')),
      );
      // Play the chain to its end: whatever is due gets a run that succeeds.
      for (let round = 0; round <= chain.nodes.length; round++) {
        const picture = judgeChain(chain, ended, times);
        for (const [node, at] of picture.nodes) if (at.kind === 'due') ended.set(node, run('succeeded'));
      }
      const kinds = [...judgeChain(chain, ended, times).nodes.values()].map((node) => node.kind);
      expect(kinds.filter((kind) => kind !== 'run' && kind !== 'passed_over')).toEqual([]);
    }),
    { seed: 20261120, numRuns: 500 },
  );
});

test('the order in which nodes and edges are written down changes nothing', () => {
  fc.assert(
    fc.property(graphs, ({ chain, facts }) => {
      const turned = { ...chain, nodes: chain.nodes.toReversed(), edges: chain.edges.toReversed() };
      const plain = Object.fromEntries([...judgeChain(chain, facts, times).nodes].map(([name, at]) => [name, at.kind]));
      const other = Object.fromEntries(
        [...judgeChain(turned, facts, times).nodes].map(([name, at]) => [name, at.kind]),
      );
      expect(other).toEqual(plain);
    }),
    { seed: 20261120, numRuns: 300 },
  );
});
