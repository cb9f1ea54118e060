import { describe, expect, test } from 'vitest';
import { type OldShard, type RerunFacts, rerunRefusal, rerunShards } from '../../../../scheduler/run/rerun-rules.ts';
import { AFTER_RUN, BEFORE_RUN, NOT_YET } from '../../../../scheduler/shard/hook-shards.ts';
import type { ShardState } from '../../../../scheduler/shard/shard-transitions.ts';

const facts = (more: Partial<RerunFacts> = {}): RerunFacts => ({
  runId: 7,
  state: 'failed',
  chainRunId: null,
  shardTotal: 2,
  shards: [
    { shardIndex: 0, state: 'succeeded' },
    { shardIndex: 1, state: 'failed' },
  ],
  tellsSettled: false,
  kind: 'failed',
  hasParam: false,
  ...more,
});
const allWell: RerunFacts['shards'] = [{ shardIndex: 0, state: 'succeeded' }];

describe('a run may be run again', () => {
  test.each([
    ['what failed', facts()],
    ['what failed, with another parameter', facts({ hasParam: true })],
    ['where it stopped', facts({ kind: 'resume' })],
    ['where it stopped, of a job that tells slices', facts({ kind: 'resume', tellsSettled: true })],
    ['anew, also when nothing failed', facts({ kind: 'all', state: 'succeeded', shards: allWell, hasParam: true })],
    ['anew, when it was never split', facts({ kind: 'all', state: 'discarded', shardTotal: null, shards: [] })],
  ] as const)('%s', (_, given) => {
    expect(rerunRefusal(given)).toBeNull();
  });

  test.each([
    ['while it is open', facts({ state: 'running' }), 'run 7 is running: wait for its end, or kill it first'],
    [
      'in a chain',
      facts({ chainRunId: 3, kind: 'all' }),
      'start the chain anew from that node (startChain with fromNode)',
    ],
    ['in part when it was never split', facts({ shardTotal: null, shards: [] }), 'kind "all"'],
    ['in part when its items stand under the run', facts({ tellsSettled: true }), 'kind "resume" works what is left'],
    ['where it stopped, with other work', facts({ kind: 'resume', hasParam: true }), 'other work (kind "all")'],
    ['in part when nothing failed', facts({ shards: allWell }), 'every shard of run 7 has succeeded'],
  ] as const)('not %s, and it is said what can be done', (_, given, words) => {
    expect(rerunRefusal(given)).toContain(words);
  });
});

describe('the shards of a rerun', () => {
  const old = (shardIndex: number, state: ShardState): OldShard => ({
    shardIndex,
    state,
    homeExecutorId: 10 + shardIndex,
    code: state === 'succeeded' ? 200 : 500,
    result: state === 'succeeded' ? `"r${shardIndex}"` : '{"error":{}}',
  });
  const brief = (hooks: { beforeRun: string | null; afterRun: string | null }, ...shards: OldShard[]) =>
    rerunShards(hooks, shards, 5).map((shard) => [
      shard.index,
      shard.state,
      shard.readyAtMs === NOT_YET ? 'later' : 'now',
    ]);
  const none = { beforeRun: null, afterRun: null };
  const both = { beforeRun: 'prepare', afterRun: 'merge' };

  test('that succeeded stay as they are; the others begin with nothing but their home', () => {
    expect(rerunShards(none, [old(0, 'succeeded'), old(1, 'failed')], 5)).toEqual([
      { index: 0, state: 'succeeded', homeExecutorId: 10, readyAtMs: 5, code: 200, result: '"r0"' },
      { index: 1, state: 'ready', homeExecutorId: 11, readyAtMs: 5, code: null, result: null },
    ]);
  });

  test('with a beforeRun that succeeded may go at once, and afterRun waits for them', () => {
    const shards = [old(BEFORE_RUN, 'succeeded'), old(AFTER_RUN, 'succeeded'), old(0, 'failed'), old(1, 'succeeded')];
    expect(brief(both, ...shards)).toEqual([
      [BEFORE_RUN, 'succeeded', 'now'],
      [AFTER_RUN, 'ready', 'later'],
      [0, 'ready', 'now'],
      [1, 'succeeded', 'now'],
    ]);
  });

  test('with a beforeRun that failed wait for it', () => {
    const shards = [old(BEFORE_RUN, 'failed'), old(AFTER_RUN, 'cancelled'), old(0, 'cancelled')];
    expect(brief(both, ...shards)).toEqual([
      [BEFORE_RUN, 'ready', 'now'],
      [AFTER_RUN, 'ready', 'later'],
      [0, 'ready', 'later'],
    ]);
  });

  test('of which afterRun alone failed are kept, and afterRun may go at once', () => {
    expect(brief({ ...both, beforeRun: null }, old(AFTER_RUN, 'failed'), old(0, 'succeeded'))).toEqual([
      [AFTER_RUN, 'ready', 'now'],
      [0, 'succeeded', 'now'],
    ]);
  });

  test('of a job that has lost its hooks meanwhile are the shards alone', () => {
    expect(brief(none, old(BEFORE_RUN, 'failed'), old(0, 'cancelled'))).toEqual([[0, 'ready', 'now']]);
  });
});
