import { expect, test } from 'vitest';
import { forecastNodes } from '../../../../scheduler/admin/dry-run/forecast-nodes.ts';
import { type EtaNode, lastOf, nodeEnds } from '../../../../scheduler/admin/night/chain-eta.ts';
import type { NodeMark } from '../../../../scheduler/chain/judge-chain.ts';
import type { ChainEdge } from '../../../../scheduler/definition/chain-definition.ts';

const NOW = 1_000_000;
const node = (job: string, more: Partial<EtaNode> = {}): EtaNode => ({
  ...{ job, endedAtMs: null, isDone: false, startedAtMs: null, etaAtMs: null, usualMs: 10_000, ...more },
});
const EDGES = [
  { from: 'import', to: 'debit' },
  { from: 'debit', to: 'report' },
];

test('each job ends when those before it have, and after what it usually takes; its own pace counts more', () => {
  const done = node('import', { isDone: true, endedAtMs: NOW - 5_000 });
  const running = node('debit', { startedAtMs: NOW - 5_000, etaAtMs: NOW + 60_000 });
  const ends = nodeEnds([done, running, node('report')], EDGES, NOW);
  expect([...ends]).toEqual([
    ['import', NOW - 5_000],
    ['debit', NOW + 60_000],
    ['report', NOW + 70_000],
  ]);
  expect(lastOf(ends)).toBe(NOW + 70_000);
  const byHabit = nodeEnds([done, node('debit', { startedAtMs: NOW - 4_000 }), node('report')], EDGES, NOW);
  expect(byHabit.get('debit')).toBe(NOW + 6_000);
  // What takes longer than usual ends now at the soonest, never in the past.
  expect(nodeEnds([node('debit', { startedAtMs: NOW - 90_000 })], [], NOW).get('debit')).toBe(NOW);
});

test('behind a job that never ran nobody knows, and neither of the whole', () => {
  const ends = nodeEnds([node('import'), node('debit', { usualMs: null }), node('report')], EDGES, NOW);
  expect([...ends.values()]).toEqual([NOW + 10_000, null, null]);
  expect(lastOf(ends)).toBeNull();
  expect(lastOf(new Map())).toBeNull();
});

test('a dry run takes each node as succeeded: joins of all, joins of any, failures, and what an earlier run did', () => {
  const edges: ChainEdge[] = [
    { from: 'a', to: 'both' },
    { from: 'b', to: 'both' },
    { from: 'a', to: 'either' },
    { from: 'b', to: 'either' },
    { from: 'a', to: 'repair', when: 'failure' },
    { from: 'repair', to: 'after-repair', when: 'always' },
  ];
  const chain = { nodes: ['a', 'b', 'both', 'either', 'repair', 'after-repair'], edges, joinAny: ['either'] };
  const usualMs = new Map(Object.entries({ a: 1_000, b: 5_000, both: 100, either: 100, 'after-repair': 100 }));
  const forecast = (marks: Readonly<Record<string, NodeMark>>) =>
    forecastNodes({
      chain,
      facts: new Map(chain.nodes.map((job) => [job, { run: null, mark: marks[job] ?? null }])),
      usualMs,
      nowMs: NOW,
      cutOffAtMs: null,
    }).map(({ job, outcome, startAtMs }) => [job, outcome, startAtMs === null ? null : startAtMs - NOW]);
  expect(forecast({})).toEqual([
    ['a', 'first', 0],
    ['b', 'first', 0],
    ['after-repair', 'follows', 0],
    ['either', 'follows', 1_000],
    ['both', 'follows', 5_000],
    ['repair', 'passed_over', null],
  ]);
  expect(forecast({ b: 'inherited' })).toContainEqual(['both', 'follows', 1_000]);
  expect(forecast({ a: 'inherited', b: 'inherited' })).toContainEqual(['both', 'first', 0]);
});
