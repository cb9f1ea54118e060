import { describe, expect, onTestFinished, test } from 'vitest';
import type { Dispatch } from '../../../../scheduler/dispatch/dispatch.ts';
import { dispatchReadyShards } from '../../../../scheduler/dispatch/dispatch-ready-shards.ts';
import type { DispatchAnswer } from '../../../../scheduler/dispatch/executor-client.ts';
import { createSender } from '../../../../scheduler/dispatch/send-run-request.ts';
import { rescueLostAttempts } from '../../../../scheduler/run/rescue-lost-attempts.ts';
import { schedulerMigrations } from '../../../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger as logger } from '../../../../shared/logger.ts';
import { RUNS_MAX } from '../../../../shared/protocol/wire.ts';
import { migrate } from '../../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../../shared/sql/sql.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { givenRuns } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';
import { givenContext, silentClient } from '../../../support/given-scheduler-context.ts';

const BLACK_HOLE = 'http://10.0.0.1:9999/';
const LIVE = 'http://10.0.0.2:9999/';
const dispatch = (address: string, logId: number): Dispatch => ({
  address,
  request: { jobId: 1, executorHandler: 'x', logId, logDateTime: 0, runId: 0 },
});

async function givenSender() {
  const runtime = createFakeRuntime();
  const store = await openSqlStore('sqlite::memory:', { runtime, logger });
  onTestFinished(() => store.close());
  await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
  const sent = new Map([
    [BLACK_HOLE, [] as number[]],
    [LIVE, [] as number[]],
  ]);
  const { promise: answered, resolve: open } = Promise.withResolvers<void>();
  const run = async (address: string, { logId }: { logId: number }) => {
    sent.get(address)?.push(logId);
    if (address === BLACK_HOLE) await answered;
    return { kind: 'accepted' as const };
  };
  const ctx = givenContext(store, { dispatchConcurrency: 4 }, { client: { ...silentClient, run }, runtime });
  const sender = createSender(ctx);
  return { sender, sentTo: (address: string) => sent.get(address) ?? [], openBlackHole: open };
}

test('an executor that swallows every request holds up its own line and nobody else', async () => {
  const { sender, sentTo, openBlackHole } = await givenSender();
  for (let logId = 1; logId <= 2_000; logId++) sender.send(dispatch(BLACK_HOLE, logId));
  for (let logId = 1; logId <= 2_000; logId++) sender.send(dispatch(LIVE, 5_000 + logId));
  await expect.poll(() => sentTo(LIVE).length, { timeout: 15_000 }).toBe(2_000);
  // Four messages with their fill; the fifth waits until one of them is answered.
  expect(sentTo(BLACK_HOLE)).toEqual(Array.from({ length: 4 * RUNS_MAX }, (_, i) => i + 1));
  openBlackHole();
  await sender.idle();
  expect(sentTo(BLACK_HOLE)).toHaveLength(2_000);
});

test('what is in line is not taken a second time, and may come again once it was answered', async () => {
  const { sender, sentTo, openBlackHole } = await givenSender();
  for (let times = 0; times < 3; times++) {
    for (let logId = 1; logId <= 8; logId++) sender.send(dispatch(BLACK_HOLE, logId));
  }
  openBlackHole();
  await sender.idle();
  expect(sentTo(BLACK_HOLE)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  sender.send(dispatch(BLACK_HOLE, 1));
  await sender.idle();
  expect(sentTo(BLACK_HOLE)).toHaveLength(9);
});

describe('a request that was sent before without a clear answer', () => {
  const ONCE = [job(1, 'work', { route: 'FIRST', onNodeLoss: 'fail' })];
  const unclear: DispatchAnswer = { kind: 'unclear', why: 'no answer' };
  const unreachable: DispatchAnswer = { kind: 'unreachable', why: 'connection refused' };
  const refused: DispatchAnswer = { kind: 'refused', why: 'no room' };
  const busy: DispatchAnswer = { kind: 'busy', why: 'no room' };

  /** What an attempt has become after these answers, one per send; then everybody accepts. */
  async function outcomeOf(answers: readonly DispatchAnswer[], sameProcess = true) {
    const given = await givenRuns(ONCE);
    const left = [...answers];
    const asked: string[] = [];
    given.client.run = async (address) => {
      asked.push(address);
      return left.shift() ?? { kind: 'accepted' };
    };
    const runId = await given.trigger('work');
    given.client.beat = async () => sameProcess;
    for (let pass = 0; pass < 6; pass++) {
      await given.dispatch();
      await given.runtime.advance(5_000);
    }
    const attempts = await given.store.read('attempts', (db) =>
      db.all<{ state: string }>(`select state from s_attempt where run_id = ${runId} order by id`),
    );
    return { asked: new Set(asked).size, attempts: attempts.map(({ state }) => state) };
  }

  test('stays with its executor when nobody answers there any more: it may have begun', async () => {
    expect(await outcomeOf([unclear, ...Array<DispatchAnswer>(20).fill(unreachable)])).toEqual({
      asked: 1,
      attempts: ['sent'],
    });
  });

  test('goes to another one when the very process that would have it says no', async () => {
    expect(await outcomeOf([unclear, refused])).toEqual({ asked: 2, attempts: ['refused', 'running'] });
  });

  test('stays when another process at the address says no', async () => {
    expect(await outcomeOf([unclear, ...Array<DispatchAnswer>(20).fill(refused)], false)).toEqual({
      asked: 1,
      attempts: ['sent'],
    });
  });

  test('which was sent once only and was refused is nowhere, and goes to another', async () => {
    expect(await outcomeOf([unreachable])).toEqual({ asked: 2, attempts: ['refused', 'running'] });
  });

  test('stays as an attempt that was refused when the process that may have had it has no room now', async () => {
    expect(await outcomeOf([unclear, busy])).toEqual({ asked: 2, attempts: ['refused', 'running'] });
  });

  test('stays when the answer to the first sending comes after the second has left', async () => {
    const { ctx, store, trigger, view } = await givenRuns(ONCE);
    const runId = await trigger('work');
    const sent: Dispatch[] = [];
    await dispatchReadyShards(ctx, { send: (one) => void sent.push(one), idle: async () => undefined });
    await store.transaction('another scheduler sends it too', (tx) => tx.run('update s_attempt set sends = 2'));
    const sender = createSender({ ...ctx, client: { ...ctx.client, run: async () => unreachable } });
    for (const one of sent) sender.send(one);
    await sender.idle();
    expect((await view(runId)).shards.map((shard) => shard.state)).toEqual(['sent']);
  });
});

describe('an executor that has no room', () => {
  const ONE = [job(1, 'work', { route: 'FIRST', onNodeLoss: 'reassign' })];
  const busy: DispatchAnswer = { kind: 'busy', why: 'no room' };

  /** The attempts that there are, the log id that counts, and how many hand-outs the shard has had. */
  const rowsOf = async (store: SqlStore, runId: number) => ({
    attempts: await store.read('attempts', (db) =>
      db.all(`select id, no, state from s_attempt where run_id = ${runId} order by id`),
    ),
    shard: await store.read('shard', (db) =>
      db.get(`select state, log_id as logId, attempts, refusals from s_shard where run_id = ${runId}`),
    ),
  });

  test('leaves nothing, however often it is asked; each request has a log id of its own', async () => {
    const given = await givenRuns(ONE);
    const asked: { logId: number; attempt: number | undefined }[] = [];
    given.client.run = async (_, { logId, attempt }) => {
      asked.push({ logId, attempt });
      return asked.length <= 50 ? busy : { kind: 'accepted' };
    };
    const runId = await given.trigger('work');
    for (let pass = 0; pass < 50; pass++) {
      await given.dispatch();
      await given.runtime.advance(300);
    }
    expect(await rowsOf(given.store, runId)).toEqual({
      attempts: [],
      shard: { state: 'ready', logId: null, attempts: 0, refusals: 0 },
    });
    expect((await given.view(runId)).reason).toMatch(/has no room: no room/);
    await given.dispatch();
    expect(await rowsOf(given.store, runId)).toEqual({
      attempts: [{ id: asked.at(-1)?.logId, no: 1, state: 'running' }],
      shard: { state: 'running', logId: asked.at(-1)?.logId, attempts: 1, refusals: 0 },
    });
    expect(new Set(asked.map(({ logId }) => logId)).size).toBe(51);
    expect(new Set(asked.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  });

  test('leaves the attempt before it as the one that counts: what that one tells late is taken', async () => {
    const given = await givenRuns(ONE);
    const runId = await given.trigger('work');
    const [first] = await given.dispatch();
    if (first === undefined) throw new Error('nothing was sent');
    await given.beat(Number(new URL(first.address).port), 'second');
    await rescueLostAttempts(given.ctx);
    given.client.run = async () => busy;
    await given.runtime.advance(60_000);
    await given.dispatch();
    expect(await rowsOf(given.store, runId)).toEqual({
      attempts: [{ id: first.logId, no: 1, state: 'lost' }],
      shard: { state: 'ready', logId: first.logId, attempts: 1, refusals: 0 },
    });
    expect(await given.report(first)).toBe('taken');
    expect((await given.view(runId)).state).toBe('succeeded');
  });
});
