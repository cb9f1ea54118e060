import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AssignFacts, assignShards, type ReadyShard } from '../../../../scheduler/routing/assign-shards.ts';
import { executor } from './executors.ts';

const live = [executor(1), executor(2), executor(3)];
const shard = (shardIndex: number, homeExecutorId: number | null, avoidExecutorId: number | null = null) => ({
  shardIndex,
  homeExecutorId,
  avoidExecutorId,
});
function assign(facts: Partial<AssignFacts<ReadyShard>>): [number, number][] {
  const assigned = assignShards({
    ready: [],
    live,
    held: new Map(),
    shardsPerExecutor: 4,
    avoided: new Set(),
    yetToHear: new Set(),
    ...facts,
  });
  return assigned.map((each): [number, number] => [each.shard.shardIndex, each.executor.id]);
}

test('a shard goes to its home while that lives, however much the home holds', () => {
  expect(assign({ ready: [shard(0, 2)], held: new Map([[2, 3]]) })).toEqual([[0, 2]]);
});

test('the heir is who holds the fewest shards of the run', () => {
  const held = new Map([
    [1, 2],
    [2, 2],
    [3, 1],
  ]);
  expect(assign({ ready: [shard(0, 9)], held })).toEqual([[0, 3]]);
});

test('several shards of a dead executor spread over the others', () => {
  const heirs = assign({ ready: [shard(0, 9), shard(1, 9), shard(2, 9)] }).map(([, id]) => id);
  expect(new Set(heirs).size).toBe(3);
});

test('who went wrong with it last is asked again only when there is nobody else', () => {
  expect(assign({ ready: [shard(0, 2, 2)] })[0]?.[1]).not.toBe(2);
  expect(assign({ ready: [shard(0, 2, 2)], live: [executor(2)] })).toEqual([[0, 2]]);
});

test('heirs are taken among those that did not go wrong a moment ago; homes are homes all the same', () => {
  const avoided = new Set([executor(1).address, executor(2).address]);
  expect(assign({ ready: [shard(0, 9), shard(1, 9)], avoided }).map(([, id]) => id)).toEqual([3, 3]);
  expect(assign({ ready: [shard(0, 1)], avoided })).toEqual([[0, 1]]);
  expect(assign({ ready: [shard(0, 9)], live: [executor(1)], avoided })).toEqual([[0, 1]]);
});

test('a home that has yet to hear of a kill is waited for, unless it went wrong a moment ago; it is nobody’s heir', () => {
  const yetToHear = new Set([1]);
  expect(assign({ ready: [shard(0, 1), shard(1, 2)], yetToHear })).toEqual([[1, 2]]);
  expect(assign({ ready: [shard(0, 9)], live: [executor(1)], yetToHear })).toEqual([]);
  const avoided = new Set([executor(1).address]);
  expect(assign({ ready: [shard(0, 1)], yetToHear, avoided })[0]?.[1]).not.toBe(1);
});

test('the indexes of the shards around a run (-2, -1) find somebody too', () => {
  expect(assign({ ready: [shard(-2, null)] })).toHaveLength(1);
  expect(assign({ ready: [shard(-1, null)] })).toHaveLength(1);
});

test('with nobody alive nothing is handed out', () => {
  expect(assign({ ready: [shard(0, 2)], live: [] })).toEqual([]);
});

describe('more shards than executors', () => {
  const dealt = Array.from({ length: 12 }, (_, index) => shard(index, (index % 2) + 1));
  test('each gets as many of its own as it has room for; the rest stays ready', () => {
    const assigned = assign({ ready: dealt, live: [executor(1), executor(2)] });
    expect(assigned.filter(([, id]) => id === 1)).toHaveLength(4);
    expect(assigned.filter(([, id]) => id === 2)).toHaveLength(4);
  });
  test('an executor that joins takes what nobody has begun', () => {
    const held = new Map([
      [1, 4],
      [2, 4],
    ]);
    expect(assign({ ready: dealt.slice(8), held }).map(([, id]) => id)).toEqual([3, 3, 3, 3]);
  });
  test('a peer of another make has one shard of a run at a time', () => {
    const peers = [executor(1, { foreign: true }), executor(2, { foreign: true })];
    expect(assign({ ready: dealt, live: peers })).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(assign({ ready: dealt, live: peers, held: new Map([[1, 1]]) })).toEqual([[1, 2]]);
  });
});

test('whatever is ready and whoever lives: nobody gets more than has room, nothing is handed out twice, no room stays unused', () => {
  const shards = fc.uniqueArray(
    fc.record({
      shardIndex: fc.integer({ min: 0, max: 40 }),
      homeExecutorId: fc.option(fc.integer({ min: 1, max: 6 })),
      avoidExecutorId: fc.option(fc.integer({ min: 1, max: 6 })),
    }),
    { selector: (each) => each.shardIndex, maxLength: 30 },
  );
  const executors = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      shards,
      executors,
      fc.integer({ min: 1, max: 5 }),
      fc.func(fc.boolean()),
      (ready, ids, room, isForeign) => {
        const alive = ids.map((id) => executor(id, { foreign: isForeign(id) }));
        const held = new Map(ids.map((id) => [id, id % 3]));
        const roomOf = (id: number) => (isForeign(id) ? 1 : room);
        const assigned = assign({ ready, live: alive, held, shardsPerExecutor: room });
        const given = Map.groupBy(assigned, ([, id]) => id);
        expect(new Set(assigned.map(([index]) => index)).size).toBe(assigned.length);
        for (const [id, shardsOfIt] of given) {
          expect(shardsOfIt.length).toBeLessThanOrEqual(Math.max(0, roomOf(id) - (held.get(id) ?? 0)));
        }
        // What was left over found no room at anybody who may take it.
        const left = ready.filter((each) => !assigned.some(([index]) => index === each.shardIndex));
        for (const each of left) {
          const others = alive.filter((one) => one.id !== each.avoidExecutorId);
          const may = others.length > 0 ? others : alive;
          for (const one of may) {
            expect((held.get(one.id) ?? 0) + (given.get(one.id)?.length ?? 0)).toBeGreaterThanOrEqual(roomOf(one.id));
          }
        }
      },
    ),
  );
});
