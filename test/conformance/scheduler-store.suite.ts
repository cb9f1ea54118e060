import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acceptCallback } from '../../scheduler/callback/accept-callback.ts';
import { acceptRunManifest, acceptSlicesSettled } from '../../scheduler/callback/accept-told.ts';
import { viewChainRun } from '../../scheduler/chain/chain-run-view.ts';
import { endRunsOfEndedChains } from '../../scheduler/chain/end-runs-of-ended-chains.ts';
import { evaluateEdges } from '../../scheduler/chain/evaluate-edges.ts';
import { cancelChainRun, startChain } from '../../scheduler/chain/start-chain.ts';
import type { Dispatch } from '../../scheduler/dispatch/dispatch.ts';
import { dispatchReadyShards } from '../../scheduler/dispatch/dispatch-ready-shards.ts';
import { recordAccepted } from '../../scheduler/dispatch/record-accepted.ts';
import { fireDueJobs } from '../../scheduler/firing/fire-due-jobs.ts';
import { planFires } from '../../scheduler/firing/plan-fires.ts';
import { triggerJob } from '../../scheduler/firing/trigger-job.ts';
import { recordHeartbeat } from '../../scheduler/registry/record-heartbeat.ts';
import { declareAllGone } from '../../scheduler/registry/retire-silent-executors.ts';
import { rescueLostAttempts } from '../../scheduler/run/rescue-lost-attempts.ts';
import type { SchedulerContext } from '../../scheduler/scheduler-context.ts';
import { groupsOfFiredRuns } from '../../scheduler/storage/migrations/0561-groups-of-fired-runs.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { newestAttempts } from '../../scheduler/storage/sql/admin-run-detail-queries.ts';
import { storeChain, storeJob } from '../../scheduler/storage/sql/definition-queries.ts';
import { lockFires, startSchedule } from '../../scheduler/storage/sql/fire-queries.ts';
import { createLogger, silentLogger as logger } from '../../shared/logger.ts';
import { SQLITE_WORDS } from '../../shared/sql/ddl-words.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import type { SqlReader, SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { givenContext, ORDERS_CHAIN, ORDERS_DEFINITIONS } from '../support/given-scheduler-context.ts';

const TICKING = { jobId: 3, chainRunId: 0, everyMs: 50, configHash: ORDERS_DEFINITIONS.jobs[2]?.configHash ?? '' };

const TONIGHT = { chain: 'orders', businessDate: '2026-11-20', cutOffAtMs: null, requestId: 'tonight' };
const frozen = { group: 'PREMIUM', currency: 'CNY', count: 2, amountMinor: '300' };
const settled = { ...frozen, state: 'SUCCESS' };

/** What the scheduler demands of a store, on every store: the bodies and routes are called by hand, nothing ticks. */
export function describeSchedulerStore(name: string, open: () => Promise<SqlStore>): void {
  describe(`the scheduler on ${name}`, () => {
    let store: SqlStore;
    let ctx: SchedulerContext;
    let sent: Dispatch[];
    const dispatch = async (): Promise<Dispatch[]> => {
      sent = [];
      await dispatchReadyShards(ctx, { send: (one) => sent.push(one), idle: async () => undefined });
      return sent;
    };
    const beat = (port: number, incarnation = 'first') =>
      recordHeartbeat(ctx, {
        registryGroup: 'EXECUTOR',
        registryKey: 'orders',
        registryValue: `http://127.0.0.1:${port}/`,
        incarnation,
      });
    const succeed = (one: Dispatch) => acceptCallback(ctx, { logId: one.request.logId, handleCode: 200 });
    const view = async (chainRunId: number) => {
      const seen = await store.read('view', (db) => viewChainRun(db, chainRunId));
      if (seen === null) throw new Error('no chain run');
      return seen;
    };
    const statesOf = async (chainRunId: number) => (await view(chainRunId)).runs.map((run) => [run.job, run.state]);

    beforeEach(async () => {
      store = await open();
      await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
      ctx = givenContext(store);
      await store.transaction('definitions', async (tx) => {
        for (const job of ORDERS_DEFINITIONS.jobs) await storeJob(tx, job);
        for (const chain of ORDERS_DEFINITIONS.chains) await storeChain(tx, chain);
      });
      await beat(9001);
      await beat(9002);
    });
    afterEach(async () => {
      await store.close();
    });

    test('the same start twice, even at once, is one chain run with one run of its root', async () => {
      const started = await Promise.all([1, 2, 3].map(() => startChain(ctx, TONIGHT)));
      expect(new Set(started.map((each) => each.chainRunId)).size).toBe(1);
      expect(started.filter((each) => each.created)).toHaveLength(1);
      const { chainRunId } = started[0] ?? { chainRunId: 0 };
      expect(await statesOf(chainRunId)).toEqual([['debit', 'running']]);
      const again = await startChain(ctx, { ...TONIGHT, requestId: 'afresh' });
      expect((await view(again.chainRunId)).seq).toBe(2);
    });

    test('the same request to trigger a job, at once, is one run', async () => {
      const order = { job: 'debit', businessDate: '2026-11-20', requestId: 'by hand' };
      const triggered = await Promise.all([1, 2, 3].map(() => triggerJob(ctx, order)));
      expect(new Set(triggered.map((each) => each.runId)).size).toBe(1);
    });

    test('two shards that end at the same moment make one child', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      const [one, two] = await dispatch();
      if (one === undefined || two === undefined) throw new Error('two shards were expected');
      await acceptRunManifest(ctx, { runId: one.request.runId ?? 0, sliceCount: 0, totals: [] });
      expect(await Promise.all([succeed(one), succeed(two)])).toEqual(['taken', 'taken']);
      expect(await statesOf(chainRunId)).toEqual([
        ['debit', 'succeeded'],
        ['report', 'running'],
      ]);
    });

    test('a callback that comes twice at once is taken once', async () => {
      await startChain(ctx, TONIGHT);
      const [one] = await dispatch();
      if (one === undefined) throw new Error('a shard was expected');
      expect((await Promise.all([succeed(one), succeed(one), succeed(one)])).sort()).toEqual([
        'repeated',
        'repeated',
        'taken',
      ]);
    });

    test('a crash between the callback and the child leaves neither, and the repeated callback makes both', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      const [one, two] = await dispatch();
      if (one === undefined || two === undefined) throw new Error('two shards were expected');
      await acceptRunManifest(ctx, { runId: one.request.runId ?? 0, sliceCount: 0, totals: [] });
      await succeed(one);
      const crashing = givenContext(failingAt(store, 'insert into s_child_link'));
      await expect(acceptCallback(crashing, { logId: two.request.logId, handleCode: 200 })).rejects.toThrow('crash');
      expect(await statesOf(chainRunId)).toEqual([['debit', 'running']]);
      expect(await succeed(two)).toBe('taken');
      expect(await statesOf(chainRunId)).toEqual([
        ['debit', 'succeeded'],
        ['report', 'running'],
      ]);
    });

    test('the result of an older attempt changes nothing', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      const [one, two] = await dispatch();
      if (one === undefined || two === undefined) throw new Error('two shards were expected');
      await beat(9001, 'second');
      await rescueLostAttempts(ctx);
      const [again] = await dispatch();
      expect(again?.request).toMatchObject({ broadcastIndex: 0, broadcastTotal: 2, attempt: 2, epoch: 2 });
      expect(again?.request.logId).not.toBe(one.request.logId);
      const late = await acceptCallback(ctx, { logId: one.request.logId, handleCode: 500, handleMsg: 'too late' });
      expect(late).toBe('stale');
      const run = (await view(chainRunId)).runs[0];
      expect(run?.shards[0]?.attempts.map((attempt) => attempt.state)).toEqual(['lost', 'sent']);
      expect(run?.state).toBe('running');
    });

    test('a success that was on its way when its executor was lost counts as long as nobody else has the shard', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      const [one, two] = await dispatch();
      if (one === undefined || two === undefined) throw new Error('two shards were expected');
      await declareAllGone(ctx);
      await rescueLostAttempts(ctx);
      expect(await acceptCallback(ctx, { logId: two.request.logId, handleCode: 500 })).toBe('stale');
      expect(await succeed(one)).toBe('taken');
      expect(await succeed(one)).toBe('repeated');
      await beat(9005, 'after');
      expect((await dispatch()).map((each) => each.request.broadcastIndex)).toEqual([1]);
      const run = (await view(chainRunId)).runs[0];
      expect(run?.shards.map((shard) => [shard.state, shard.attempts.length])).toEqual([
        ['succeeded', 1],
        ['sent', 2],
      ]);
    });

    test('after a take-over the heirs of dead executors get their indexes, and the total stays', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      await dispatch();
      await declareAllGone(ctx);
      await rescueLostAttempts(ctx);
      expect(await dispatch()).toEqual([]);
      await beat(9005, 'after');
      const heirs = await dispatch();
      expect(heirs.map((each) => [each.address, each.request.broadcastIndex, each.request.broadcastTotal])).toEqual([
        ['http://127.0.0.1:9005/', 0, 2],
        ['http://127.0.0.1:9005/', 1, 2],
      ]);
      expect((await view(chainRunId)).runs[0]?.shardTotal).toBe(2);
    });

    test('settled slices are taken once, in any order, and the last one makes the child', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      const shards = await dispatch();
      const runId = shards[0]?.request.runId ?? 0;
      const slice = (sliceNo: number) => ({ runId, sliceNo, totals: [settled] });
      expect(await acceptSlicesSettled(ctx, [slice(1), slice(1)])).toEqual(['taken']);
      for (const shard of shards) await succeed(shard);
      expect(await statesOf(chainRunId)).toEqual([['debit', 'dispatched']]);
      const manifest = { runId, sliceCount: 3, totals: [{ ...frozen, count: 6, amountMinor: '900' }] };
      expect(await acceptRunManifest(ctx, manifest)).toBe('taken');
      expect(await acceptRunManifest(ctx, manifest)).toBe('repeated');
      expect(await acceptRunManifest(ctx, { ...manifest, sliceCount: 4 })).toBe('contradicting');
      const both = await Promise.all([
        acceptSlicesSettled(ctx, [slice(1), slice(2)]),
        acceptSlicesSettled(ctx, [slice(0)]),
      ]);
      expect(both.flat()).toEqual(['taken', 'taken']);
      expect(await acceptSlicesSettled(ctx, [{ ...slice(0), totals: [{ ...settled, count: 1 }] }])).toEqual([
        'contradicting',
      ]);
      expect(await statesOf(chainRunId)).toEqual([
        ['debit', 'succeeded'],
        ['report', 'running'],
      ]);
      expect((await view(chainRunId)).runs[0]).toMatchObject({
        slicesTold: 3,
        totalsTold: [{ ...settled, count: 6, amountMinor: '900' }],
      });
    });

    test('sums that do not add up end the run as failed, naming slice and sums', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      const shards = await dispatch();
      const runId = shards[0]?.request.runId ?? 0;
      await acceptRunManifest(ctx, { runId, sliceCount: 1, totals: [frozen] });
      await acceptSlicesSettled(ctx, [{ runId, sliceNo: 0, totals: [{ ...settled, amountMinor: '299' }] }]);
      for (const shard of shards) await succeed(shard);
      const seen = await view(chainRunId);
      const words =
        'MANIFEST_MISMATCH after slice 0 (1 told of 1): PREMIUM CNY: frozen 2 items of 300, told 2 items of 299';
      expect(seen.runs[0]).toMatchObject({ state: 'failed', reason: words });
      expect(seen).toMatchObject({ state: 'failed', reason: `debit failed: ${words}` });
      expect(seen.runs).toHaveLength(1);
    });

    test('a childless parent gets its child from the sweep over the edges, once', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      await dispatch();
      // As if an older version had ended the run without making the child.
      await store.transaction('lose the child', async (tx) => {
        await tx.run(`update s_shard set state = 'succeeded'`);
        await tx.run(`update s_run set state = 'succeeded', ended_at = 1`);
        await tx.run(`delete from s_open_run`);
      });
      await Promise.all([evaluateEdges(ctx), evaluateEdges(ctx)]);
      await evaluateEdges(ctx);
      expect(await statesOf(chainRunId)).toEqual([
        ['debit', 'succeeded'],
        ['report', 'running'],
      ]);
      const links = await store.read('links', (db) => db.all('select edge, because from s_child_link'));
      expect(links).toEqual([{ edge: 'debit>report', because: 'SETTLED' }]);
    });

    test('two schedulers on one store make each fire one run and each shard one attempt', async () => {
      const other = givenContext(store);
      const both = <T>(body: (one: SchedulerContext) => Promise<T>) => Promise.all([body(ctx), body(other)]);
      await store.transaction('schedule', (tx) => startSchedule(tx, TICKING));
      await store.transaction('due', (tx) => tx.run('update s_schedule set next_at = ?', [tx.nowMs - 120]));
      await both(planFires);
      const dueMs = await store.read('now', async (db) => db.nowMs);
      await both(fireDueJobs);
      const fires = await store.read('fires', (db) =>
        db.all<{ state: string; runs: number }>(
          `select f.state, (select count(*) from s_run r where r.fire_id = f.id) as runs from s_fire f
            where f.planned_at <= ? order by f.planned_at`,
          [dueMs],
        ),
      );
      expect(fires.length).toBeGreaterThan(2);
      expect(fires.every((fire) => fire.state === 'fired' && fire.runs === 1)).toBe(true);
      const sent: Dispatch[] = [];
      const sender = { send: (one: Dispatch) => void sent.push(one), idle: async () => undefined };
      await both((one) => dispatchReadyShards(one, sender));
      const runIds = sent.map((one) => one.request.runId);
      expect(runIds.length).toBeGreaterThan(0);
      expect(new Set(runIds).size).toBe(runIds.length);
    });

    test('a request that was committed and never left is sent again under the same logId', async () => {
      await startChain(ctx, TONIGHT);
      const before = await dispatch();
      // The process ends here, before a byte leaves; the next one finds the shards `sent`.
      expect(await dispatch()).toEqual([]);
      await store.transaction('later', (tx) => tx.run('update s_shard set ready_at = 0'));
      const after = await dispatch();
      expect(after.map((one) => one.request)).toEqual(before.map((one) => one.request));
      const attempts = await store.read('attempts', (db) => db.all('select no, sends from s_attempt'));
      expect(attempts).toEqual([
        { no: 1, sends: 2 },
        { no: 1, sends: 2 },
      ]);
    });

    test('a cancelled chain run makes no child, and its shards and attempts end', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      const shards = await dispatch();
      expect(await cancelChainRun(ctx, chainRunId, 'by hand')).toBe(true);
      await endRunsOfEndedChains(ctx);
      const seen = await view(chainRunId);
      expect(seen).toMatchObject({ state: 'cancelled', reason: 'by hand' });
      expect(seen.runs[0]).toMatchObject({ state: 'cancelled', reason: 'by hand' });
      expect(seen.runs[0]?.shards.map((shard) => shard.state)).toEqual(['cancelled', 'cancelled']);
      expect(await Promise.all(shards.map(succeed))).toEqual(['stale', 'stale']);
      expect(await cancelChainRun(ctx, chainRunId, 'again')).toBe(false);
      // The end of a chain run is nothing to warn of; a result that nobody here asked for is.
      const levels: string[] = [];
      const logger = createLogger({ destination: { write: (line) => void levels.push(JSON.parse(line).level) } });
      const logId = shards[0]?.request.logId ?? 0;
      await acceptCallback({ ...ctx, logger }, { logId, handleCode: 200 });
      expect(await acceptCallback({ ...ctx, logger }, { logId: 987_654_321, handleCode: 200 })).toBe('unknown');
      expect(levels).toEqual(['info', 'warn']);
    });

    test('shards that come back while their chain run is being cancelled make no child', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      const shards = await dispatch();
      await acceptRunManifest(ctx, { runId: shards[0]?.request.runId ?? 0, sliceCount: 0, totals: [] });
      await cancelChainRun(ctx, chainRunId, 'by hand');
      for (const shard of shards) await succeed(shard);
      expect(await statesOf(chainRunId)).toEqual([['debit', 'succeeded']]);
      expect((await view(chainRunId)).state).toBe('cancelled');
    });

    test('an attempt that was on the list of lost ones, and is not lost any more, stays where it is', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      const [one] = await dispatch();
      const { runId = 0, logId = 0 } = one?.request ?? {};
      await rescueLostAttempts(
        givenContext(answering(store, 'list-lost-attempts', [{ runId, logId, why: 'outdated' }])),
      );
      expect((await view(chainRunId)).runs[0]?.shards[0]).toMatchObject({
        state: 'sent',
        attempts: [{ state: 'sent' }],
      });
    });

    test('instants that another scheduler has planned are not decided on again', async () => {
      await store.transaction('schedule', (tx) => startSchedule(tx, TICKING));
      const nextAt = await store.read('now', async (db) => db.nowMs - 500);
      const outdated = [{ ...TICKING, chainId: 0, nextAt }];
      await planFires(givenContext(answering(store, 'list-schedules', outdated)));
      expect(await store.read('fires', (db) => db.all('select id from s_fire'))).toEqual([]);
    });

    test('a run that an older version stored without its group gets it', async () => {
      const { runId } = await triggerJob(ctx, { job: 'debit', businessDate: '2026-11-20', requestId: 'by hand' });
      await store.transaction('as it was', async (tx) => {
        await tx.run(`update s_run set app_name = ''`);
        for (const text of groupsOfFiredRuns.statements(SQLITE_WORDS)) await tx.run(text);
      });
      const groups = await store.read('groups', (db) => db.arrays('select id, app_name from s_run'));
      expect(groups).toEqual([[runId, 'orders']]);
    });

    test('what is not decided, and not taken yet, has no instant of it', async () => {
      await store.transaction('schedule', (tx) => startSchedule(tx, TICKING));
      await store.transaction('due', (tx) => tx.run('update s_schedule set next_at = ?', [tx.nowMs - 10]));
      await planFires(ctx);
      const decided = async () => {
        const ids = (await store.read('ids', (db) => db.all<{ id: number }>('select id from s_fire'))).map(
          ({ id }) => id,
        );
        const fires = await store.transaction('fires', (tx) => lockFires(tx, ids));
        return new Map(fires.map(({ state, decidedAt }) => [state, typeof decidedAt]));
      };
      expect(await decided()).toEqual(new Map([['planned', 'object']]));
      // A sender stores the first attempts with their runs; without one each is handed out by itself.
      sent = [];
      await fireDueJobs(ctx, { send: (one) => sent.push(one) });
      expect((await decided()).get('fired')).toBe('number');
      const { runId } = await triggerJob(ctx, { job: 'debit', businessDate: '2026-11-20', requestId: 'by hand' });
      const both = [...sent, ...(await dispatch())];
      expect(both.map(({ request }) => request.runId).at(-1)).toBe(runId);
      const requests = both.map(({ request }) => request);
      const taken = (runIds: readonly (number | undefined)[]) =>
        store.read('attempts', async (db) => {
          const attempts = await Promise.all(runIds.map((id) => newestAttempts(db, id ?? 0, 1)));
          return attempts.flat().map(({ acceptedAt }) => typeof acceptedAt);
        });
      const runIds = [requests[0]?.runId, runId];
      expect(await taken(runIds)).toEqual(['object', 'object']);
      expect(await recordAccepted(ctx, requests)).toEqual([]);
      expect(await taken(runIds)).toEqual(['number', 'number']);
    });

    test('a run keeps the definition it was fired with', async () => {
      const { chainRunId } = await startChain(ctx, TONIGHT);
      await store.transaction('edit', async (tx) => {
        for (const job of ORDERS_DEFINITIONS.jobs) {
          await storeJob(tx, { ...job, timeoutSeconds: 77, configHash: `edited ${job.id}` });
        }
      });
      const shards = await dispatch();
      expect(shards.map((each) => each.request.executorTimeout)).toEqual([0, 0]);
      await acceptRunManifest(ctx, { runId: shards[0]?.request.runId ?? 0, sliceCount: 0, totals: [] });
      for (const shard of shards) await succeed(shard);
      expect((await dispatch()).map((each) => each.request.executorTimeout)).toEqual([77]);
      expect(await statesOf(chainRunId)).toHaveLength(ORDERS_CHAIN.nodes.length);
    });

    test('an unknown logId, and a slice of an unknown run, are counted and change nothing', async () => {
      expect(await acceptCallback(ctx, { logId: 999_999, handleCode: 200 })).toBe('unknown');
      expect(await acceptSlicesSettled(ctx, [{ runId: 999_999, sliceNo: 0, totals: [] }])).toEqual(['unknown']);
    });
  });
}

/** A store of which one list was read a while ago, before others changed what it tells. */
function answering(store: SqlStore, list: string, outdated: unknown): SqlStore {
  return {
    ...store,
    read: <T>(name: string, body: (db: SqlReader) => Promise<T>) =>
      name === list ? Promise.resolve(outdated as T) : store.read(name, body),
    transaction: (name, body) => store.transaction(name, body),
  };
}

/** A store on which a statement that starts so fails, as a process that dies there would. */
function failingAt(store: SqlStore, statement: string): SqlStore {
  return {
    ...store,
    read: (name, body) => store.read(name, body),
    transaction: (name, body) =>
      store.transaction(name, (tx) => {
        const run: SqlTx['run'] = (text, params) => {
          if (text.trimStart().startsWith(statement)) throw new Error('crash');
          return tx.run(text, params);
        };
        const insertRows: SqlTx['insertRows'] = (spec, rows) => {
          if (`insert into ${spec.table}` === statement) throw new Error('crash');
          return tx.insertRows(spec, rows);
        };
        return body(Object.assign(Object.create(tx) as SqlTx, { run, insertRows }));
      }),
  };
}
