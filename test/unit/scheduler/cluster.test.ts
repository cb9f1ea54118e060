import { describe, expect, onTestFinished, test } from 'vitest';
import { createClockwork, nodeCronTicker, type Ticker } from '../../../scheduler/clockwork.ts';
import { claimCluster } from '../../../scheduler/cluster/claim-cluster.ts';
import { oneNodeTicks } from '../../../scheduler/cluster/one-node-ticks.ts';
import { planAlone } from '../../../scheduler/cluster/plan-lock.ts';
import { deleteAlone } from '../../../scheduler/cluster/retention-lock.ts';
import { beatSchedulerNode, leaveCluster } from '../../../scheduler/cluster/scheduler-node.ts';
import { tellOthers } from '../../../scheduler/cluster/tell-others.ts';
import { tokenPrint } from '../../../scheduler/cluster/token-print.ts';
import { planFires } from '../../../scheduler/firing/plan-fires.ts';
import { schedulerNodes, schedulersAlive } from '../../../scheduler/storage/sql/scheduler-node-queries.ts';
import { silentLogger as logger } from '../../../shared/logger.ts';
import { type Hints, NO_HINTS } from '../../../shared/redis/hints.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { cron, givenFiring, timedJob } from '../../support/given-firing.ts';
import { givenContext } from '../../support/given-scheduler-context.ts';
import { givenLocks, STOLEN_LOCKS } from '../../support/lying-hints.ts';

const LOCKS: [string, () => Hints][] = [
  ['locks that hold', givenLocks],
  ['locks that everybody gets', () => STOLEN_LOCKS],
  ['no Redis', () => NO_HINTS],
];
const START = '2026-11-20T01:00:00.000Z';
const token = (word: string): string => `${word}-access-token-`.padEnd(40, '0123456789');
const [FIRST, SECOND, THIRD] = [token('first'), token('second'), token('third')] as const;
const claim = (name: string | null, accessToken: string = FIRST, previousAccessToken: string | null = null) => ({
  ...{ name, accessToken, previousAccessToken },
});

describe('soft locks spare work and decide nothing', () => {
  test.for(LOCKS)('planning of fires, with %s: each instant has one fire', async ([, locks]) => {
    const given = await givenFiring(START);
    const other = givenContext(given.store, {}, { runtime: given.ctx.runtime });
    await given.define(
      Array.from({ length: 30 }, (_, i) => timedJob(i + 1, `job-${i}`, { schedule: cron('* * * * * ?') })),
    );
    given.setClock('2026-11-20T01:00:05.000Z');
    const hints = locks();
    await Promise.all([given.ctx, other, given.ctx].map((ctx) => planAlone(hints, () => planFires(ctx))));
    const [row] = await given.rows<{ fires: number; instants: number }>(
      `select count(*) as fires, count(distinct job_id || ' ' || planned_at) as instants from s_fire`,
    );
    expect(row?.fires).toBe(row?.instants);
    expect(row?.fires).toBe(30 * 7);
  });

  test('who does not get the planning lock looks again soon, and does not plan', async () => {
    const hints = givenLocks();
    await hints.lock('plan-fires', 1_000);
    let planned = 0;
    const plan = async () => {
      planned += 1;
      return {};
    };
    expect((await planAlone(hints, plan)).wakeInMs).toBeLessThanOrEqual(1_000);
    expect(planned).toBe(0);
  });

  test('retention: one deletes; with the lock stolen both do, and a lock is given back when the pass fails', async () => {
    const hints = givenLocks();
    let passes = 0;
    const pass = async () => {
      passes += 1;
      if (passes === 1) throw new Error('the store is away');
      return {};
    };
    await expect(deleteAlone(hints, pass)).rejects.toThrow('away');
    await Promise.all([deleteAlone(hints, pass), deleteAlone(hints, pass)]);
    expect(passes).toBe(2);
    await Promise.all([deleteAlone(STOLEN_LOCKS, pass), deleteAlone(STOLEN_LOCKS, pass)]);
    expect(passes).toBe(4);
  });

  test('one-node ticks: of two nodes one is told yes for a second, and for the next one again one', async () => {
    const [one, two] = [givenLocks(), oneNodeTicks(STOLEN_LOCKS)];
    const coordinator = oneNodeTicks(one);
    const asked = async (slot: string) => [
      await coordinator.shouldRun(slot, 5_000),
      await coordinator.shouldRun(slot, 5_000),
    ];
    expect(await asked('warn:01')).toEqual([true, false]);
    expect(await asked('warn:02')).toEqual([true, false]);
    expect([await two.shouldRun('warn:01', 1), await two.shouldRun('warn:01', 1)]).toEqual([true, true]);
    expect(await oneNodeTicks(NO_HINTS).shouldRun('warn:01', 1)).toBe(true);
  });

  test('only bodies for which one node is enough are asked about', () => {
    const asked: [string, boolean][] = [];
    const ticker: Ticker = ({ name, coordinator }) => {
      asked.push([name, coordinator !== undefined]);
      return { stop: async () => undefined };
    };
    const run = async () => ({});
    const clockwork = createClockwork({
      bodies: [
        { name: 'watch-calendars', cron: '0 * * * * *', oneNode: true, run },
        { name: 'fire-due-jobs', cron: '* * * * * *', run },
      ],
      runtime: createFakeRuntime(),
      logger,
      ticker,
      coordinator: oneNodeTicks(NO_HINTS),
      onFailure: () => undefined,
    });
    clockwork.start();
    onTestFinished(() => clockwork.stop());
    expect(asked).toEqual([
      ['watch-calendars', true],
      ['fire-due-jobs', false],
    ]);
  });

  test('node-cron leaves a tick to the node that was elected', async () => {
    const { promise: ticked, resolve: tick } = Promise.withResolvers<string>();
    const slots: string[] = [];
    const coordinator = (answer: boolean) => ({
      shouldRun: (slot: string) => {
        slots.push(slot);
        return answer;
      },
    });
    const spec = { cron: '* * * * * *', logger };
    let refused = 0;
    const never = nodeCronTicker({
      ...spec,
      name: 'never',
      tick: () => {
        refused += 1;
      },
      coordinator: coordinator(false),
    });
    const elected = nodeCronTicker({
      ...spec,
      name: 'elected',
      tick: () => tick('ticked'),
      coordinator: coordinator(true),
    });
    expect(await ticked).toBe('ticked');
    await Promise.all([never.stop(), elected.stop()]);
    expect(refused).toBe(0);
    expect(slots.some((slot) => slot.startsWith('elected:'))).toBe(true);
  });
});

describe('what schedulers tell each other', () => {
  function given() {
    const runtime = createFakeRuntime();
    const said: [string, string][] = [];
    const hears = new Map<string, (body: string) => void>();
    const hints: Hints = {
      ...NO_HINTS,
      publish: (topic, body = '') => void said.push([topic, body]),
      subscribe(topic, listener) {
        hears.set(topic, listener);
        return () => hears.delete(topic);
      },
    };
    const woken: string[] = [];
    const changed: (number | null)[] = [];
    const others = tellOthers({
      hints,
      runtime,
      logger,
      incarnation: 'me',
      wakeHere: (body) => void woken.push(body),
      chainRunChangedHere: (id) => void changed.push(id),
    });
    onTestFinished(() => others.stop());
    return {
      runtime,
      said,
      hear: (topic: string, body: string) => hears.get(topic)?.(body),
      woken,
      changed,
      others,
      hears,
    };
  }

  test('a hundred commits are one word at once and one more 20 ms later', async () => {
    const { runtime, said, others } = given();
    for (let n = 0; n < 100; n++) others.wake('fire-due-jobs');
    expect(said).toEqual([['scheduler:fire-due-jobs', 'me']]);
    await runtime.advance(20);
    expect(said).toHaveLength(2);
    await runtime.advance(1_000);
    expect(said).toHaveLength(2);
  });

  test('what others say wakes a body, at most once in 20 ms; what this one said itself does not', async () => {
    const { runtime, woken, hear } = given();
    hear('scheduler:send-kills', 'me');
    expect(woken).toEqual([]);
    for (let n = 0; n < 50; n++) hear('scheduler:send-kills', 'another');
    expect(woken).toEqual(['send-kills']);
    await runtime.advance(20);
    expect(woken).toHaveLength(2);
  });

  test('chain runs are named, each once; after a lost connection nobody knows which have changed', async () => {
    const { runtime, said, hear, changed, others } = given();
    for (const id of [7, 8, 7]) others.chainRunChanged(id);
    await runtime.advance(20);
    expect(said.map(([, body]) => body).sort()).toEqual(['me 7', 'me 7', 'me 8']);
    for (const body of ['another 9', 'me 10', '']) hear('scheduler:chain-run', body);
    expect(changed).toEqual([9, null]);
  });

  test('once stopped it neither tells nor hears', () => {
    const { said, others, hears } = given();
    others.stop();
    others.wake('fire-due-jobs');
    expect(said).toEqual([]);
    expect(hears.size).toBe(0);
  });
});

describe('the nodes of a cluster', () => {
  const node = (incarnation: string, more = {}) => ({
    incarnation,
    name: `node ${incarnation}`,
    url: `http://${incarnation}/`,
    version: '1',
    tzVersion: '2026a',
    ...more,
  });
  const names = (nodes: readonly { readonly incarnation: string }[]) => nodes.map(({ incarnation }) => incarnation);

  test('a node is alive for a lease after its last beat, known for a while longer, then gone; one that leaves is gone at once', async () => {
    const { ctx, store, setClock } = await givenFiring(START);
    await beatSchedulerNode(ctx, node('a'));
    await beatSchedulerNode(ctx, node('b'));
    expect(names(await store.read('alive', schedulersAlive))).toEqual(['a', 'b']);
    await leaveCluster(ctx, node('b'));
    expect(names(await store.read('all', schedulerNodes))).toEqual(['a']);
    setClock('2026-11-20T01:00:30.000Z');
    expect(await store.read('alive', schedulersAlive)).toEqual([]);
    expect(names(await store.read('all', schedulerNodes))).toEqual(['a']);
    setClock('2026-11-20T01:20:00.000Z');
    await beatSchedulerNode(ctx, node('c'));
    expect(names(await store.read('all', schedulerNodes))).toEqual(['c']);
  });

  test('two time-zone databases are an alarm, once, and it is closed when they agree', async () => {
    const { ctx, rows, setClock } = await givenFiring(START);
    const open = () => rows(`select message from s_alarm where kind = 'TZ_DIFFERS' and closed_at is null`);
    await beatSchedulerNode(ctx, node('a'));
    expect(await open()).toEqual([]);
    await beatSchedulerNode(ctx, node('b', { tzVersion: '2026b' }));
    await beatSchedulerNode(ctx, node('a'));
    expect(await open()).toEqual([{ message: expect.stringContaining('node a has 2026a, node b has 2026b') }]);
    setClock('2026-11-20T01:00:31.000Z');
    await beatSchedulerNode(ctx, node('b', { tzVersion: '2026b' }));
    expect(await open()).toEqual([]);
  });

  test('a store belongs to the first cluster that is named, and refuses another one with the way out', async () => {
    const { ctx } = await givenFiring(START);
    await claimCluster(ctx, claim(null));
    await claimCluster(ctx, claim('north'));
    await claimCluster(ctx, claim('north'));
    await claimCluster(ctx, claim(null));
    await expect(claimCluster(ctx, claim('south'))).rejects.toThrow(
      /belongs to the cluster "north", and this scheduler is of "south"/,
    );
  });

  test('a scheduler with another token is refused, and a token is changed by who shows the one before', async () => {
    const { ctx, rows } = await givenFiring(START);
    const start = (token: string, previous: string | null = null) => claimCluster(ctx, claim('north', token, previous));
    await start(FIRST);
    await start(FIRST);
    const refusal = await start(SECOND).catch((error: Error) => error.message);
    const prints = [tokenPrint('north', FIRST), tokenPrint('north', SECOND)] as const;
    expect(refusal).toContain(`fingerprint ${prints[0]}, and this one's has ${prints[1]}: start it with theirs`);
    expect(refusal).not.toMatch(new RegExp(`${FIRST}|${SECOND}`));
    // Node by node: one that has not heard of the change may still be started, until the change is over.
    await start(SECOND, FIRST);
    await start(FIRST);
    await start(SECOND, FIRST);
    await expect(start(THIRD)).rejects.toThrow('is lost, stop all schedulers');
    await start(SECOND);
    await expect(start(FIRST)).rejects.toThrow('start it with theirs');
    expect(await rows('select name, token_print as token, previous_token_print as previous from s_cluster')).toEqual([
      { name: 'north', token: prints[1], previous: null },
    ]);
    await ctx.store.transaction('as the message says', (tx) => tx.run('update s_cluster set token_print = null'));
    await start(THIRD);
    await expect(start(SECOND)).rejects.toThrow('start it with theirs');
  });

  test('a print tells two tokens apart, is not one token in two clusters, and holds nothing of it', () => {
    expect(tokenPrint('north', FIRST)).toMatch(/^[0-9a-f]{12}$/);
    expect(tokenPrint('north', FIRST)).not.toBe(tokenPrint('south', FIRST));
  });
});
