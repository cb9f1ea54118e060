import { afterEach, describe, expect, test } from 'vitest';
import type { JobDefinition, Route } from '../../scheduler/definition/job-definition.ts';
import { createAskingPatience } from '../../scheduler/dispatch/asking-patience.ts';
import { letWaitingRunsGo } from '../../scheduler/dispatch/let-waiting-runs-go.ts';
import { setGroupLimit } from '../../scheduler/dispatch/set-group-limit.ts';
import { recordHeartbeat } from '../../scheduler/registry/record-heartbeat.ts';
import { routeConsistentHash } from '../../scheduler/routing/route-consistent-hash.ts';
import { askForeignPeers, type PeerNotes } from '../../scheduler/run/ask-foreign-peers.ts';
import { rescueLostAttempts } from '../../scheduler/run/rescue-lost-attempts.ts';
import { listAlarms } from '../../scheduler/storage/sql/alarm-queries.ts';
import { liveExecutors } from '../../scheduler/storage/sql/live-executor-queries.ts';
import { listOperatorActions } from '../../scheduler/storage/sql/operator-action-queries.ts';
import { createFakeRuntime, type FakeRuntime } from '../support/fake-runtime.ts';
import { type GivenRouting, givenRouting, portOf } from '../support/given-routing.ts';
import { silentClient } from '../support/given-scheduler-context.ts';

type Answers = { idle: Map<number, 'idle' | 'busy' | 'unclear'>; dead: Set<number>; asked: number };
const PORTS = [9001, 9002, 9003];

let runtime: FakeRuntime;
let answers: Answers;
let given: GivenRouting;
async function setUp(jobs: (Partial<JobDefinition> & { id: number; name: string })[], ports = PORTS): Promise<void> {
  runtime = createFakeRuntime();
  answers = { idle: new Map(), dead: new Set(), asked: 0 };
  const port = (address: string) => Number(new URL(address).port);
  given = await givenRouting({
    runtime,
    jobs,
    client: {
      ...silentClient,
      beat: async (address) => !answers.dead.has(port(address)),
      async idleBeat(address) {
        answers.asked += 1;
        return answers.idle.get(port(address)) ?? 'idle';
      },
    },
  });
  for (const each of ports) await given.executor(each);
}
afterEach(() => given.store.close());

/** Fires so often, each run done before the next; the ports that were chosen. */
async function portsOf(job: string, times: number): Promise<number[]> {
  const ports: number[] = [];
  for (let time = 0; time < times; time++) {
    await given.fire(job);
    for (const one of await given.dispatch()) {
      ports.push(portOf(one));
      await given.report(one);
    }
    await runtime.advance(1);
  }
  return ports;
}

describe('routes, with their memory in the store', () => {
  test.each<[Route, number[]]>([
    ['FIRST', [9001, 9001, 9001, 9001]],
    ['LAST', [9003, 9003, 9003, 9003]],
    ['ROUND', [9001, 9002, 9003, 9001]],
    ['LEAST_FREQUENTLY_USED', [9001, 9002, 9003, 9001]],
    ['LEAST_RECENTLY_USED', [9001, 9002, 9003, 9001]],
    ['FAILOVER', [9001, 9001, 9001, 9001]],
    ['BUSYOVER', [9001, 9001, 9001, 9001]],
    ['SHARDING_BROADCAST', [9001, 9002, 9003, 9001, 9002, 9003, 9001, 9002, 9003, 9001, 9002, 9003]],
  ])('%s', async (route, expected) => {
    await setUp([{ id: 1, name: 'work', route }]);
    expect(await portsOf('work', 4)).toEqual(expected);
  });

  test('two schedulers that choose at the same instant never choose the same for LEAST_RECENTLY_USED', async () => {
    await setUp([{ id: 1, name: 'work', route: 'LEAST_RECENTLY_USED', block: 'PARALLEL' }]);
    const other = given.beside();
    // All in one millisecond: the store's clock alone would not tell them apart.
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all([given.fire('work'), other.fire('work'), given.fire('work')]);
      expect((await given.dispatch()).map(portOf).sort()).toEqual(PORTS);
    }
  });

  test('FAILOVER passes over those that do not answer; with none the run waits and they are asked again', async () => {
    await setUp([{ id: 1, name: 'work', route: 'FAILOVER' }]);
    answers.dead = new Set([9001, 9002]);
    const first = await given.fire('work');
    const [one] = await given.dispatch();
    expect([one?.request.runId, portOf(one as NonNullable<typeof one>)]).toEqual([first, 9003]);
    await given.report(one as NonNullable<typeof one>);
    answers.dead = new Set(PORTS);
    const second = await given.fire('work');
    expect(await given.dispatch()).toEqual([]);
    expect(await given.run(second)).toMatchObject({
      state: 'waiting',
      reason: 'no executor answers when it is asked (group "orders"); they are asked again',
    });
    answers.dead = new Set();
    await runtime.advance(1_000);
    expect((await given.dispatch()).map(portOf)).toEqual([9001]);
  });

  test('BUSYOVER: with all busy the run waits and says so, is asked about with growing pauses, and goes when one is free', async () => {
    await setUp([{ id: 1, name: 'work', route: 'BUSYOVER', block: 'PARALLEL' }]);
    answers.idle = new Map(PORTS.map((port) => [port, 'busy']));
    const runId = await given.fire('work');
    await given.dispatch();
    expect(await given.waits(runId)).toBe('waiting for executors');
    expect((await given.run(runId)).reason).toBe(
      'no executor is free: 3 are busy with the job (group "orders"); they are asked again',
    );
    expect(answers.asked).toBe(3);
    await given.dispatch();
    await runtime.advance(999);
    await given.dispatch();
    expect(answers.asked).toBe(3);
    await runtime.advance(1);
    await given.dispatch();
    expect(answers.asked).toBe(6);
    answers.idle.set(9002, 'idle');
    await runtime.advance(2_000);
    expect((await given.dispatch()).map(portOf)).toEqual([9002]);
    expect((await given.run(runId)).reason).toBeNull();
  });

  test('an address counts for the hash as it was registered, with or without a slash at its end', async () => {
    await setUp([{ id: 1, name: 'work', route: 'CONSISTENT_HASH' }]);
    const registered = (registryValue: string) =>
      recordHeartbeat(given.ctx, {
        registryGroup: 'EXECUTOR',
        registryKey: 'orders',
        registryValue,
        incarnation: 'first',
      });
    await registered('http://127.0.0.1:9002');
    const live = await given.store.read('live', (db) => liveExecutors(db, 'orders'));
    expect(live.map((each) => each.registeredAs)).toEqual([
      'http://127.0.0.1:9001/',
      'http://127.0.0.1:9002',
      'http://127.0.0.1:9003/',
    ]);
    const expected = routeConsistentHash(live, 1);
    expect((await portsOf('work', 2)).map((port) => `http://127.0.0.1:${port}/`)).toEqual([
      expected?.address,
      expected?.address,
    ]);
  });

  test('labels: only executors that carry all of them; with none the run says which', async () => {
    await setUp([{ id: 1, name: 'work', route: 'SHARDING_BROADCAST', labels: { region: 'north' } }]);
    const runId = await given.fire('work');
    expect((await given.run(runId)).reason).toBe('no executor of group "orders" with labels region=north is alive');
    await given.executor(9002, { labels: { region: 'north', disk: 'ssd' } });
    await given.executor(9003, { labels: { region: 'south' } });
    expect((await given.dispatch()).map(portOf)).toEqual([9002]);
  });
});

describe('shards of a number of their own', () => {
  const job = { id: 1, name: 'work', route: 'SHARDING_BROADCAST', shardTotal: 40 } as const;
  test('they are dealt out evenly, some at a time; an executor that joins takes what nobody has begun', async () => {
    await setUp([{ ...job, paramByShard: { '7': 'north' }, param: 'the rest' }], [9001, 9002]);
    const runId = await given.fire('work');
    const first = await given.dispatch();
    expect(first.map((one) => one.request.broadcastTotal)).toEqual(first.map(() => 40));
    expect(Map.groupBy(first, portOf).get(9001)).toHaveLength(16);
    expect(Map.groupBy(first, portOf).get(9002)).toHaveLength(16);
    expect(first.find((one) => one.request.broadcastIndex === 7)?.request.executorParams).toBe('north');
    expect(first.find((one) => one.request.broadcastIndex === 8)?.request.executorParams).toBe('the rest');
    await given.executor(9003);
    const joined = await given.dispatch();
    expect(joined.map(portOf)).toEqual(Array(8).fill(9003));
    expect(await given.dispatch()).toEqual([]);
    const indexes = [...first, ...joined].map((one) => one.request.broadcastIndex).sort((a = 0, b = 0) => a - b);
    expect(indexes).toEqual(Array.from({ length: 40 }, (_, index) => index));
    for (const one of [...first, ...joined]) await given.report(one);
    expect(await given.run(runId)).toMatchObject({ state: 'succeeded', shardTotal: 40 });
  });

  test('peers of another make, that have one queue per job, work them one at a time; the run ends all the same', async () => {
    await setUp([{ ...job, shardTotal: 7, block: 'DISCARD_LATER' }], []);
    await given.executor(9001, { peer: true });
    await given.executor(9002, { peer: true });
    const runId = await given.fire('work');
    let atOnce = 0;
    for (let sent = await given.dispatch(); sent.length > 0; sent = await given.dispatch()) {
      atOnce = Math.max(atOnce, ...[...Map.groupBy(sent, portOf).values()].map((each) => each.length));
      expect(sent.map((one) => one.request.executorBlockStrategy)).toEqual(sent.map(() => 'DISCARD_LATER'));
      for (const one of sent) await given.report(one);
    }
    expect(atOnce).toBe(1);
    expect((await given.run(runId)).state).toBe('succeeded');
  });
});

describe('the limit of a group, and priorities', () => {
  const jobs = [1, 5, 9].map((priority) => ({
    id: priority,
    name: `p${priority}`,
    priority,
    block: 'PARALLEL' as const,
  }));
  test('so many runs go at once; who waits goes by priority, then by age', async () => {
    await setUp([...jobs, { id: 20, name: 'elsewhere', group: 'others' }]);
    await setGroupLimit(given.ctx, { group: 'orders', runLimit: 2, by: 'anna', reason: 'the database is slow' });
    const [late, middle, urgent, second] = [
      await given.fire('p9'),
      await given.fire('p5'),
      await given.fire('p1'),
      await given.fire('p1'),
    ];
    const sent = await given.dispatch();
    expect(sent.map((one) => one.request.runId).sort()).toEqual([urgent, second].sort());
    expect(await given.run(middle)).toMatchObject({ reason: 'group "orders" has reached its limit of 2 runs at once' });
    // Another group is not held back.
    expect(await given.waits(await given.fire('elsewhere'))).toBe('waiting for executors');
    for (const one of sent.slice(0, 1)) await given.report(one);
    const next = await given.dispatch();
    expect(next.map((one) => one.request.runId)).toEqual([middle]);
    for (const one of next) await given.report(one);
    expect((await given.dispatch()).map((one) => one.request.runId)).toEqual([late]);
    const [action] = await given.store.read('actions', (db) => listOperatorActions(db, 1));
    expect(action).toMatchObject({
      who: 'anna',
      verb: 'set-group-limit',
      subjectId: 'orders',
      detail: '{"runLimit":2}',
    });
  });

  test('two schedulers never let more go than the limit', async () => {
    await setUp(jobs);
    await setGroupLimit(given.ctx, { group: 'orders', runLimit: 3, by: 'anna' });
    for (let time = 0; time < 12; time++) await given.fire('p5');
    const other = given.beside();
    let done = 0;
    while (done < 12) {
      const sent = (await Promise.all([given.dispatch(), other.dispatch()])).flat();
      expect(sent.length).toBeGreaterThan(0);
      expect(sent.length).toBeLessThanOrEqual(3);
      for (const one of sent) await given.report(one);
      done += sent.length;
    }
  });

  test('a limit that is none is refused', async () => {
    await setUp(jobs);
    await expect(setGroupLimit(given.ctx, { group: 'orders', runLimit: -1, by: 'anna' })).rejects.toThrow(
      /runLimit is -1/,
    );
  });

  test('a run that cannot go holds back nobody else, and what it says is written once', async () => {
    await setUp([...jobs, { id: 30, name: 'labelled', priority: 1, labels: { gpu: 'yes' } }]);
    const stuck = await given.fire('labelled');
    const free = await given.fire('p9');
    expect((await given.dispatch()).map((one) => one.request.runId)).toEqual([free]);
    let written = 0;
    const { transaction } = given.store;
    const counting = {
      ...given.ctx,
      store: {
        ...given.store,
        transaction: (...args: Parameters<typeof transaction>) => {
          written += 1;
          return transaction(...args);
        },
      },
    } as typeof given.ctx;
    await letWaitingRunsGo(counting, createAskingPatience(runtime.clock));
    expect(written).toBe(0);
    expect(await given.waits(stuck)).toBe('waiting for executors');
  });
});

describe('an executor is lost', () => {
  const alarms = () => given.store.read('alarms', (db) => listAlarms(db, { limit: 10 }));
  test('a plain job ends as LOST: nobody says that it failed, and people hear of it', async () => {
    await setUp([{ id: 1, name: 'work' }]);
    const runId = await given.fire('work');
    const [one] = await given.dispatch();
    await given.executor(9001, { incarnation: 'second' });
    await rescueLostAttempts(given.ctx);
    const reason = 'LOST: executor http://127.0.0.1:9001/ was started anew; how far it came is not known';
    expect(await given.run(runId)).toMatchObject({ state: 'failed', reason: `shard 0 failed: ${reason}` });
    expect(await given.report(one as NonNullable<typeof one>)).toBe('stale');
    const [lost] = (await alarms()).filter((alarm) => alarm.kind === 'RUN_LOST');
    expect(lost).toMatchObject({ severity: 'critical', subjectId: String(runId), closedAt: null });
  });

  test('a sliced job goes on elsewhere from an executor of ours, but not from a peer of another make', async () => {
    await setUp([{ id: 1, name: 'work', sliced: true }]);
    const ours = await given.fire('work');
    await given.dispatch();
    await given.executor(9001, { incarnation: 'second' });
    await rescueLostAttempts(given.ctx);
    expect((await given.dispatch()).map((one) => [one.request.runId, one.request.attempt])).toEqual([[ours, 2]]);
  });

  test('a peer that says again and again that it has nothing of the job has lost it', async () => {
    await setUp([{ id: 1, name: 'work', sliced: true }], []);
    await given.executor(9001, { peer: true });
    const runId = await given.fire('work');
    const [one] = await given.dispatch();
    await given.store.transaction('accepted', async (tx) => {
      await tx.run(`update s_attempt set state = 'running', accepted_at = ?`, [tx.nowMs]);
      await tx.run(`update s_shard set state = 'running'`);
    });
    const notes: PeerNotes = new Map();
    const look = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 10) {
        await runtime.advance(10_000);
        await askForeignPeers(given.ctx, notes);
      }
    };
    answers.idle.set(9001, 'idle');
    await look(80);
    expect(answers.asked).toBe(0);
    await look(80);
    // Busy once, and the patience begins anew.
    answers.idle.set(9001, 'busy');
    await look(10);
    answers.idle.set(9001, 'idle');
    await look(90);
    expect((await given.run(runId)).state).toBe('running');
    await look(10);
    expect(await given.run(runId)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/LOST: executor http:.* has nothing of the job any more, and no result has come/),
    });
    expect(await given.report(one as NonNullable<typeof one>)).toBe('stale');
  });
});
