import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateBucket } from '../../../../executor/downstream/rate-bucket.ts';
import { RateShares } from '../../../../executor/downstream/rate-shares.ts';
import { rateShares } from '../../../../executor/storage/migrations/0006-rate-shares.ts';
import { CommitUnknownError } from '../../../../shared/errors.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import type { Hints } from '../../../../shared/redis/hints.ts';
import type { Runtime } from '../../../../shared/runtime/runtime.ts';
import { migrate } from '../../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../../shared/sql/sql.ts';
import { ClusterHints } from '../../../support/cluster-hints.ts';
import { createFakeRuntime, type FakeRuntime } from '../../../support/fake-runtime.ts';

const DOWNSTREAM = 1;

/** Processes that share one store and one downstream, under one clock; each may be frozen, killed or cut off. */
class Cluster {
  readonly runtime: FakeRuntime;
  readonly store: SqlStore;
  readonly redis: ClusterHints;
  readonly sends: { atMs: number; process: number }[] = [];
  readonly limit: number;
  readonly processes: Process[] = [];

  private constructor(runtime: FakeRuntime, store: SqlStore, limit: number) {
    this.runtime = runtime;
    this.store = store;
    this.limit = limit;
    this.redis = new ClusterHints(runtime);
  }

  static async open(limit: number, seed = 1): Promise<Cluster> {
    const runtime = createFakeRuntime({ seed });
    const store = await openSqlStore('sqlite::memory:', { runtime, logger: silentLogger });
    await migrate(store, [rateShares], { logger: silentLogger, component: 'executor' });
    return new Cluster(runtime, store, limit);
  }

  async join(): Promise<Process> {
    const process = new Process(this, this.processes.length);
    this.processes.push(process);
    void process.shares.start().catch(() => undefined);
    return process;
  }

  /** The most sends of all processes in any window of one second, both ends included. */
  busiestSecond(): number {
    const instants = this.sends.map(({ atMs }) => atMs).sort((a, b) => a - b);
    let [from, most] = [0, 0];
    instants.forEach((atMs, index) => {
      while (atMs - (instants[from] ?? 0) > 1_000) from += 1;
      most = Math.max(most, index - from + 1);
    });
    return most;
  }

  sentBy(process: number, fromMs = 0): number {
    return this.sends.filter((send) => send.process === process && send.atMs >= fromMs).length;
  }

  async close(): Promise<void> {
    for (const process of this.processes) process.die();
    await this.runtime.advance(100);
    await this.store.close();
  }
}

class Process {
  readonly shares: RateShares;
  /** How many ask for the rate at the same time. */
  workers = 0;
  storeFails: 'no' | 'before' | 'after' = 'no';
  /** How long the answer to a transaction is on its way. */
  answerMs = 0;
  #frozen: { until: Promise<void>; thaw: () => void } | null = null;
  #dead = false;
  readonly #cluster: Cluster;
  readonly #no: number;

  constructor(cluster: Cluster, no: number) {
    this.#cluster = cluster;
    this.#no = no;
    this.shares = new RateShares({
      store: this.#store(),
      hints: this.#hints(),
      runtime: this.#runtime(),
      logger: silentLogger,
      downstreamId: DOWNSTREAM,
      maxRequestsPerSecond: cluster.limit,
    });
  }

  /** From now on so many ask again and again. */
  want(workers: number): void {
    const before = this.workers;
    this.workers = workers;
    for (let no = before; no < workers; no += 1) void this.#work(no);
  }

  freeze(): void {
    if (this.#frozen !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#frozen = { until: promise, thaw: resolve };
  }

  thaw(): void {
    const frozen = this.#frozen;
    this.#frozen = null;
    frozen?.thaw();
  }

  die(): void {
    this.workers = 0;
    this.#dead = true;
    this.freeze();
  }

  async #work(no: number): Promise<void> {
    while (no < this.workers && !this.#dead) {
      await this.shares.bucket.take();
      if (this.#dead) return;
      this.#cluster.sends.push({ atMs: this.#cluster.runtime.clock.monotonicMs(), process: this.#no });
    }
  }

  async #awake(): Promise<void> {
    while (this.#frozen !== null) await this.#frozen.until;
  }

  /** Its monotonic clock begins somewhere else, and it does nothing while it is frozen. */
  #runtime(): Runtime {
    const { runtime } = this.#cluster;
    return {
      ...runtime,
      clock: {
        wallMs: () => runtime.clock.wallMs() + 977 * this.#no,
        monotonicMs: () => runtime.clock.monotonicMs() + 1_000_003 * this.#no,
      },
      sleep: async (ms, signal) => {
        await runtime.sleep(ms, signal);
        await this.#awake();
      },
    };
  }

  #store(): SqlStore {
    const { store, runtime } = this.#cluster;
    const way = async (): Promise<void> => {
      await runtime.sleep(runtime.random.integer(20));
      await this.#awake();
    };
    return {
      ...store,
      transaction: async (name, body, options) => {
        await way();
        if (this.storeFails === 'before') throw new Error('the store is away');
        const done = await store.transaction(name, body, options);
        await way();
        if (this.answerMs > 0) await runtime.sleep(this.answerMs);
        if (this.storeFails === 'after') throw new CommitUnknownError('the answer was lost');
        return done;
      },
    };
  }

  #hints(): Hints {
    const hints = this.#cluster.redis.hints();
    return {
      ...hints,
      takeTokens: async (bucket, count) => {
        const taken = await hints.takeTokens(bucket, count);
        await this.#awake();
        return taken;
      },
      subscribe: (topic, hear) => hints.subscribe(topic, (body) => void this.#awake().then(() => hear(body))),
    };
  }
}

const ACTIONS = [
  'want',
  'rest',
  'freeze',
  'thaw',
  'die',
  'join',
  'flush',
  'lose',
  'slow',
  'fail',
  'unknown',
  'mend',
  'hold',
  'stop',
] as const;

const step = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 300, max: 4_500 })),
  who: fc.nat(),
  action: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('want', 'rest', 'freeze', 'thaw') },
    { weight: 1, arbitrary: fc.constantFrom(...ACTIONS) },
  ),
  many: fc.integer({ min: 1, max: 40 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function play(cluster: Cluster, steps: readonly Step[]): Promise<void> {
  for (let n = 0; n < 3; n++) await cluster.join();
  for (const { afterMs, who, action, many } of steps) {
    await cluster.runtime.advance(afterMs);
    const process = cluster.processes[who % cluster.processes.length] as Process;
    if (action === 'want') process.want(many);
    if (action === 'rest') process.want(0);
    if (action === 'freeze') process.freeze();
    if (action === 'thaw') process.thaw();
    if (action === 'die') process.die();
    if (action === 'join' && cluster.processes.length < 6) (await cluster.join()).want(many);
    if (action === 'flush') cluster.redis.flush();
    if (action === 'lose') cluster.redis.lossRate = 0.5;
    if (action === 'slow') cluster.redis.latencyMs = 700;
    if (action === 'fail') process.storeFails = 'before';
    if (action === 'unknown') process.storeFails = 'after';
    if (action === 'stop') void process.shares.stop();
    if (action === 'hold') process.shares.bucket.holdFor(many * 20);
    if (action === 'mend') {
      process.storeFails = 'no';
      process.thaw();
      Object.assign(cluster.redis, { lossRate: 0, latencyMs: 0 });
    }
  }
  await cluster.runtime.advance(6_000);
}

describe('shares of a rate', () => {
  test('no window of one second has more sends than the limit, all processes together, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 2, 3, 5, 10, 17, 40, 100),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.array(step, { minLength: 3, maxLength: 14 }),
        async (limit, seed, steps) => {
          const cluster = await Cluster.open(limit, seed);
          try {
            await play(cluster, steps);
            expect(cluster.busiestSecond()).toBeLessThanOrEqual(limit);
          } finally {
            await cluster.close();
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('who works alone has nearly all of the limit', async () => {
    const cluster = await Cluster.open(100);
    const alone = await cluster.join();
    await cluster.join();
    alone.want(50);
    await cluster.runtime.advance(2_000);
    const since = cluster.runtime.clock.monotonicMs();
    await cluster.runtime.advance(10_000);
    expect(cluster.sentBy(0, since)).toBeGreaterThanOrEqual(880);
    await cluster.close();
  });

  test('two that want all of it get half each, and one that comes later gets its third', async () => {
    const cluster = await Cluster.open(90);
    const [a, b] = [await cluster.join(), await cluster.join()];
    a.want(50);
    await cluster.runtime.advance(5_000);
    b.want(50);
    await cluster.runtime.advance(8_000);
    let since = cluster.runtime.clock.monotonicMs();
    await cluster.runtime.advance(10_000);
    for (const process of [0, 1]) expect(cluster.sentBy(process, since)).toBeGreaterThanOrEqual(380);
    (await cluster.join()).want(50);
    await cluster.runtime.advance(8_000);
    since = cluster.runtime.clock.monotonicMs();
    await cluster.runtime.advance(10_000);
    for (const process of [0, 1, 2]) expect(cluster.sentBy(process, since)).toBeGreaterThanOrEqual(250);
    expect(cluster.busiestSecond()).toBeLessThanOrEqual(90);
    await cluster.close();
  });

  test('the share of a dead process is taken over when its lease has run out', async () => {
    const cluster = await Cluster.open(60);
    const [a, b] = [await cluster.join(), await cluster.join()];
    a.want(30);
    b.want(30);
    await cluster.runtime.advance(10_000);
    a.die();
    await cluster.runtime.advance(6_000);
    const since = cluster.runtime.clock.monotonicMs();
    await cluster.runtime.advance(5_000);
    expect(cluster.sentBy(1, since)).toBeGreaterThanOrEqual(250);
    await cluster.close();
  });

  test('with more processes than requests a second everybody gets a turn', async () => {
    const cluster = await Cluster.open(2);
    for (let n = 0; n < 5; n++) (await cluster.join()).want(3);
    await cluster.runtime.advance(90_000);
    for (let n = 0; n < 5; n++) expect(cluster.sentBy(n)).toBeGreaterThanOrEqual(5);
    expect(cluster.busiestSecond()).toBeLessThanOrEqual(2);
    await cluster.close();
  });

  test('a process that was frozen past its lease sends nothing until it has renewed it', async () => {
    const cluster = await Cluster.open(50);
    const a = await cluster.join();
    a.want(20);
    await cluster.runtime.advance(3_000);
    a.freeze();
    await cluster.runtime.advance(10_000);
    a.storeFails = 'before';
    a.thaw();
    const since = cluster.runtime.clock.monotonicMs();
    await cluster.runtime.advance(5_000);
    expect(cluster.sentBy(0, since)).toBe(0);
    a.storeFails = 'no';
    await cluster.runtime.advance(5_000);
    expect(cluster.sentBy(0, since)).toBeGreaterThan(0);
    await cluster.close();
  });

  test('a lease ends here no later than it does for the others, however late its renewal was answered', async () => {
    const cluster = await Cluster.open(50);
    const a = await cluster.join();
    await cluster.runtime.advance(500);
    a.answerMs = 2_000;
    a.want(20);
    await cluster.runtime.advance(1_500);
    a.storeFails = 'before';
    await cluster.runtime.advance(10_000);
    const [row] = await cluster.store.read('look', (db) =>
      db.all<{ lease_until: number; units: number }>('select lease_until, units from rate_share'),
    );
    expect(row?.units).toBe(50);
    const leftMs = Number(row?.lease_until) - cluster.runtime.clock.wallMs();
    const lastMs = cluster.sends.at(-1)?.atMs ?? 0;
    expect(cluster.sends.length).toBeGreaterThan(0);
    expect(lastMs).toBeLessThan(cluster.runtime.clock.monotonicMs() + leftMs);
    await cluster.close();
  });

  test('unused tokens reach who waits long before a lease runs out, and only by hints', async () => {
    const sent: number[] = [];
    for (const isThere of [true, false]) {
      const cluster = await Cluster.open(100);
      cluster.redis.isThere = isThere;
      const [a, b] = [await cluster.join(), await cluster.join()];
      a.want(50);
      await cluster.runtime.advance(5_000);
      a.want(0);
      const since = cluster.runtime.clock.monotonicMs();
      await cluster.runtime.advance(1_200);
      b.want(50);
      await cluster.runtime.advance(3_000);
      sent.push(cluster.sentBy(1, since));
      expect(cluster.busiestSecond()).toBeLessThanOrEqual(100);
      await cluster.close();
    }
    const [heard = 0, unheard = 0] = sent;
    expect(heard).toBeGreaterThan(unheard + 10);
    // Shares that are given back make some 77 of these; the rest is lent.
    expect(heard).toBeGreaterThan(90);
  });

  test('who comes later does not wait for a lease, hints or not: what shrinks is given back', async () => {
    for (const isThere of [true, false]) {
      const cluster = await Cluster.open(100);
      cluster.redis.isThere = isThere;
      const [a, b] = [await cluster.join(), await cluster.join()];
      a.want(50);
      await cluster.runtime.advance(5_000);
      b.want(50);
      // A renewal (1 s) until the other one knows of it, and a window (1 s); its lease alone is 3 s.
      await cluster.runtime.advance(2_400);
      const since = cluster.runtime.clock.monotonicMs();
      await cluster.runtime.advance(1_500);
      expect(cluster.sentBy(1, since)).toBeGreaterThan(45);
      expect(cluster.busiestSecond()).toBeLessThanOrEqual(100);
      await cluster.close();
    }
  });

  test('who stops in order leaves its share to the others, a window later', async () => {
    const cluster = await Cluster.open(100);
    const [a, b] = [await cluster.join(), await cluster.join()];
    cluster.redis.isThere = false;
    a.want(50);
    await cluster.runtime.advance(5_000);
    a.want(0);
    void a.shares.stop();
    b.want(50);
    await cluster.runtime.advance(2_200);
    const since = cluster.runtime.clock.monotonicMs();
    await cluster.runtime.advance(1_500);
    expect(cluster.sentBy(1, since)).toBeGreaterThan(80);
    expect(cluster.busiestSecond()).toBeLessThanOrEqual(100);
    await cluster.close();
  });

  test('what is lent stays covered: no share shrinks below it before it is over', async () => {
    const runtime = createFakeRuntime();
    const bucket = new RateBucket(runtime, 100, true);
    bucket.grant({ perSecond: 100, untilMs: runtime.clock.monotonicMs() + 60_000 });
    await runtime.advance(500);
    const nowMs = runtime.clock.monotonicMs();
    expect(bucket.lend(8, nowMs + 300, nowMs + 1_300)).toBe(8);
    expect(bucket.cede(5)).toBe(false);
    expect(bucket.perSecond).toBe(92);
    expect(bucket.cede(60)).toBe(true);
    expect(bucket.perSecond).toBe(52);
    await runtime.advance(1_400);
    expect(bucket.cede(5)).toBe(true);
    expect(bucket.perSecond).toBe(5);
  });

  test('a 429 that one process gets holds all of them', async () => {
    const cluster = await Cluster.open(50);
    const [a, b] = [await cluster.join(), await cluster.join()];
    a.want(20);
    b.want(20);
    await cluster.runtime.advance(8_000);
    a.shares.bucket.holdFor(10_000);
    await cluster.runtime.advance(2_000);
    const since = cluster.runtime.clock.monotonicMs();
    await cluster.runtime.advance(7_000);
    expect(cluster.sends.filter(({ atMs }) => atMs >= since)).toEqual([]);
    await cluster.runtime.advance(6_000);
    expect(cluster.sentBy(1, since)).toBeGreaterThan(0);
    await cluster.close();
  });

  test('who wants nothing holds nothing, and leaves the store alone', async () => {
    const cluster = await Cluster.open(50);
    const a = await cluster.join();
    a.want(5);
    await cluster.runtime.advance(3_000);
    a.want(0);
    await cluster.runtime.advance(20_000);
    expect(a.shares.held).toEqual({ units: 0, wanted: 0, limit: 50 });
    const looks = () => cluster.store.read('look', (db) => db.all('select * from rate_share'));
    const before = await looks();
    await cluster.runtime.advance(60_000);
    expect(await looks()).toEqual(before);
    await cluster.close();
  });

  test('a limit below one request a second is one share, which goes from hand to hand', async () => {
    const cluster = await Cluster.open(0.5);
    const [a, b] = [await cluster.join(), await cluster.join()];
    a.want(1);
    b.want(1);
    await cluster.runtime.advance(120_000);
    expect(cluster.sentBy(0)).toBeGreaterThan(3);
    expect(cluster.sentBy(1)).toBeGreaterThan(3);
    const instants = cluster.sends.map(({ atMs }) => atMs);
    for (const [n, atMs] of instants.entries()) if (n > 0) expect(atMs - (instants[n - 1] ?? 0)).toBeGreaterThan(1_000);
    await cluster.close();
  });
});

/** More by hand: DAYBREAK_RATE_RUNS=1000. */
const RUNS = Number(process.env.DAYBREAK_RATE_RUNS ?? 40);
