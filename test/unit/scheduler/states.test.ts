import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CHAIN_RUN_EDGES } from '../../../scheduler/chain/chain-run-transitions.ts';
import {
  BACKFILL_EDGES,
  type BackfillEvent,
  type BackfillState,
  transitBackfill,
} from '../../../scheduler/firing/backfill-transitions.ts';
import { FIRE_EDGES, type FireEvent, type FireState, transitFire } from '../../../scheduler/firing/fire-transitions.ts';
import {
  EXECUTOR_EDGES,
  type ExecutorEvent,
  type ExecutorState,
  transitExecutor,
} from '../../../scheduler/registry/executor-liveness.ts';
import { RUN_EDGES, type RunEvent, type RunState, transitRun } from '../../../scheduler/run/run-transitions.ts';
import {
  SHARD_EDGES,
  type ShardEvent,
  type ShardState,
  transitShard,
} from '../../../scheduler/shard/shard-transitions.ts';
import { schedulerMigrations } from '../../../scheduler/storage/migrations/scheduler-migrations.ts';
import { SQLITE_WORDS } from '../../../shared/sql/ddl-words.ts';

type Edges = Readonly<Record<string, readonly string[]>>;
const picture = readFileSync(new URL('../../../docs/states.md', import.meta.url), 'utf8');
const ddl = schedulerMigrations.flatMap((migration) => migration.statements(SQLITE_WORDS));

function drawnEdges(machine: string): Edges {
  const block = new RegExp(`\`\`\`${machine}\\n([\\s\\S]*?)\`\`\``).exec(picture)?.[1] ?? '';
  const lines = block
    .trim()
    .split('\n')
    .map((line) => line.split('>'));
  return Object.fromEntries(
    lines.map(([from = '', to = '']) => [
      from.trim(),
      to
        .split('|')
        .map((state) => state.trim())
        .filter(Boolean),
    ]),
  );
}

function checkedStates(table: string): string[] {
  const text = ddl.find((statement) => statement.includes(`create table ${table} (`)) ?? '';
  const list = /state .*? check \(state in\s*\(([^)]*)\)/.exec(text)?.[1] ?? '';
  return [...list.matchAll(/'([a-z_]+)'/g)].map((match) => match[1] ?? '').sort();
}

const sorted = (edges: Edges) => Object.fromEntries(Object.entries(edges).map(([from, to]) => [from, [...to].sort()]));

describe.each<[string, string, Edges]>([
  ['fire', 's_fire', FIRE_EDGES],
  ['backfill', 's_backfill', BACKFILL_EDGES],
  ['chain_run', 's_chain_run', CHAIN_RUN_EDGES],
  ['run', 's_run', RUN_EDGES],
  ['shard', 's_shard', SHARD_EDGES],
  ['executor', 's_executor', EXECUTOR_EDGES],
])('%s', (machine, table, edges) => {
  test('the picture shows the edges of the code', () => {
    expect(sorted(drawnEdges(machine))).toEqual(sorted(edges));
  });
  test('the CHECK of its table names its states', () => {
    expect(checkedStates(table)).toEqual(Object.keys(edges).sort());
  });
});

/** The edges that a function really takes under these events. */
function takenEdges<State extends string, Event>(
  edges: Readonly<Record<State, readonly State[]>>,
  events: readonly Event[],
  transit: (state: State, event: Event) => { kind: string; to?: State },
): Edges {
  const states = Object.keys(edges) as State[];
  return Object.fromEntries(
    states.map((state) => {
      const reached = events.map((event) => transit(state, event)).flatMap((verdict) => verdict.to ?? []);
      return [state, [...new Set(reached)].sort()];
    }),
  );
}

const runEvents: RunEvent[] = [
  { kind: 'split' },
  { kind: 'overlapped' },
  { kind: 'no_script' },
  { kind: 'cancelled' },
  { kind: 'chain_ended' },
  ...(['succeeded', 'failed', 'timed_out', 'cancelled'] as const).flatMap((outcome) =>
    (['none_expected', 'incomplete', 'complete', 'mismatch'] as const).map(
      (told): RunEvent => ({ kind: 'shards_back', outcome, told }),
    ),
  ),
  ...(['none_expected', 'incomplete', 'complete', 'mismatch'] as const).map(
    (told): RunEvent => ({ kind: 'told', told }),
  ),
];
const shardEvents: ShardEvent[] = [
  { kind: 'handed_out' },
  { kind: 'accepted' },
  { kind: 'refused', refusalsLeft: 1 },
  { kind: 'refused', refusalsLeft: 0 },
  { kind: 'unanswered' },
  { kind: 'came_back', success: true, retriesLeft: 0 },
  { kind: 'came_back', success: false, retriesLeft: 1 },
  { kind: 'came_back', success: false, retriesLeft: 0 },
  { kind: 'node_lost', onNodeLoss: 'reassign' },
  { kind: 'node_lost', onNodeLoss: 'fail' },
  { kind: 'cancelled' },
];
const watched = { kind: 'watched', silentAfterMs: 10, goneAfterMs: 20 } as const;
const executorEvents: ExecutorEvent[] = [
  { kind: 'beat', sameIncarnation: true },
  { kind: 'beat', sameIncarnation: false },
  { kind: 'answered' },
  { kind: 'unregistered' },
  { ...watched, quietMs: 5 },
  { ...watched, quietMs: 15 },
  { ...watched, quietMs: 25 },
  { kind: 'declared_gone' },
];
const fireEvents: FireEvent[] = (['due', 'merged', 'not_wanted', 'held', 'missed_range'] as const).map((kind) => ({
  kind,
}));

const backfillEvents: BackfillEvent[] = [
  { kind: 'paused' },
  { kind: 'resumed' },
  { kind: 'cancelled' },
  { kind: 'all_ended', failed: true },
  { kind: 'all_ended', failed: false },
];

describe('the functions take the edges that are drawn, all of them and no others', () => {
  test('run', () => {
    expect(takenEdges<RunState, RunEvent>(RUN_EDGES, runEvents, transitRun)).toEqual(sorted(RUN_EDGES));
  });
  test('shard', () => {
    expect(takenEdges<ShardState, ShardEvent>(SHARD_EDGES, shardEvents, transitShard)).toEqual(sorted(SHARD_EDGES));
  });
  test('executor', () => {
    const taken = takenEdges<ExecutorState, ExecutorEvent>(EXECUTOR_EDGES, executorEvents, transitExecutor);
    expect(taken).toEqual(sorted(EXECUTOR_EDGES));
  });
  test('backfill', () => {
    const taken = takenEdges<BackfillState, BackfillEvent>(BACKFILL_EDGES, backfillEvents, transitBackfill);
    expect(taken).toEqual(sorted(BACKFILL_EDGES));
  });
  test('fire', () => {
    expect(takenEdges<FireState, FireEvent>(FIRE_EDGES, fireEvents, transitFire)).toEqual(sorted(FIRE_EDGES));
  });
});
