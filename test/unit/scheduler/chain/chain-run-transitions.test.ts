import { expect, test } from 'vitest';
import { decideChainEnd } from '../../../../scheduler/chain/chain-run-transitions.ts';
import { judgeChain, type NodeFacts } from '../../../../scheduler/chain/judge-chain.ts';
import type { ChainEdge } from '../../../../scheduler/definition/chain-definition.ts';
import type { RunState } from '../../../../scheduler/run/run-transitions.ts';

const run = (state: RunState): NodeFacts => ({
  run: { state, dispatchedAtMs: 1, reason: state === 'failed' ? 'no such file' : null },
  mark: null,
});

function end(
  state: 'running' | 'cancelling',
  edges: readonly ChainEdge[],
  facts: Readonly<Record<string, NodeFacts>>,
  nowMs = 10,
) {
  const chain = { nodes: ['a', 'b', 'c'], edges, joinAny: [] };
  const times = { startedAtMs: 0, cutOffAtMs: 1_000, nowMs };
  return decideChainEnd(state, chain, judgeChain(chain, new Map(Object.entries(facts)), times));
}

const LINE: ChainEdge[] = [
  { from: 'a', to: 'b' },
  { from: 'b', to: 'c' },
];
const RESCUE: ChainEdge[] = [
  { from: 'a', to: 'b' },
  { from: 'a', to: 'c', when: 'failure' },
];
const CLEAN_UP: ChainEdge[] = [
  { from: 'a', to: 'b' },
  { from: 'a', to: 'c', when: 'always' },
];

test('it goes on while a node is at work, due, or waits for what may still come', () => {
  expect(end('running', LINE, { a: run('running') }).kind).toBe('goes_on');
  expect(end('running', LINE, { a: run('succeeded') }).kind).toBe('goes_on');
  expect(end('running', LINE, { a: run('dispatched') }).kind).toBe('goes_on');
});

test('it has succeeded when every sink has, whatever is still in flight above', () => {
  const orCutOff: ChainEdge[] = [
    { from: 'a', to: 'b', orCutOff: true },
    { from: 'b', to: 'c' },
  ];
  const facts = { a: run('dispatched'), b: run('succeeded'), c: run('succeeded') };
  expect(end('running', orCutOff, facts, 2_000)).toEqual({ kind: 'moved', to: 'succeeded', reason: null });
});

test('a failed node fails it, with the reason, and what hangs on it is passed over', () => {
  expect(end('running', LINE, { a: run('failed') })).toEqual({
    kind: 'moved',
    to: 'failed',
    reason: 'a failed: no such file',
  });
});

test('what runs beside a failed node is let to its end first', () => {
  const beside: ChainEdge[] = [{ from: 'a', to: 'b' }];
  expect(end('running', beside, { a: run('failed'), c: run('running') }).kind).toBe('goes_on');
  expect(end('running', beside, { a: run('failed'), c: run('succeeded') })).toMatchObject({ to: 'failed' });
});

test('a branch for the failure makes it good when it has succeeded', () => {
  expect(end('running', RESCUE, { a: run('failed'), c: run('running') }).kind).toBe('goes_on');
  expect(end('running', RESCUE, { a: run('failed'), c: run('succeeded') })).toEqual({
    kind: 'moved',
    to: 'succeeded',
    reason: 'another branch stood in for a',
  });
  expect(end('running', RESCUE, { a: run('failed'), c: run('failed') })).toMatchObject({ to: 'failed' });
});

test('a clean-up that always runs makes nothing good', () => {
  expect(end('running', CLEAN_UP, { a: run('failed'), c: run('succeeded') })).toMatchObject({ to: 'failed' });
});

test('a failure branch that was not needed is passed over, and the chain succeeds', () => {
  expect(end('running', RESCUE, { a: run('succeeded'), b: run('succeeded') })).toMatchObject({ to: 'succeeded' });
});

test('a node that people marked as succeeded fails nothing', () => {
  const marked: NodeFacts = { ...run('failed'), mark: 'succeeded' };
  expect(end('running', LINE, { a: marked, b: run('succeeded'), c: run('succeeded') })).toMatchObject({
    to: 'succeeded',
  });
});

test('a cancel is over when nothing is open any more', () => {
  expect(end('cancelling', LINE, { a: run('dispatched') }).kind).toBe('goes_on');
  expect(end('cancelling', LINE, { a: run('cancelled') })).toMatchObject({ to: 'cancelled' });
});
