import { describe, expect, test } from 'vitest';
import {
  blockStrategyOf,
  decideBlock,
  pickStartable,
  type QueuedAttempt,
} from '../../../../executor/node/block-strategy.ts';

const one = (logId: number, differing: Partial<QueuedAttempt> = {}): QueuedAttempt => ({
  logId,
  jobId: 7,
  runId: logId,
  shardIndex: 0,
  ...differing,
});
const ids = (attempts: readonly QueuedAttempt[]) => attempts.map((attempt) => attempt.logId);

describe('decideBlock', () => {
  test('nothing is in the way of a job that is idle here', () => {
    for (const strategy of ['SERIAL_EXECUTION', 'DISCARD_LATER', 'COVER_EARLY'] as const) {
      expect(decideBlock(strategy, one(2), [one(1, { jobId: 8 })])).toEqual({ kind: 'queue' });
    }
  });

  test('another run of the job is in the way', () => {
    expect(decideBlock('SERIAL_EXECUTION', one(2), [one(1)])).toEqual({ kind: 'queue' });
    expect(decideBlock('DISCARD_LATER', one(2), [one(1)])).toEqual({ kind: 'refuse' });
    expect(decideBlock('COVER_EARLY', one(3), [one(1), one(2), one(9, { jobId: 8 })])).toEqual({
      kind: 'cover',
      kill: [1, 2],
    });
  });

  test('another shard of the same run is not, an older attempt at the same shard is', () => {
    const sibling = one(1, { runId: 5, shardIndex: 2 });
    const older = one(2, { runId: 5, shardIndex: 0 });
    const arriving = one(3, { runId: 5, shardIndex: 0 });
    expect(decideBlock('COVER_EARLY', arriving, [sibling])).toEqual({ kind: 'queue' });
    expect(decideBlock('COVER_EARLY', arriving, [sibling, older])).toEqual({ kind: 'cover', kill: [2] });
  });

  test('runs that our own scheduler let go side by side are not in the way, an older attempt at the same shard is', () => {
    expect(decideBlock('PARALLEL', one(2, { parallel: true }), [one(1)])).toEqual({ kind: 'queue' });
    const side = [one(1, { parallel: true }), one(2, { parallel: true })];
    expect(ids(pickStartable(side, [], 16))).toEqual([1, 2]);
    expect(ids(pickStartable([one(2, { parallel: true })], [one(1)], 16))).toEqual([]);
    const again = [one(3, { runId: 5, parallel: true }), one(4, { runId: 5, parallel: true })];
    expect(ids(pickStartable(again, [], 16))).toEqual([3]);
    expect(blockStrategyOf('PARALLEL')).toBe('PARALLEL');
  });

  test('unknown and missing words mean serial', () => {
    expect([null, undefined, '', 'CONCURRENT'].map(blockStrategyOf)).toEqual(Array(4).fill('SERIAL_EXECUTION'));
  });
});

describe('pickStartable', () => {
  test('takes in order of arrival as many as there are slots', () => {
    const waiting = [1, 2, 3].map((logId) => one(logId, { jobId: logId }));
    expect(ids(pickStartable(waiting, [], 2))).toEqual([1, 2]);
    expect(ids(pickStartable(waiting, [one(9, { jobId: 9 })], 2))).toEqual([1]);
    expect(ids(pickStartable(waiting, [one(9), one(8)], 2))).toEqual([]);
  });

  test('a run that waits for its job holds back later ones of that job, and nobody else', () => {
    const waiting = [one(2), one(3, { runId: 1, shardIndex: 1 }), one(4, { jobId: 8 })];
    expect(ids(pickStartable(waiting, [one(1)], 16))).toEqual([4]);
  });

  test('two runs of a job that arrive together do not start together, two shards of one run do', () => {
    expect(ids(pickStartable([one(1), one(2)], [], 16))).toEqual([1]);
    const shards = [one(1, { runId: 5 }), one(2, { runId: 5, shardIndex: 1 })];
    expect(ids(pickStartable(shards, [], 16))).toEqual([1, 2]);
  });
});
