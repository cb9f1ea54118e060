import { describe, expect, test } from 'vitest';
import { pickStartable, type QueuedAttempt } from '../../../../executor/node/block-strategy.ts';
import { createSlotPools } from '../../../../executor/node/slot-pools.ts';

const common = { slots: 8, queueMax: 100 };

describe('pools', () => {
  test('a handler runs in the pool that names it, the others in the rest', () => {
    const pools = createSlotPools(common, { slow: { handlers: ['monthly'], slots: 2 } });
    expect(pools.poolOf('monthly')).toEqual({ name: 'slow', slots: 2, queueMax: 100 });
    expect(pools.poolOf('debit')).toEqual({ name: 'default', ...common });
  });

  test.each([
    ['a name that is no word', { 'a b': { handlers: ['x'], slots: 1 } }, 'letters, digits'],
    ['the name of the rest', { default: { handlers: ['x'], slots: 1 } }, 'that is the rest'],
    ['no slots', { slow: { handlers: ['x'], slots: 0 } }, 'slots is 0'],
    ['no handlers', { slow: { handlers: [], slots: 1 } }, 'at least one handler'],
    ['a queue of none', { slow: { handlers: ['x'], slots: 1, queueMax: 0 } }, 'queueMax is 0'],
    ['one handler twice', { a: { handlers: ['x'], slots: 1 }, b: { handlers: ['x'], slots: 1 } }, 'leave it in one'],
  ])('%s is refused', (_, pools, words) => {
    expect(() => createSlotPools(common, pools)).toThrow(words);
  });
});

describe('which attempts start', () => {
  const one = (logId: number, jobId: number): QueuedAttempt => ({
    logId,
    jobId,
    runId: logId,
    shardIndex: 0,
    parallel: true,
  });
  const ids = (picked: readonly QueuedAttempt[]) => picked.map(({ logId }) => logId);

  test('those that run elsewhere take no slot of this pool, and still stand in the way of their job', () => {
    const running = [one(1, 1), one(2, 2)];
    const waiting = [one(3, 3), one(4, 4), { ...one(5, 1), parallel: false }];
    const limits = { slots: 2, counts: ({ logId }: QueuedAttempt) => logId === 1 };
    expect(ids(pickStartable(waiting, running, limits))).toEqual([3]);
    expect(ids(pickStartable([waiting[2] as QueuedAttempt], running, { ...limits, slots: 9 }))).toEqual([]);
  });

  test('no job has more than its share', () => {
    const waiting = [one(1, 1), one(2, 1), one(3, 1), one(4, 2)];
    expect(ids(pickStartable(waiting, [], { slots: 10, perJob: 2 }))).toEqual([1, 2, 4]);
    expect(ids(pickStartable(waiting, [one(9, 1)], { slots: 10, perJob: 2 }))).toEqual([1, 4]);
  });
});
