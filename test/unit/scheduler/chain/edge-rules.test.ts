import { describe, expect, test } from 'vitest';
import { type EdgeParent, type EdgeRule, judgeEdge } from '../../../../scheduler/chain/edge-rules.ts';

const MINUTE = 60_000;
/** After the parent's run, with a chain run that began at 0. */
function judge(
  rule: EdgeRule,
  run: Omit<Extract<EdgeParent, { kind: 'run' }>, 'kind'>,
  cutOffAtMs: number | null,
  nowMs: number,
) {
  return judgeEdge(rule, { kind: 'run', ...run }, { startedAtMs: 0, cutOffAtMs, nowMs });
}
const dispatched = { state: 'dispatched', dispatchedAtMs: 1_000_000 } as const;
const settled: EdgeRule = { milestone: 'SETTLED' };

describe('judgeEdge', () => {
  test('by default a child waits for SETTLED, however long', () => {
    expect(judge(settled, dispatched, 2_000_000, 9_000_000)).toMatchObject({ kind: 'wait', atMs: null });
    expect(judge(settled, { state: 'succeeded', dispatchedAtMs: 1 }, null, 1)).toEqual({
      kind: 'met',
      because: 'SETTLED',
    });
  });

  test('DISPATCHED is met when all shards are back', () => {
    const rule: EdgeRule = { milestone: 'DISPATCHED' };
    expect(judge(rule, { state: 'running', dispatchedAtMs: null }, null, 1).kind).toBe('wait');
    expect(judge(rule, dispatched, null, 1)).toEqual({ kind: 'met', because: 'DISPATCHED' });
  });

  test('with shards still out neither grace nor cut-off opens an edge', () => {
    const rule: EdgeRule = { milestone: 'SETTLED', graceMs: 0, orCutOff: true };
    expect(judge(rule, { state: 'running', dispatchedAtMs: null }, 5, 10)).toMatchObject({ kind: 'wait', atMs: null });
  });

  test('grace auto is a tenth of the time that was left to the cut-off, at most 5 minutes', () => {
    const rule: EdgeRule = { milestone: 'SETTLED', graceMs: 'auto' };
    const near = judge(rule, dispatched, 1_000_000 + 10 * MINUTE, 1_000_001);
    expect(near).toMatchObject({ kind: 'wait', atMs: 1_000_000 + MINUTE });
    const far = judge(rule, dispatched, 1_000_000 + 600 * MINUTE, 1_000_001);
    expect(far).toMatchObject({ kind: 'wait', atMs: 1_000_000 + 5 * MINUTE });
    expect(judge(rule, dispatched, null, 1_000_001)).toMatchObject({ kind: 'wait', atMs: 1_000_000 + 5 * MINUTE });
    expect(judge(rule, dispatched, 1_000_000 + 10 * MINUTE, 1_000_000 + MINUTE)).toEqual({
      kind: 'met',
      because: 'GRACE_OVER',
    });
  });

  test('a run that is dispatched after the cut-off opens its grace edge at once', () => {
    const rule: EdgeRule = { milestone: 'SETTLED', graceMs: 'auto' };
    expect(judge(rule, dispatched, 900_000, 1_000_000)).toEqual({ kind: 'met', because: 'CUT_OFF' });
  });

  test('a fixed grace never lasts beyond the cut-off', () => {
    const rule: EdgeRule = { milestone: 'SETTLED', graceMs: 60 * MINUTE };
    expect(judge(rule, dispatched, 1_000_500, 1_000_100)).toMatchObject({ kind: 'wait', atMs: 1_000_500 });
  });

  test('at the cut-off an edge with orCutOff opens, one millisecond before it does not', () => {
    const rule: EdgeRule = { milestone: 'SETTLED', orCutOff: true };
    expect(judge(rule, dispatched, 2_000_000, 1_999_999)).toMatchObject({ kind: 'wait', atMs: 2_000_000 });
    expect(judge(rule, dispatched, 2_000_000, 2_000_000)).toEqual({ kind: 'met', because: 'CUT_OFF' });
  });

  test.each([
    'failed',
    'timed_out',
    'cancelled',
    'discarded',
  ] as const)('a parent that is %s opens nothing', (state) => {
    const rule: EdgeRule = { milestone: 'DISPATCHED', graceMs: 0, orCutOff: true };
    expect(judge(rule, { state, dispatchedAtMs: 1 }, 1, 2).kind).toBe('never');
  });
});

describe('what the parent has to come to', () => {
  const times = { startedAtMs: 0, cutOffAtMs: null, nowMs: 10 };
  const run = (state: 'succeeded' | 'failed' | 'timed_out' | 'cancelled' | 'discarded' | 'running') =>
    ({ kind: 'run', state, dispatchedAtMs: null }) as const;
  const passedOver = { kind: 'passed_over' } as const;
  const stands = { kind: 'stands' } as const;

  test.each([
    ['failure', run('failed'), 'met'],
    ['failure', run('timed_out'), 'met'],
    ['failure', run('cancelled'), 'met'],
    ['failure', run('discarded'), 'never'],
    ['failure', run('succeeded'), 'never'],
    ['failure', run('running'), 'wait'],
    ['failure', passedOver, 'never'],
    ['failure', stands, 'never'],
    ['always', run('failed'), 'met'],
    ['always', run('succeeded'), 'met'],
    ['always', run('running'), 'wait'],
    ['always', passedOver, 'met'],
    ['success', passedOver, 'never'],
    ['success', stands, 'met'],
    ['success', { kind: 'none' } as const, 'wait'],
    ['always', { kind: 'none' } as const, 'wait'],
  ] as const)('%s after %j: %s', (when, parent, kind) => {
    expect(judgeEdge({ when }, parent, times).kind).toBe(kind);
  });
});

describe('a deadline', () => {
  const waiting = { kind: 'run', state: 'running', dispatchedAtMs: null } as const;
  const at = (nowMs: number) => ({ startedAtMs: 1_000, cutOffAtMs: null, nowMs });

  test('is counted from the start of the chain run, and says when it comes', () => {
    expect(judgeEdge({ deadlineMs: 500 }, waiting, at(1_499))).toEqual({ kind: 'wait', atMs: 1_500, late: false });
  });

  test.each([
    [undefined, { kind: 'wait', atMs: null, late: true }],
    ['alarm', { kind: 'wait', atMs: null, late: true }],
    ['go', { kind: 'met', because: 'DEADLINE' }],
    ['give_up', { kind: 'never', because: 'its deadline has passed' }],
  ] as const)('onDeadline %s', (onDeadline, verdict) => {
    const rule = onDeadline === undefined ? { deadlineMs: 500 } : { deadlineMs: 500, onDeadline };
    expect(judgeEdge(rule, waiting, at(1_500))).toEqual(verdict);
  });

  test('is nothing to an edge that is met or dead already', () => {
    const ended = { kind: 'run', state: 'succeeded', dispatchedAtMs: 1 } as const;
    expect(judgeEdge({ deadlineMs: 1, onDeadline: 'give_up' }, ended, at(9_000))).toMatchObject({ kind: 'met' });
  });
});
