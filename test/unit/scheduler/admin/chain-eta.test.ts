import { expect, test } from 'vitest';
import {
  forecastNodes,
  lastEnd,
  type SeenRun,
  type StandingChain,
  soonestEnd,
} from '../../../../scheduler/admin/night/chain-eta.ts';
import type { NodeFacts, NodeMark } from '../../../../scheduler/chain/judge-chain.ts';
import type { ChainEdge } from '../../../../scheduler/definition/chain-definition.ts';
import type { RunState } from '../../../../scheduler/run/run-transitions.ts';

const NOW = 1_000_000;
const EDGES: ChainEdge[] = [
  { from: 'import', to: 'debit' },
  { from: 'debit', to: 'report' },
];
const USUAL = new Map(Object.entries({ import: 10_000, debit: 10_000, report: 10_000 }));

interface Run extends Partial<SeenRun> {
  readonly state: RunState;
}

/** A chain run of import, debit and report with these runs. */
function standing(runs: Readonly<Record<string, Run>>, more: Partial<StandingChain> = {}): StandingChain {
  const { chain = { nodes: ['import', 'debit', 'report'], edges: EDGES, joinAny: [] } } = more;
  const facts = chain.nodes.map((job): [string, NodeFacts] => {
    const run = runs[job];
    return [
      job,
      { run: run === undefined ? null : { state: run.state, dispatchedAtMs: null, reason: null }, mark: null },
    ];
  });
  const seen = Object.entries(runs).map(([job, { state: _, ...run }]): [string, SeenRun] => [
    job,
    { begunAtMs: null, endedAtMs: null, etaAtMs: null, isUntouched: false, ...run },
  ]);
  return {
    ...{
      chain,
      facts: new Map(facts),
      runs: new Map(seen),
      usualMs: USUAL,
      startedAtMs: NOW,
      nowMs: NOW,
      cutOffAtMs: null,
    },
    ...more,
  };
}

const ends = (of: StandingChain) =>
  Object.fromEntries(forecastNodes(of).map(({ job, endAtMs }) => [job, endAtMs === null ? null : endAtMs - NOW]));

test('each job ends when those before it have, and after what it usually takes; its own pace counts more', () => {
  const imported = { state: 'succeeded', begunAtMs: NOW - 9_000, endedAtMs: NOW - 5_000 } as const;
  const running = { state: 'running', begunAtMs: NOW - 5_000 } as const;
  const paced = standing({ import: imported, debit: { ...running, etaAtMs: NOW + 60_000 } });
  expect(ends(paced)).toEqual({ import: -5_000, debit: 60_000, report: 70_000 });
  expect(lastEnd(forecastNodes(paced))).toBe(NOW + 70_000);
  expect(ends(standing({ import: imported, debit: running }))).toMatchObject({ debit: 5_000, report: 15_000 });
});

test('what waits, or is untouched, takes its time from now on; what is overdue is so once as long again', () => {
  const debit = (run: Run) => ends(standing({ import: { state: 'succeeded', endedAtMs: NOW }, debit: run })).debit;
  expect(debit({ state: 'waiting' })).toBe(10_000);
  expect(debit({ state: 'running', begunAtMs: NOW - 9_000, isUntouched: true })).toBe(10_000);
  expect(debit({ state: 'running', begunAtMs: NOW - 9_000 })).toBe(1_000);
  expect(debit({ state: 'running', begunAtMs: NOW - 13_000 })).toBe(3_000);
  // The pace of the first moments is noise, unless it has done some of the work.
  expect(debit({ state: 'running', begunAtMs: NOW - 4_000, etaAtMs: NOW + 100_000 })).toBe(6_000);
  expect(debit({ state: 'running', begunAtMs: NOW - 4_000, etaAtMs: NOW + 70_000 })).toBe(70_000);
  expect(debit({ state: 'running', begunAtMs: NOW - 60_000, etaAtMs: NOW + 9_000_000 })).toBe(9_000_000);
  // An estimate that is past is now at the soonest.
  expect(debit({ state: 'running', begunAtMs: NOW - 9_000, etaAtMs: NOW - 1 })).toBe(0);
});

test('behind a job that never ran nobody knows, but not before when', () => {
  const usualMs = new Map(Object.entries({ import: 10_000, report: 4_000 }));
  const forecasts = forecastNodes(standing({}, { usualMs }));
  expect(forecasts.map(({ endAtMs }) => endAtMs)).toEqual([NOW + 10_000, null, null]);
  expect(lastEnd(forecasts)).toBeNull();
  expect(soonestEnd(forecasts, NOW)).toBe(NOW + 14_000);
  expect([lastEnd([]), soonestEnd([], NOW)]).toEqual([null, NOW]);
  const begun = {
    import: { state: 'succeeded', endedAtMs: NOW },
    debit: { state: 'running', begunAtMs: NOW - 10_000 },
  } as const;
  expect(soonestEnd(forecastNodes(standing(begun, { usualMs })), NOW)).toBe(NOW + 2_000 + 4_000);
});

test('jobs stand in the order in which they begin, also where nobody knows when', () => {
  const nodes = ['report', 'import', 'debit'];
  const order = (usualMs: ReadonlyMap<string, number>) =>
    forecastNodes(standing({}, { chain: { nodes, edges: EDGES, joinAny: [] }, usualMs })).map(({ job }) => job);
  expect([order(new Map()), order(USUAL)]).toEqual([
    ['import', 'debit', 'report'],
    ['import', 'debit', 'report'],
  ]);
});

test('after a failure what it brings is to come, and what it ends is not', () => {
  const chain = {
    nodes: ['import', 'audit', 'debit', 'repair'],
    edges: [
      { from: 'import', to: 'debit' },
      { from: 'import', to: 'repair', when: 'failure' },
      { from: 'audit', to: 'repair' },
    ] satisfies ChainEdge[],
    joinAny: [],
  };
  const usualMs = new Map(Object.entries({ import: 10_000, audit: 2_000, debit: 50_000, repair: 1_000 }));
  const importing = (run: Run) =>
    standing({ import: run, audit: { state: 'running', begunAtMs: NOW } }, { chain, usualMs });
  const failed = importing({ state: 'failed', begunAtMs: NOW - 1, endedAtMs: NOW });
  expect(ends(failed)).toEqual({ import: 0, audit: 2_000, debit: null, repair: 3_000 });
  expect(lastEnd(forecastNodes(failed))).toBe(NOW + 3_000);
  const running = { import: 10_000, audit: 2_000, debit: 60_000, repair: null };
  expect(ends(importing({ state: 'running', begunAtMs: NOW }))).toEqual(running);
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
      runs: new Map(),
      usualMs,
      startedAtMs: NOW,
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
