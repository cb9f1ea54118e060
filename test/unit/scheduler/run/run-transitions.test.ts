import { expect, test } from 'vitest';
import { transitRun } from '../../../../scheduler/run/run-transitions.ts';

const back = (told: 'none_expected' | 'incomplete' | 'complete' | 'mismatch') =>
  transitRun('running', { kind: 'shards_back', outcome: 'succeeded', told });

test('a run that tells no slices is settled when its shards are back', () => {
  expect(back('none_expected')).toEqual({ kind: 'moved', to: 'succeeded' });
});

test('a run that tells slices is only dispatched until every slice is told', () => {
  expect(back('incomplete')).toEqual({ kind: 'moved', to: 'dispatched' });
  expect(transitRun('dispatched', { kind: 'told', told: 'incomplete' })).toEqual({ kind: 'unchanged' });
  expect(transitRun('dispatched', { kind: 'told', told: 'complete' })).toEqual({ kind: 'moved', to: 'succeeded' });
});

test('slices may all be told before the last shard is back', () => {
  expect(transitRun('running', { kind: 'told', told: 'complete' })).toEqual({ kind: 'unchanged' });
  expect(back('complete')).toEqual({ kind: 'moved', to: 'succeeded' });
});

test('sums that differ from what was frozen fail the run, but not before its shards are back', () => {
  expect(transitRun('running', { kind: 'told', told: 'mismatch' })).toEqual({ kind: 'unchanged' });
  expect(back('mismatch')).toEqual({ kind: 'moved', to: 'failed' });
  expect(transitRun('dispatched', { kind: 'told', told: 'mismatch' })).toEqual({ kind: 'moved', to: 'failed' });
});

test('nothing moves a run that has ended', () => {
  expect(transitRun('succeeded', { kind: 'cancelled' })).toEqual({ kind: 'refused', reason: 'ALREADY_ENDED' });
});

test('items in flight when the chain ends make a timed out run, shards at work a cancelled one', () => {
  expect(transitRun('dispatched', { kind: 'chain_ended' })).toEqual({ kind: 'moved', to: 'timed_out' });
  expect(transitRun('running', { kind: 'chain_ended' })).toEqual({ kind: 'moved', to: 'cancelled' });
});
