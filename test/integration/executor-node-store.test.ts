import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Attempt, AttemptOutcome } from '../../executor/handler/attempt.ts';
import {
  acceptAttempts,
  closeFormerAttempts,
  endAttempts,
  type NodeIdentity,
  removeAttemptsBefore,
} from '../../executor/node/attempt-queries.ts';
import { enqueueOutbox } from '../../executor/node/outbox.ts';
import { deleteMessages, postponeMessages, takeDueMessages } from '../../executor/node/outbox-queries.ts';
import { readRunRequest } from '../../executor/node/read-run-request.ts';
import { nodeMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

const NODE = { address: 'http://127.0.0.1:9999/', incarnation: 'second-start' };
const EARLIER = { ...NODE, incarnation: 'first-start' };
const DONE = { code: 200, message: 'done', result: '{"sum":"9007199254740993"}' };
let lastLogId = 0;

function anAttempt(differing: Partial<Attempt> = {}): Attempt {
  lastLogId += 1;
  return {
    logId: lastLogId,
    logDateTime: 1_767_225_600_000,
    jobId: 7,
    handler: 'work',
    param: '',
    runId: 1_809_639_014_400_007,
    chainRunId: null,
    attempt: 1,
    shardIndex: 0,
    shardTotal: 1,
    businessDate: '2026-01-01',
    plannedAtMs: 1_767_225_600_000,
    cutOffAtMs: null,
    timeoutMs: null,
    ...differing,
  };
}

const acceptAttempt = async (store: SqlStore, attempt: Attempt, node: NodeIdentity) =>
  (await acceptAttempts(store, [attempt], node))[0];
const endAttempt = (store: SqlStore, logId: number, outcome: AttemptOutcome) =>
  endAttempts(store, [{ logId, outcome }]);

/** What a node keeps, on one store. */
function nodeStoreSuite(open: () => Promise<{ store: SqlStore; dispose(): Promise<void> }>): void {
  let store: SqlStore;
  let dispose: () => Promise<void>;
  beforeAll(async () => {
    ({ store, dispose } = await open());
  });
  afterAll(() => dispose());

  const callbacks = async () => {
    const rows = await takeDueMessages(store, 'callback', 50);
    if (rows.length > 0)
      await deleteMessages(
        store,
        rows.map((row) => row.id),
      );
    return rows.map((row) => JSON.parse(row.body) as { logId: number; result?: string });
  };

  test('an attempt is accepted, and accepted again while its start is in doubt', async () => {
    const attempt = anAttempt();
    expect(await acceptAttempt(store, attempt, NODE)).toBe('accepted');
    expect(await acceptAttempt(store, attempt, NODE)).toBe('accepted');
  });

  test('an end is stored once, with one message that carries it; asking again puts it out again', async () => {
    const attempt = anAttempt();
    await acceptAttempt(store, attempt, NODE);
    await endAttempt(store, attempt.logId, DONE);
    await endAttempt(store, attempt.logId, { code: 500, message: 'later', result: null });
    expect(await callbacks()).toMatchObject([{ logId: attempt.logId, handleCode: 200, result: DONE.result }]);
    expect(await acceptAttempt(store, attempt, NODE)).toBe('ended');
    expect(await callbacks()).toMatchObject([{ logId: attempt.logId, handleCode: 200, handleMsg: 'done' }]);
  });

  test('what an earlier start took is lost, has no result, and a late end of it changes nothing', async () => {
    const attempt = anAttempt({ runId: 42 });
    await acceptAttempt(store, attempt, EARLIER);
    expect(await acceptAttempt(store, attempt, NODE)).toBe('lost');
    expect(await closeFormerAttempts(store, NODE)).toContain(attempt.logId);
    expect(await acceptAttempt(store, attempt, NODE)).toBe('lost');
    await endAttempt(store, attempt.logId, DONE);
    expect(await callbacks()).toEqual([]);
  });

  test('what an admin of xxl-job gave to an earlier start is told as a failure: it learns of no restart', async () => {
    const request = { jobId: 7, executorHandler: 'work', logId: ++lastLogId, logDateTime: 1_767_225_600_000 };
    const attempt = readRunRequest(request, 'UTC');
    await acceptAttempt(store, attempt, EARLIER);
    expect(await closeFormerAttempts(store, NODE)).toContain(attempt.logId);
    expect(await callbacks()).toMatchObject([{ logId: attempt.logId, handleCode: 500 }]);
    expect(await closeFormerAttempts(store, NODE)).toEqual([]);
    expect(await acceptAttempt(store, attempt, NODE)).toBe('ended');
    expect(await callbacks()).toMatchObject([{ handleMsg: expect.stringContaining('started anew') }]);
  });

  test('a restart leaves the attempts of its neighbours alone', async () => {
    const [own, neighbours] = [anAttempt(), anAttempt()];
    await acceptAttempt(store, own, NODE);
    await acceptAttempt(store, neighbours, { address: 'http://127.0.0.1:9998/', incarnation: 'x' });
    expect(await closeFormerAttempts(store, NODE)).toEqual([]);
  });

  test.each([
    ['job', { jobId: 8 }],
    ['run', { runId: 1 }],
    ['shard', { shardIndex: 1, shardTotal: 2 }],
  ])('the same number for another %s is foreign', async (_, differing) => {
    const attempt = anAttempt();
    await acceptAttempt(store, attempt, NODE);
    expect(await acceptAttempt(store, { ...attempt, ...differing }, NODE)).toBe('foreign');
  });

  test('many at once: each is judged as if it had come alone, in order', async () => {
    const [ended, lost, known] = [anAttempt(), anAttempt({ runId: 42 }), anAttempt()];
    await acceptAttempt(store, ended, NODE);
    await endAttempt(store, ended.logId, DONE);
    await acceptAttempt(store, lost, EARLIER);
    await acceptAttempt(store, known, NODE);
    await callbacks();
    const list = [anAttempt(), ended, { ...known, jobId: 8 }, lost, anAttempt(), known];
    expect(await acceptAttempts(store, list, NODE)).toEqual([
      'accepted',
      'ended',
      'foreign',
      'lost',
      'accepted',
      'accepted',
    ]);
    expect(await callbacks()).toMatchObject([{ logId: ended.logId, handleCode: 200 }]);
  });

  test('many ends at once, long and short, with and without a result: each is stored once and told once', async () => {
    const attempts = Array.from({ length: 7 }, () => anAttempt());
    await acceptAttempts(store, attempts, NODE);
    const outcomeOf = (at: number): AttemptOutcome => ({
      code: at % 2 === 0 ? 200 : 500,
      message: 'm'.repeat(at * 9_000),
      result: at % 2 === 0 ? JSON.stringify('r'.repeat(at * 40_000)) : null,
    });
    const ends = attempts.map(({ logId }, at) => ({ logId, outcome: outcomeOf(at) }));
    await endAttempts(store, [
      ...ends,
      { logId: attempts[0]?.logId ?? 0, outcome: DONE },
      { logId: 999_999, outcome: DONE },
    ]);
    const told = await callbacks();
    expect(told).toMatchObject(
      ends.map(({ logId, outcome }) => ({ logId, handleCode: outcome.code, handleMsg: outcome.message })),
    );
    expect(told.map(({ result }) => result ?? null)).toEqual(ends.map(({ outcome }) => outcome.result));
  });

  test('old ended attempts go, open ones stay', async () => {
    const [open, ended] = [anAttempt(), anAttempt()];
    for (const attempt of [open, ended]) await acceptAttempt(store, attempt, NODE);
    await endAttempt(store, ended.logId, DONE);
    await callbacks();
    await systemRuntime().sleep(3);
    await removeAttemptsBefore(store, 0);
    await endAttempt(store, open.logId, DONE);
    expect(await acceptAttempt(store, ended, NODE)).toBe('accepted');
    expect(await callbacks()).toHaveLength(1);
  });

  test('messages come oldest first, not more than a mebibyte at once, and postponed ones later', async () => {
    await store.transaction('fill', async (tx) => {
      for (const name of ['a', 'b', 'c']) {
        await enqueueOutbox(tx, { kind: 'run-manifest', dedupKey: name, body: name + 'x'.repeat(500_000) });
      }
    });
    const first = await takeDueMessages(store, 'run-manifest', 50);
    expect(first.map((row) => row.body[1])).toEqual(['a', 'b']);
    await postponeMessages(store, first, () => 60_000);
    expect((await takeDueMessages(store, 'run-manifest', 50)).map((row) => row.body[1])).toEqual(['c']);
  });
}

describe('on SQLite', () => {
  nodeStoreSuite(async () => {
    const store = await openStore('sqlite::memory:');
    return { store, dispose: () => store.close() };
  });
});

describeWith(['MariaDB'], 'on MariaDB', () => {
  nodeStoreSuite(async () => {
    const database = await createMysqlDatabase();
    const store = await openStore(database.url);
    return {
      store,
      async dispose() {
        await store.close();
        await database.drop();
      },
    };
  });

  test('two processes that send from one table never have the same message in hand', async () => {
    const database = await createMysqlDatabase();
    const stores = [await openStore(database.url), await openStore(database.url)];
    await stores[0]?.transaction('fill', async (tx) => {
      for (let n = 0; n < 300; n++) await enqueueOutbox(tx, { kind: 'slice-settled', dedupKey: `5:${n}`, body: n });
    });
    const taken: number[] = [];
    const takeAll = async (store: SqlStore) => {
      for (;;) {
        const rows = await takeDueMessages(store, 'slice-settled', 20);
        if (rows.length === 0) return;
        taken.push(...rows.map((row) => row.id));
      }
    };
    await Promise.all(stores.map(takeAll));
    expect(new Set(taken).size).toBe(taken.length);
    // One that saw the other's locked rows stepped over them and ended early; the rest is claimed by nobody.
    await takeAll(stores[0] as SqlStore);
    expect(taken).toHaveLength(300);
    for (const store of stores) await store.close();
    await database.drop();
  });
});

async function openStore(url: string): Promise<SqlStore> {
  const store = await openSqlStore(url, { runtime: systemRuntime(), logger: silentLogger });
  await migrate(store, nodeMigrations, { logger: silentLogger, component: 'executor' });
  return store;
}
