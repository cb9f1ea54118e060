import { afterAll, describe, expect, test } from 'vitest';
import { setGroupLimit } from '../../scheduler/dispatch/set-group-limit.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { describeOnEachServer } from '../support/each-store.ts';
import { givenRouting, portOf } from '../support/given-routing.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeBlocking } from './scheduler-blocking.suite.ts';

const runtime = systemRuntime();
// What was sent before is not sent again meanwhile, however long the machine takes.
const sentOnce = { resendAfterMs: 600_000 };

describeOnEachServer('with a server', (server) => {
  const drops: (() => Promise<void>)[] = [];
  const open = async (): Promise<SqlStore> => {
    const database = await createMysqlDatabase(server);
    drops.push(database.drop);
    return openSqlStore({ url: database.url, connections: 6, durability: 'warn' }, { runtime, logger });
  };
  afterAll(async () => {
    for (const drop of drops) await drop();
  });

  describeBlocking(server, open);

  // Two schedulers that look at runs of two jobs at once, and count how full the group is before either lets one go.
  async function runsThatWent(change: (store: SqlStore) => SqlStore, waitMs: number): Promise<number> {
    const plain = await open();
    try {
      const jobs = [9, 1].map((priority) => ({ id: priority, name: `p${priority}`, priority }));
      const given = await givenRouting({ store: plain, jobs, settings: sentOnce });
      await given.executor(9001);
      await setGroupLimit(given.ctx, { group: 'orders', runLimit: 1, by: 'anna' });
      await given.fire('p9');
      await given.fire('p1');
      // One goes by priority and the other, for which any wait makes a run urgent, by age: they begin with different runs.
      await plain.transaction('older', (tx) => tx.run(`update s_run set created_at = created_at - job_id * 1000`));
      const store = meetAfter('count(*) as running', change(plain), waitMs);
      const one = await givenRouting({ store, jobs, settings: sentOnce });
      const other = await givenRouting({ store, jobs, settings: { ...sentOnce, priorityAgingMs: 1 } });
      return (await Promise.all([one.dispatch(), other.dispatch()])).flat().length;
    } finally {
      await plain.close();
    }
  }

  describe('the lock on the group', () => {
    test('with it no more go than the limit', async () => {
      expect(await runsThatWent((store) => store, 300)).toBe(1);
    });
    test('without it each counts before the other has let one go', async () => {
      expect(await runsThatWent(without('run_limit > 0'), 30_000)).toBe(2);
    });
  });

  // Two schedulers that route two runs of one job at once, and read what was used before either writes what it chose.
  async function portsChosen(change: (store: SqlStore) => SqlStore, waitMs: number): Promise<number[]> {
    const plain = await open();
    try {
      const jobs = [{ id: 1, name: 'least', route: 'LEAST_FREQUENTLY_USED' as const, block: 'PARALLEL' as const }];
      const given = await givenRouting({ store: plain, jobs, settings: sentOnce });
      for (const port of [9001, 9002]) await given.executor(port);
      for (let time = 0; time < 2; time++) await given.fire('least');
      await given.dispatch();
      await plain.transaction('away', (tx) => tx.run(`update s_executor set state = 'silent'`));
      const [first] = [await given.fire('least'), await given.fire('least')];
      await plain.transaction('back', async (tx) => {
        await tx.run(`update s_executor set state = 'alive'`);
        await tx.run(`update s_open_run set priority = 9 where run_id = ?`, [first]);
        await tx.run(`update s_run set created_at = created_at - 1000 where id = ?`, [first]);
      });
      const store = meetAfter('from s_route_use', change(plain), waitMs);
      const one = await givenRouting({ store, jobs, settings: sentOnce });
      const other = await givenRouting({ store, jobs, settings: { ...sentOnce, priorityAgingMs: 1 } });
      return (await Promise.all([one.dispatch(), other.dispatch()])).flat().map(portOf).sort();
    } finally {
      await plain.close();
    }
  }

  describe('the lock on the job', () => {
    test('with it each choice knows of the one before', async () => {
      expect(await portsChosen((store) => store, 300)).toEqual([9001, 9002]);
    });
    test('without it both choose the same executor', async () => {
      expect(await portsChosen(without('select id from s_job where id = ?', { id: 1 }), 30_000)).toEqual([9001, 9001]);
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

/** The planted fault: a statement that locks is left out, and answered as if it had locked. */
const without =
  (statement: string, answer: object | null = null) =>
  (store: SqlStore): SqlStore =>
    wrapTx(store, (tx) => ({
      get: (text, params) => (text.includes(statement) ? Promise.resolve(answer as never) : tx.get(text, params)),
    }));

/**
 * Holds each transaction when it has read by such a statement until both have, or for `waitMs` when a lock keeps one out.
 * Held before, one could read, write and end before the other reads.
 */
function meetAfter(statement: string, store: SqlStore, waitMs: number): SqlStore {
  let arrived = 0;
  const bothHaveRead = new AbortController();
  const meet = async <T>(text: string, rows: T): Promise<T> => {
    if (!text.includes(statement)) return rows;
    arrived += 1;
    if (arrived === 2) bothHaveRead.abort();
    await runtime.sleep(waitMs, bothHaveRead.signal).catch((reason: unknown) => {
      if (!bothHaveRead.signal.aborted) throw reason;
    });
    return rows;
  };
  return wrapTx(store, (tx) => ({
    get: async (text, params) => meet(text, (await tx.get(text, params)) as never),
    all: async (text, params) => meet(text, (await tx.all(text, params)) as never),
  }));
}
