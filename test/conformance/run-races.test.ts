import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sendKills } from '../../scheduler/dispatch/send-kills.ts';
import { expireAttempts } from '../../scheduler/run/expire-attempts.ts';
import { killRun } from '../../scheduler/run/kill-run.ts';
import { rerun } from '../../scheduler/run/rerun.ts';
import type { SchedulerContext } from '../../scheduler/scheduler-context.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachStore, emptyTables, type StorePlace } from '../support/each-store.ts';
import { type GivenRuns, givenRuns, type Sent } from '../support/given-runs.ts';
import { job } from '../support/given-scheduler.ts';
import { givenContext } from '../support/given-scheduler-context.ts';

const JOBS = [
  job(1, 'work'),
  job(2, 'limited', { route: 'ROUND', timeoutSeconds: 1, retry: { count: 1, firstMs: 1 } }),
  job(3, 'hooked', { beforeRun: 'prepare', afterRun: 'merge' }),
];
const TABLES = [
  's_run',
  's_open_run',
  's_shard',
  's_attempt',
  's_fire',
  's_kill_order',
  's_operator_action',
  's_alarm',
];
const why = { by: 'ann', reason: 'wrong' };
const ROUNDS = 5;

describeOnEachStore('what may happen to a run at the same moment', (newPlace) => {
  let place: StorePlace;
  let store: SqlStore;
  let given: GivenRuns;
  let other: SchedulerContext;
  beforeAll(async () => {
    place = await newPlace();
    store = await openSqlStore(place.url, { runtime: systemRuntime(), logger });
  });
  beforeEach(async () => {
    // What is over its time is so at once: these contexts have listened for no time at all.
    const settings = { timeoutGraceMs: 0 };
    given = await givenRuns(JOBS, { store, settings });
    await emptyTables(store, TABLES);
    other = givenContext(store, settings, { client: given.client });
  });
  afterAll(async () => {
    await store.close();
    await place.drop();
  });

  const rounds = async (name: string, round: (runId: number, sent: readonly Sent[]) => Promise<void>) => {
    for (let no = 0; no < ROUNDS; no++) {
      const runId = await given.trigger(name, `round ${no}`);
      await round(runId, await given.dispatch());
    }
  };
  const openRuns = () => store.read('open', (db) => db.all('select run_id from s_open_run'));

  test('a kill and the results: the run ends once, and its shards agree with it', async () => {
    await rounds('work', async (runId, sent) => {
      const [killed, ...verdicts] = await Promise.all([
        killRun(other, runId, why),
        ...sent.map((each) => given.report(each)),
      ]);
      const run = await given.view(runId);
      expect(run.state).toBe(killed ? 'cancelled' : 'succeeded');
      const states = run.shards.map((shard) => shard.state);
      expect(states).toEqual(verdicts.map((verdict) => (verdict === 'taken' ? 'succeeded' : 'cancelled')));
      await sendKills(given.ctx);
      expect(run.shards.flatMap((shard) => shard.attempts).filter((attempt) => attempt.state === 'stopping')).toEqual(
        [],
      );
    });
    expect(await openRuns()).toEqual([]);
  });

  test('a kill and executors that have no room: the run is cancelled, and what they turned away is not there', async () => {
    given.client.run = async () => ({ kind: 'busy', why: 'no room' });
    for (let no = 0; no < ROUNDS; no++) {
      const runId = await given.trigger('work', `round ${no}`);
      const [, killed] = await Promise.all([given.dispatch(), killRun(other, runId, why)]);
      const run = await given.view(runId);
      expect([killed, run.state]).toEqual([true, 'cancelled']);
      // Killed while the answer was on its way, an attempt has ended as that.
      const states = run.shards.flatMap((shard) => shard.attempts.map((attempt) => attempt.state));
      expect(states.filter((state) => state !== 'cancelled' && state !== 'stopping')).toEqual([]);
    }
    expect(await openRuns()).toEqual([]);
  });

  test('an executor that has no room leaves nothing, and whoever has room gets the first attempt', async () => {
    const asked: number[] = [];
    given.client.run = async (_, { logId }) => {
      asked.push(logId);
      return asked.length <= 10 ? { kind: 'busy', why: 'no room' } : { kind: 'accepted' };
    };
    const runId = await given.trigger('limited');
    const due = 'update s_shard set ready_at = 0 where run_id = ?';
    for (let pass = 0; pass < 10; pass++) {
      await given.dispatch();
      expect((await given.view(runId)).shards).toMatchObject([{ state: 'ready', attempts: [] }]);
      await store.transaction('time passes', (tx) => tx.run(due, [runId]));
    }
    await given.dispatch();
    const attempts = [{ logId: asked.at(-1), no: 1, state: 'running' }];
    expect((await given.view(runId)).shards).toMatchObject([{ state: 'running', attempts }]);
    expect(new Set(asked).size).toBe(11);
  });

  test('two kills are one', async () => {
    await rounds('work', async (runId) => {
      const killed = await Promise.all([killRun(given.ctx, runId, why), killRun(other, runId, why)]);
      expect(killed.toSorted()).toEqual([false, true]);
    });
    const actions = await store.read('actions', (db) => db.all('select id from s_operator_action'));
    expect(actions).toHaveLength(ROUNDS);
  });

  test('an expiry by two schedulers and the result: the shard has one outcome, and one retry at most', async () => {
    await rounds('limited', async (runId, sent) => {
      await store.transaction('time passes', (tx) =>
        tx.run('update s_attempt set deadline_at = 1 where run_id = ?', [runId]),
      );
      const [one] = sent;
      if (one === undefined) throw new Error('a shard was expected');
      const [, , verdict] = await Promise.all([expireAttempts(given.ctx), expireAttempts(other), given.report(one)]);
      const run = await given.view(runId);
      const shard = run.shards[0];
      if (verdict === 'taken') {
        expect(run.state).toBe('succeeded');
        expect(shard?.attempts.map((attempt) => attempt.state)).toEqual(['succeeded']);
      } else {
        expect([verdict, run.state, shard?.state]).toEqual(['repeated', 'running', 'ready']);
        expect(shard?.reason).toContain('try 1 of 2 failed');
        await killRun(given.ctx, runId, why);
      }
    });
    const shards = await store.read('shards', (db) => db.all<{ failures: number }>('select failures from s_shard'));
    expect(Math.max(...shards.map((shard) => shard.failures))).toBeLessThanOrEqual(1);
  });

  test('the same rerun, asked of two schedulers at once, is one run', async () => {
    await rounds('work', async (runId, sent) => {
      const [one, two] = sent;
      if (one === undefined || two === undefined) throw new Error('two shards were expected');
      await given.report(one);
      await given.report(two, 500);
      const order = { kind: 'failed', requestId: `again ${runId}`, by: 'ann' } as const;
      const made = await Promise.all([given.ctx, other, given.ctx, other].map((ctx) => rerun(ctx, runId, order)));
      expect(new Set(made.map((each) => each.runId)).size).toBe(1);
      expect(made.filter((each) => each.created)).toHaveLength(1);
      const again = await given.dispatch();
      expect(again.map((each) => each.broadcastIndex)).toEqual([1]);
      for (const each of again) await given.report(each);
      expect(await given.view(made[0]?.runId ?? 0)).toMatchObject({ state: 'succeeded', shardTotal: 2 });
    });
  });

  test('the last shards of a run with an afterRun, back at once, let it go once', async () => {
    await rounds('hooked', async (runId, sent) => {
      await given.report(sent[0] as Sent);
      const shards = await given.dispatch();
      expect(shards).toHaveLength(2);
      await Promise.all(shards.map((each) => given.report(each)));
      const after = await given.dispatch();
      expect(after.map((each) => each.phase)).toEqual(['after']);
      await given.report(after[0] as Sent);
      expect((await given.view(runId)).state).toBe('succeeded');
    });
  });
});
