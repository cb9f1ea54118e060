import { afterAll, describe, expect, test } from 'vitest';
import { acceptCallback } from '../../scheduler/callback/accept-callback.ts';
import { acceptRunManifest } from '../../scheduler/callback/accept-told.ts';
import { viewChainRun } from '../../scheduler/chain/chain-run-view.ts';
import { startChain } from '../../scheduler/chain/start-chain.ts';
import type { Dispatch } from '../../scheduler/dispatch/dispatch.ts';
import { dispatchReadyShards } from '../../scheduler/dispatch/dispatch-ready-shards.ts';
import { recordHeartbeat } from '../../scheduler/registry/record-heartbeat.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { insertAttempt } from '../../scheduler/storage/sql/attempt-queries.ts';
import { storeChain, storeJob } from '../../scheduler/storage/sql/definition-queries.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { describeOnEachServer } from '../support/each-store.ts';
import { givenContext, ORDERS_DEFINITIONS } from '../support/given-scheduler-context.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeSchedulerStore } from './scheduler-store.suite.ts';

const runtime = systemRuntime();

describeOnEachServer('the scheduler with a server', (server) => {
  const drops: (() => Promise<void>)[] = [];
  const open = async (): Promise<SqlStore> => {
    const database = await createMysqlDatabase(server);
    drops.push(database.drop);
    return openSqlStore({ url: database.url, connections: 6, durability: 'warn' }, { runtime, logger });
  };
  afterAll(async () => {
    for (const drop of drops) await drop();
  });

  describeSchedulerStore(server, open);

  // Two results whose transactions have both counted the shards before either of them ends.
  async function childrenAfterTwoResults(change: (store: SqlStore) => SqlStore, waitMs: number): Promise<string[]> {
    const store = await open();
    try {
      await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
      const plain = givenContext(store);
      await store.transaction('definitions', async (tx) => {
        for (const job of ORDERS_DEFINITIONS.jobs) await storeJob(tx, job);
        for (const chain of ORDERS_DEFINITIONS.chains) await storeChain(tx, chain);
      });
      for (const port of [9001, 9002]) {
        await recordHeartbeat(plain, {
          registryGroup: 'EXECUTOR',
          registryKey: 'orders',
          registryValue: `http://127.0.0.1:${port}/`,
        });
      }
      const order = { chain: 'orders', businessDate: '2026-11-20', cutOffAtMs: null, requestId: 'tonight' };
      const { chainRunId } = await startChain(plain, order);
      const sent: Dispatch[] = [];
      await dispatchReadyShards(plain, { send: (one) => sent.push(one), idle: async () => undefined });
      await acceptRunManifest(plain, { runId: sent[0]?.request.runId ?? 0, sliceCount: 0, totals: [] });
      const ctx = givenContext(meetAfterCounting(change(store), waitMs));
      await Promise.all(sent.map(({ request }) => acceptCallback(ctx, { logId: request.logId, handleCode: 200 })));
      const view = await store.read('view', (db) => viewChainRun(db, chainRunId));
      return (view?.runs ?? []).slice(1).map((run) => run.job);
    } finally {
      await store.close();
    }
  }

  test('states that change while much is due have one width, and no other word is taken', async () => {
    const store = await open();
    try {
      await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
      for (const table of ['s_fire', 's_shard', 's_attempt']) {
        const type = await store.read('type', (db) =>
          db.get<{ type: string }>(
            `select column_type as type from information_schema.columns
              where table_schema = database() and table_name = ? and column_name = 'state'`,
            [table],
          ),
        );
        expect(type?.type, table).toBe('char(9)');
      }
      await recordHeartbeat(givenContext(store), {
        registryGroup: 'EXECUTOR',
        registryKey: 'orders',
        registryValue: 'http://127.0.0.1:9001/',
      });
      const { id } = (await store.read('executor', (db) => db.get<{ id: number }>('select id from s_executor'))) ?? {
        id: 0,
      };
      const wrong = [
        store.transaction('attempt', async (tx) => {
          const logId = await insertAttempt(tx, { runId: 1, shardIndex: 0, no: 1, executorId: id });
          await tx.run(`update s_attempt set state = 'sleeping' where id = ?`, [logId]);
        }),
        store.transaction('shard', (tx) =>
          tx.run(`insert into s_shard (run_id, shard_index, state, ready_at) values (1, 0, 'sleeping', 0)`),
        ),
        store.transaction('fire', (tx) =>
          tx.run(
            `insert into s_fire (origin, dedup_key, planned_at, business_date, state) values ('cron', 'one', 0, '', 'sleeping')`,
          ),
        ),
      ];
      for (const result of await Promise.allSettled(wrong)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/constraint/i) } });
      }
    } finally {
      await store.close();
    }
  });

  // An insert that meets a row locks it shared and uses a number up: it shows here, and elsewhere as two schedulers
  // that take the beats of one executor and wait for each other.
  test('a beat of an executor that is known inserts nothing', async () => {
    const store = await open();
    try {
      await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
      const ctx = givenContext(store);
      await store.transaction('definitions', async (tx) => {
        for (const job of ORDERS_DEFINITIONS.jobs) await storeJob(tx, job);
      });
      for (const port of [9001, 9001, 9001, 9002]) {
        const registryValue = `http://127.0.0.1:${port}/`;
        await recordHeartbeat(ctx, { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue });
      }
      const ids = await store.read('ids', (db) => db.all<{ id: number }>('select id from s_executor order by id', []));
      expect(ids).toHaveLength(2);
      expect((ids[1]?.id ?? 0) - (ids[0]?.id ?? 0)).toBe(1);
    } finally {
      await store.close();
    }
  });

  describe('the lock on the parent run (trap T1)', () => {
    test('with it the child is made once', async () => {
      expect(await childrenAfterTwoResults((store) => store, 300)).toEqual(['report']);
    });
    test('without it each result sees the other shard open, and the child is never made', async () => {
      expect(await childrenAfterTwoResults(withoutRowLocks, 30_000)).toEqual([]);
    });
  });
});

const wrapTx = (store: SqlStore, more: (tx: SqlTx) => Partial<SqlTx>): SqlStore => ({
  ...store,
  read: (name, body) => store.read(name, body),
  transaction: (name, body) =>
    store.transaction(name, (tx) => {
      const wrapped = Object.create(tx) as SqlTx;
      for (const [key, value] of Object.entries(more(tx))) Object.defineProperty(wrapped, key, { value });
      return body(wrapped);
    }),
});

/** The planted fault. */
const withoutRowLocks = (store: SqlStore): SqlStore => wrapTx(store, () => ({ forUpdate: '' }));

/**
 * Holds each transaction when it has counted the shards until both have, or for `waitMs` when a lock keeps one out. Held
 * before they count, one could count, end and be seen by the other: what is committed shows in each new read.
 */
function meetAfterCounting(store: SqlStore, waitMs: number): SqlStore {
  let counted = 0;
  const bothCounted = new AbortController();
  return wrapTx(store, (tx) => ({
    all: async (text, params) => {
      const rows = await tx.all(text, params);
      if (text.includes('from s_shard where run_id') && text.includes('order by shard_index')) {
        counted += 1;
        if (counted === 2) bothCounted.abort();
        await runtime.sleep(waitMs, bothCounted.signal).catch((reason: unknown) => {
          if (!bothCounted.signal.aborted) throw reason;
        });
      }
      return rows as never;
    },
  }));
}
