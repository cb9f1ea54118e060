import { describe, expect, test } from 'vitest';
import { afterNodeLoss } from '../../../../scheduler/run/after-node-loss.ts';
import { type EarlierRun, judgeBlock } from '../../../../scheduler/run/block-policy.ts';
import { judgeWaiting, type WaitingFacts } from '../../../../scheduler/run/judge-waiting.ts';
import { RUN_STATES, type RunState } from '../../../../scheduler/run/run-transitions.ts';

const earlier = (...states: RunState[]): EarlierRun[] => states.map((state, index) => ({ runId: index + 1, state }));
const block = (strategy: 'SERIAL_EXECUTION' | 'DISCARD_LATER' | 'COVER_EARLY' | 'PARALLEL', parallelMax = 0) => ({
  block: strategy,
  parallelMax,
});

describe('judgeBlock', () => {
  test.each([
    'SERIAL_EXECUTION',
    'DISCARD_LATER',
    'COVER_EARLY',
    'PARALLEL',
  ] as const)('%s: with nobody earlier it is free', (word) => {
    expect(judgeBlock(block(word, 1), [])).toEqual({ kind: 'free' });
  });
  test('what stands in the way is what can still write: runs that wait or run, and no others', () => {
    const inTheWay = RUN_STATES.filter(
      (state) => judgeBlock(block('SERIAL_EXECUTION'), earlier(state)).kind === 'wait',
    );
    expect(inTheWay).toEqual(['waiting', 'running']);
  });
  test('each strategy has its own answer', () => {
    const [one, two] = earlier('running', 'waiting');
    const both = earlier('running', 'waiting');
    expect(judgeBlock(block('SERIAL_EXECUTION'), both)).toEqual({ kind: 'wait', behind: [one, two] });
    expect(judgeBlock(block('DISCARD_LATER'), both)).toEqual({ kind: 'discard', behind: one });
    expect(judgeBlock(block('COVER_EARLY'), both)).toEqual({ kind: 'end_first', runs: [one, two] });
    expect(judgeBlock(block('PARALLEL'), both)).toEqual({ kind: 'free' });
  });
  test('PARALLEL with a limit: as many as it says, earlier ones that wait count', () => {
    expect(judgeBlock(block('PARALLEL', 2), earlier('running')).kind).toBe('free');
    expect(judgeBlock(block('PARALLEL', 2), earlier('dispatched', 'running')).kind).toBe('free');
    expect(judgeBlock(block('PARALLEL', 2), earlier('running', 'running')).kind).toBe('wait');
    expect(judgeBlock(block('PARALLEL', 2), earlier('waiting', 'running')).kind).toBe('wait');
  });
});

describe('judgeWaiting: one thing at a time', () => {
  const free: WaitingFacts = {
    job: { block: 'SERIAL_EXECUTION', parallelMax: 0, group: 'orders', labels: {} },
    awaitedInput: null,
    earlier: [],
    limit: null,
    alive: 1,
  };
  const all: Partial<WaitingFacts> = {
    awaitedInput: 'waits for /in/x',
    earlier: earlier('running'),
    limit: { max: 2, running: 2 },
    alive: 0,
  };
  test('with nothing in its way it goes', () => {
    expect(judgeWaiting(free)).toEqual({ kind: 'go' });
    expect(judgeWaiting({ ...free, limit: { max: 2, running: 1 } })).toEqual({ kind: 'go' });
  });
  test('input, then earlier runs, then the limit, then executors', () => {
    expect(judgeWaiting({ ...free, ...all })).toEqual({ kind: 'wait', for: 'input', reason: 'waits for /in/x' });
    expect(judgeWaiting({ ...free, ...all, awaitedInput: null })).toEqual({
      kind: 'wait',
      for: 'earlier',
      reason: 'waits for run 1 of the job',
    });
    expect(judgeWaiting({ ...free, ...all, awaitedInput: null, earlier: [] })).toEqual({
      kind: 'wait',
      for: 'limit',
      reason: 'group "orders" has reached its limit of 2 runs at once',
    });
    const labels = { region: 'north', disk: 'ssd' };
    expect(judgeWaiting({ ...free, alive: 0, job: { ...free.job, labels } })).toEqual({
      kind: 'wait',
      for: 'executors',
      reason: 'no executor of group "orders" with labels region=north, disk=ssd is alive',
    });
  });
  test('the words name three runs at most', () => {
    const many = judgeWaiting({ ...free, earlier: earlier('running', 'waiting', 'waiting', 'waiting', 'waiting') });
    expect(many).toMatchObject({ reason: 'waits for runs 1, 2, 3 and 2 more of the job' });
  });
  test('a discarded one says whether the other runs or waits itself', () => {
    const job = { ...free.job, block: 'DISCARD_LATER' as const };
    expect(judgeWaiting({ ...free, job, earlier: earlier('waiting') })).toEqual({
      kind: 'discard',
      reason: 'run 1 of the job still waits',
    });
  });
});

test('the work of a lost node goes elsewhere by itself only where slices fence it', () => {
  const [ours, peer] = [{ incarnation: 'first' }, { incarnation: null }];
  const rule = (onNodeLoss: 'auto' | 'reassign' | 'fail', sliced: boolean) =>
    [ours, peer].map((attempt) => afterNodeLoss({ onNodeLoss, sliced }, attempt));
  expect(rule('auto', true)).toEqual(['reassign', 'fail']);
  expect(rule('auto', false)).toEqual(['fail', 'fail']);
  expect(rule('reassign', false)).toEqual(['reassign', 'reassign']);
  expect(rule('fail', true)).toEqual(['fail', 'fail']);
});
