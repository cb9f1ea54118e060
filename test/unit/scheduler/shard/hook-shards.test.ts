import { describe, expect, test } from 'vitest';
import { shardResultsOf } from '../../../../scheduler/dispatch/hook-fields.ts';
import { runResultOf } from '../../../../scheduler/run/run-result.ts';
import {
  AFTER_RUN,
  BEFORE_RUN,
  decideHooks,
  type HookFacts,
  handlerOf,
  NOT_YET,
  shardInWords,
  withHooks,
} from '../../../../scheduler/shard/hook-shards.ts';
import type { ShardState } from '../../../../scheduler/shard/shard-transitions.ts';

const at = (shardIndex: number, state: ShardState, readyAt = 0): HookFacts => ({ shardIndex, state, readyAt });
const shards = [
  { index: 0, homeExecutorId: 7 },
  { index: 1, homeExecutorId: 8 },
];

test('a job without hooks has its shards alone, and they may go at once', () => {
  expect(withHooks({ beforeRun: null, afterRun: null }, shards)).toEqual(shards);
});

test('with both, beforeRun alone may go at once', () => {
  const made = withHooks({ beforeRun: 'prepare', afterRun: 'merge' }, shards);
  expect(made.map((shard) => [shard.index, shard.readyAtMs ?? 'at once'])).toEqual([
    [BEFORE_RUN, 'at once'],
    [AFTER_RUN, NOT_YET],
    [0, NOT_YET],
    [1, NOT_YET],
  ]);
});

test('with afterRun alone, the shards may go at once', () => {
  const made = withHooks({ beforeRun: null, afterRun: 'merge' }, shards);
  expect(made.filter((shard) => shard.readyAtMs === undefined).map((shard) => shard.index)).toEqual([0, 1]);
});

describe('when a shard has moved', () => {
  const held = at(0, 'ready', NOT_YET);
  const after = at(AFTER_RUN, 'ready', NOT_YET);
  test.each([
    ['nothing while beforeRun is at work', [at(BEFORE_RUN, 'running'), held, after], 'nothing'],
    ['nothing while beforeRun is to be tried again', [at(BEFORE_RUN, 'ready', 5), held], 'nothing'],
    ['the shards go when it has succeeded', [at(BEFORE_RUN, 'succeeded'), held, after], 'release_shards'],
    ['nothing more is run when it has failed', [at(BEFORE_RUN, 'failed'), held, after], 'cancel_rest'],
    ['nothing more is run when it was cancelled', [at(BEFORE_RUN, 'cancelled'), after], 'cancel_rest'],
    ['afterRun waits for the last shard', [at(0, 'succeeded'), at(1, 'running'), after], 'nothing'],
    ['afterRun waits for one that is to be tried again', [at(0, 'succeeded'), at(1, 'ready', 5), after], 'nothing'],
    ['afterRun goes when all are back', [at(BEFORE_RUN, 'succeeded'), at(0, 'succeeded'), after], 'release_after'],
    ['afterRun goes when they failed, too', [at(0, 'failed'), at(1, 'cancelled'), after], 'release_after'],
    ['nothing once it has gone', [at(0, 'succeeded'), at(AFTER_RUN, 'running')], 'nothing'],
    ['nothing in a run without hooks', [at(0, 'ready', 5), at(1, 'running')], 'nothing'],
  ] as const)('%s', (_, facts, kind) => {
    expect(decideHooks(facts).kind).toBe(kind);
  });
});

test('each part has its handler and its name', () => {
  const job = { handler: 'work', beforeRun: 'prepare', afterRun: 'merge' };
  const parts = [BEFORE_RUN, AFTER_RUN, 3];
  expect(parts.map((index) => handlerOf(job, index))).toEqual(['prepare', 'merge', 'work']);
  expect(parts.map(shardInWords)).toEqual(['beforeRun', 'afterRun', 'shard 3']);
});

describe('the results of the shards for afterRun', () => {
  const row = (shardIndex: number, result: string | null) => ({ shardIndex, state: 'succeeded' as const, result });

  test('come in index order, without the hooks', () => {
    expect(shardResultsOf([row(1, '"b"'), row(BEFORE_RUN, '"x"'), row(AFTER_RUN, null), row(0, '"a"')])).toEqual([
      { index: 0, state: 'succeeded', result: '"a"' },
      { index: 1, state: 'succeeded', result: '"b"' },
    ]);
  });

  test('come as far as they fit; of the others it is said that they are left out', () => {
    const thousand = Array.from({ length: 1_000 }, (_, index) => row(index, JSON.stringify('x'.repeat(10_000))));
    const results = shardResultsOf([...thousand, row(1_000, null)]);
    const sent = results.filter((each) => each.result !== undefined).length;
    expect(sent).toBe(104);
    expect(results.slice(sent, 1_000).every((each) => each.leftOut === true)).toBe(true);
    expect(results.at(-1)).toEqual({ index: 1_000, state: 'succeeded' });
    expect(JSON.stringify(results).length).toBeLessThan(2_000_000);
  });

  test('are left out from the first that does not fit', () => {
    const results = shardResultsOf([row(0, '"aaaa"'), row(1, '"bbbbbbbbbbbbbbbbbb"'), row(2, '"c"')], 20);
    expect(results.map((each) => each.leftOut ?? false)).toEqual([false, true, true]);
  });
});

describe('the result of a run', () => {
  const row = (shardIndex: number, result: string | null) => ({ shardIndex, result });
  test.each([
    ['of one shard is that shard’s', [row(0, '{"a":1}')], { a: 1 }],
    ['of several is the list in index order', [row(1, '2'), row(0, null), row(2, 'no JSON')], [null, 2, 'no JSON']],
    ['with afterRun is what that returned', [row(0, '1'), row(1, '2'), row(AFTER_RUN, '3'), row(BEFORE_RUN, '0')], 3],
    ['that has no shards yet is nothing', [], null],
  ])('%s', (_, rows, result) => {
    expect(runResultOf(rows)).toEqual(result);
  });
});
