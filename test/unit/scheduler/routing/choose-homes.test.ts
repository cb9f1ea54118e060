import { describe, expect, test } from 'vitest';
import { chooseHomes, type RouteFacts } from '../../../../scheduler/routing/choose-homes.ts';
import { withLabels } from '../../../../scheduler/routing/live-executor.ts';
import { ringHash, routeConsistentHash } from '../../../../scheduler/routing/route-consistent-hash.ts';
import { usesAfter } from '../../../../scheduler/routing/route-least-frequently-used.ts';
import type { RouteUse } from '../../../../scheduler/routing/route-use.ts';
import { executor } from './executors.ts';

const live = [executor(3), executor(1), executor(2)];
const at = (id: number) => executor(id).address;
function choose(route: RouteFacts['job']['route'], facts: Partial<RouteFacts> = {}, shardTotal: number | null = null) {
  return chooseHomes({
    job: { id: 7, route, shardTotal },
    live,
    avoided: new Set(),
    roundCounter: 0,
    uses: new Map(),
    chance: 0,
    answers: null,
    ...facts,
  });
}
function homeIds(...asked: Parameters<typeof choose>): number[] {
  const verdict = choose(...asked);
  if (verdict.kind !== 'chosen') throw new Error(`nobody was chosen: ${verdict.kind}`);
  return verdict.homes.map((each) => each.home.id);
}
const used = (entries: Record<number, RouteUse>): Map<string, RouteUse> =>
  new Map(Object.entries(entries).map(([id, use]) => [at(Number(id)), use]));

test('FIRST and LAST go by the list sorted by address, byte by byte', () => {
  expect(homeIds('FIRST')).toEqual([1]);
  // A "0" stands before a ":".
  expect(homeIds('FIRST', { live: [executor(1), executor(10)] })).toEqual([10]);
  expect(homeIds('LAST')).toEqual([3]);
});

test('ROUND takes them in turn, by the counter', () => {
  expect([0, 1, 2, 3].flatMap((roundCounter) => homeIds('ROUND', { roundCounter }))).toEqual([1, 2, 3, 1]);
});

test('ROUND does not begin with the same one for all jobs, whose first runs may be due together', () => {
  const first = [1, 2, 3, 4].flatMap((id) => homeIds('ROUND', { job: { id, route: 'ROUND', shardTotal: null } }));
  expect(first).toEqual([1, 2, 3, 1]);
});

test('RANDOM can hit each of them, and never goes past the last', () => {
  expect([0, 0.34, 0.999_999].flatMap((chance) => homeIds('RANDOM', { chance }))).toEqual([1, 2, 3]);
});

describe('CONSISTENT_HASH is the one of xxl-job, hash for hash', () => {
  // Computed by an implementation of its own in another language.
  const golden = {
    slash: '1102022100000101201202012000220112221120',
    bare: '1022202002020022012211222000022012112122',
  };
  const sorted = [executor(1), executor(10), executor(9)];
  const bare = sorted.map((each) => ({ ...each, registeredAs: each.address.slice(0, -1) }));
  test('single hashes', () => {
    expect(ringHash('1')).toBe(943_901_380);
    expect(ringHash('2147483647')).toBe(2_764_081_349);
    expect(ringHash('SHARD-http://10.0.0.1:9999/-NODE-0')).toBe(3_725_898_238);
  });
  test('40 jobs, addresses registered with a slash at their end, and without', () => {
    const chosen = (list: typeof sorted) =>
      Array.from({ length: 40 }, (_, at) => list.findIndex((each) => each === routeConsistentHash(list, at + 1))).join(
        '',
      );
    expect(chosen(sorted)).toEqual(golden.slash);
    expect(chosen(bare)).toEqual(golden.bare);
  });
  test('a job past the last point of the ring goes to the first', () => {
    for (const jobId of [769, 1_800, 1_947]) expect(routeConsistentHash(sorted, jobId)?.id).toBe(10);
  });
  test('when one goes, only its jobs move', () => {
    const jobs = Array.from({ length: 200 }, (_, index) => index + 1);
    const without = sorted.filter((each) => each.id !== 10);
    for (const jobId of jobs) {
      const before = routeConsistentHash(sorted, jobId);
      if (before?.id !== 10) expect(routeConsistentHash(without, jobId)).toBe(before);
    }
  });
  test('with nobody there is nobody', () => {
    expect(routeConsistentHash([], 1)).toBeNull();
  });
});

describe('LEAST_FREQUENTLY_USED', () => {
  const use = (uses: number): RouteUse => ({ uses, lastUsedAt: 0 });
  test('the lowest count wins; equals stand in the order of their addresses', () => {
    expect(homeIds('LEAST_FREQUENTLY_USED', { uses: used({ 1: use(3), 2: use(2), 3: use(2) }) })).toEqual([2]);
    expect(homeIds('LEAST_FREQUENTLY_USED')).toEqual([1]);
  });
  test('a newcomer counts as the least used: it takes turns, it is not flooded until it is even', () => {
    let uses = used({ 1: use(100), 2: use(101) });
    const taken: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const [id = 0] = homeIds('LEAST_FREQUENTLY_USED', { uses });
      taken.push(id);
      uses = new Map(uses).set(
        at(id),
        use(
          usesAfter(
            at(id),
            live.map((each) => each.address),
            uses,
          ),
        ),
      );
    }
    expect(taken.filter((id) => id === 3).length).toBeLessThanOrEqual(3);
    expect(new Set(taken)).toEqual(new Set([1, 3, 2]));
  });
});

test('LEAST_RECENTLY_USED: whoever was chosen longest ago; a newcomer first', () => {
  const use = (lastUsedAt: number): RouteUse => ({ uses: 1, lastUsedAt });
  expect(homeIds('LEAST_RECENTLY_USED', { uses: used({ 1: use(30), 2: use(10), 3: use(20) }) })).toEqual([2]);
  expect(homeIds('LEAST_RECENTLY_USED', { uses: used({ 1: use(30), 2: use(10) }) })).toEqual([3]);
});

describe('routes that ask', () => {
  test('FAILOVER has all asked, then takes the first in order that answers', () => {
    expect(choose('FAILOVER')).toEqual({ kind: 'ask', question: 'beat', addresses: [at(1), at(2), at(3)] });
    const answers = new Map([
      [at(1), 'silent'],
      [at(2), 'yes'],
      [at(3), 'yes'],
    ] as const);
    expect(homeIds('FAILOVER', { answers })).toEqual([2]);
  });
  test('BUSYOVER takes the first in order that is idle', () => {
    expect(choose('BUSYOVER')).toMatchObject({ kind: 'ask', question: 'idleBeat' });
    const answers = new Map([
      [at(1), 'no'],
      [at(2), 'yes'],
    ] as const);
    expect(homeIds('BUSYOVER', { answers })).toEqual([2]);
  });
  test('with all busy nobody is chosen, and it says how many are', () => {
    const answers = new Map([
      [at(1), 'no'],
      [at(2), 'no'],
      [at(3), 'silent'],
    ] as const);
    const reason = 'no executor is free: 2 are busy with the job, 1 does not answer';
    expect(choose('BUSYOVER', { answers })).toEqual({ kind: 'nobody', reason });
  });
});

describe('SHARDING_BROADCAST', () => {
  test('one shard per executor; the index is the place in the sorted list', () => {
    expect(homeIds('SHARDING_BROADCAST')).toEqual([1, 2, 3]);
  });
  test('a total of its own is dealt out in turn, to fewer or more executors than shards', () => {
    expect(homeIds('SHARDING_BROADCAST', {}, 7)).toEqual([1, 2, 3, 1, 2, 3, 1]);
    expect(homeIds('SHARDING_BROADCAST', {}, 2)).toEqual([1, 2]);
  });
  test('it is for all of them, also for one that went wrong a moment ago', () => {
    expect(homeIds('SHARDING_BROADCAST', { avoided: new Set([at(2)]) })).toEqual([1, 2, 3]);
  });
});

test('one that went wrong a moment ago is passed over while there are others', () => {
  expect(homeIds('FIRST', { avoided: new Set([at(1)]) })).toEqual([2]);
  expect(homeIds('FIRST', { avoided: new Set([at(1), at(2), at(3)]) })).toEqual([1]);
});

test('an executor has to carry all the labels that are asked for, with their values', () => {
  const labelled = [
    executor(1, { labels: { region: 'north', disk: 'ssd' } }),
    executor(2, { labels: { region: 'north' } }),
    executor(3, { labels: { region: 'south', disk: 'ssd' } }),
  ];
  const ids = (wanted: Record<string, string>) => withLabels(labelled, wanted).map((each) => each.id);
  expect(ids({})).toEqual([1, 2, 3]);
  expect(ids({ region: 'north' })).toEqual([1, 2]);
  expect(ids({ region: 'north', disk: 'ssd' })).toEqual([1]);
  expect(ids({ gpu: '' })).toEqual([]);
});
