import { describe, expect, test } from 'vitest';
import { mergeShardOutcomes } from '../../../../scheduler/shard/merge-shard-outcomes.ts';
import { transitShard } from '../../../../scheduler/shard/shard-transitions.ts';

describe('mergeShardOutcomes', () => {
  const shard = (state: 'running' | 'ready' | 'succeeded' | 'failed' | 'cancelled', code: number | null = null) => ({
    state,
    code,
  });
  test('one shard still out: no outcome yet', () => {
    expect(mergeShardOutcomes([shard('succeeded'), shard('running')])).toBeNull();
    expect(mergeShardOutcomes([shard('failed'), shard('ready')])).toBeNull();
  });
  test('no shards at all is no success', () => {
    expect(mergeShardOutcomes([])).toBeNull();
  });
  test('the worst outcome is the run', () => {
    expect(mergeShardOutcomes([shard('succeeded', 200), shard('succeeded', 200)])).toBe('succeeded');
    expect(mergeShardOutcomes([shard('succeeded', 200), shard('failed', 500)])).toBe('failed');
    expect(mergeShardOutcomes([shard('failed', 502), shard('succeeded')])).toBe('timed_out');
    expect(mergeShardOutcomes([shard('failed', 502), shard('failed', 500)])).toBe('failed');
    expect(mergeShardOutcomes([shard('cancelled'), shard('succeeded')])).toBe('cancelled');
  });
});

describe('transitShard', () => {
  test('an unclear answer to a request is no failure', () => {
    expect(transitShard('sent', { kind: 'unanswered' })).toEqual({ kind: 'unchanged' });
  });
  test('a refusal after the acceptance answers a repeat of the request and takes nothing back', () => {
    expect(transitShard('running', { kind: 'refused', refusalsLeft: 3 })).toEqual({ kind: 'unchanged' });
  });
  test('a result that is faster than the answer to its request counts', () => {
    expect(transitShard('sent', { kind: 'came_back', success: true, retriesLeft: 0 })).toEqual({
      kind: 'moved',
      to: 'succeeded',
    });
  });
});
