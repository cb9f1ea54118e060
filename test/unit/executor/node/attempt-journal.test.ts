import { describe, expect, onTestFinished, test } from 'vitest';
import { createAttemptJournal } from '../../../../executor/node/attempt-journal.ts';
import { createGroupCommit } from '../../../../executor/node/group-commit.ts';
import { readRunRequest } from '../../../../executor/node/read-run-request.ts';
import { nodeMigrations } from '../../../../executor/storage/migrations/executor-migrations.ts';
import { DaybreakError } from '../../../../shared/errors.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { systemRuntime } from '../../../../shared/runtime/system-runtime.ts';
import { migrate } from '../../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../../shared/sql/sql.ts';

const attempt = (logId: number) =>
  readRunRequest({ jobId: 7, executorHandler: 'work', logId, logDateTime: 0, runId: logId }, 'UTC');
const DONE = { code: 200, message: '', result: null };

/** A journal on a real store, and the names of its transactions. */
async function given() {
  const real = await openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger: silentLogger });
  onTestFinished(() => real.close());
  await migrate(real, nodeMigrations, { logger: silentLogger, component: 'executor' });
  const transactions: string[] = [];
  const store: SqlStore = {
    ...real,
    transaction(name, body, options) {
      transactions.push(name);
      return real.transaction(name, body, options);
    },
  };
  return {
    journal: createAttemptJournal(store, { address: 'http://a/', incarnation: 'i' }, systemRuntime()),
    transactions,
    store,
  };
}

describe('attempts', () => {
  test('of one message are written down in one transaction', async () => {
    const { journal, transactions } = await given();
    const list = Array.from({ length: 200 }, (_, at) => attempt(at + 1));
    expect(await journal.accept(list)).toEqual(new Array(200).fill('accepted'));
    expect(transactions).toEqual(['accept-attempt']);
  });

  test('of messages that come together share one, and each message has its own answers', async () => {
    const { journal, transactions } = await given();
    const one = journal.accept([attempt(1), attempt(2)]);
    const other = journal.accept([attempt(3)]);
    expect(await Promise.all([one, other])).toEqual([['accepted', 'accepted'], ['accepted']]);
    expect(transactions).toHaveLength(1);
  });

  test('that end turn after turn of the event loop end in one transaction', async () => {
    const { journal, transactions, store } = await given();
    await journal.accept([1, 2, 3, 4].map(attempt));
    const ends: Promise<void>[] = [];
    for (const logId of [1, 2, 3, 4]) {
      ends.push(journal.end({ logId, outcome: DONE }));
      await systemRuntime().yieldTurn();
    }
    await Promise.all(ends);
    expect(transactions.filter((name) => name === 'end-attempt')).toHaveLength(1);
    const told = await store.read('count', (db) => db.get<{ n: number }>('select count(*) as n from x_outbox'));
    expect(told?.n).toBe(4);
  });
});

describe('a group', () => {
  const refused = (works: readonly number[]) => works.includes(2);

  test('in which the store refuses one is written one by one, and only that one fails', async () => {
    const commit = createGroupCommit(async (works: readonly number[]) => {
      if (refused(works)) throw new DaybreakError('SQL_REFUSED', 'too long');
      return works.map((work) => work * 10);
    }, 10);
    const results = await Promise.allSettled([1, 2, 3].map(commit));
    expect(results.map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual([10, 'failed', 30]);
  });

  test('whose store is away fails as a whole, and waits for it once', async () => {
    let writes = 0;
    const commit = createGroupCommit(async () => {
      writes += 1;
      throw new DaybreakError('STORE_UNREACHABLE', 'away');
    }, 10);
    const results = await Promise.allSettled([1, 2, 3].map(commit));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(writes).toBe(1);
  });

  test('is no larger than it may be', async () => {
    const sizes: number[] = [];
    const commit = createGroupCommit(async (works: readonly number[]) => {
      sizes.push(works.length);
      return works;
    }, 2);
    await Promise.all([1, 2, 3, 4, 5].map(commit));
    expect(sizes).toEqual([2, 2, 1]);
  });

  test('waits for more no longer than it may, and not for what does not come', async () => {
    let nowMs = 0;
    let turns = 0;
    const sizes: number[] = [];
    const commits: Promise<number>[] = [];
    const runtime = {
      clock: { monotonicMs: () => nowMs, wallMs: () => nowMs },
      yieldTurn: async () => {
        turns += 1;
        nowMs += 1;
        // One more in each turn, as from handlers that never pause.
        if (turns < 20) commits.push(commit(turns));
      },
    };
    const write = async (works: readonly number[]) => {
      sizes.push(works.length);
      return works;
    };
    const commit = createGroupCommit(write, 100, { runtime, forMs: 5 });
    await commit(0);
    expect(sizes[0]).toBeLessThan(10);
    turns = 20;
    await Promise.all(commits);
    const before = turns;
    await commit(0);
    expect(turns - before).toBe(2);
  });
});
