import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore, type SqlStoreOptions } from '../../shared/sql/open-store.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { loggedLines } from '../support/logged-lines.ts';
import { type PrivateMariadb, startPrivateMariadb } from '../support/private-mariadb.ts';
import { describeWith } from '../support/servers.ts';
import { createTcpProxy } from '../support/tcp-proxy.ts';

const runtime = systemRuntime();

describeWith(['MariaDB'], 'a store whose MariaDB is not well', () => {
  let db: PrivateMariadb;
  let store: SqlStore;
  const stores: SqlStore[] = [];
  /** What lets held transactions go, so that a test that fails can be ended. */
  const releases: (() => void)[] = [];

  const open = async (more: Partial<SqlStoreOptions> = {}): Promise<SqlStore> => {
    const opened = await openSqlStore({ url: db.url, connections: 3, reserved: 1, ...more }, { runtime, logger });
    stores.push(opened);
    return opened;
  };
  const add = (tx: SqlTx): Promise<number> => tx.run('update t set n = n + 1 where id = 1');
  const value = async (): Promise<unknown> =>
    (await store.read('value', (tx) => tx.arrays('select n from t where id = 1')))[0]?.[0];

  beforeAll(async () => {
    db = await startPrivateMariadb();
  });
  afterAll(() => db.end());
  beforeEach(async () => {
    store = await open();
    await store.transaction('tables', async (tx) => {
      await tx.run('create table if not exists t (id int primary key, n bigint not null) engine=innodb');
      await tx.run('replace into t (id, n) values (1, 0)');
    });
  });
  afterEach(async () => {
    for (const release of releases.splice(0)) release();
    for (const opened of stores.splice(0)) await opened.close();
  });

  test('a server that is killed and started anew loses nothing that was acknowledged, and work goes on by itself', async () => {
    let acknowledged = 0;
    let unclear = 0;
    let stop = false;
    onTestFinished(() => {
      stop = true;
    });
    const worker = async (): Promise<void> => {
      while (!stop) {
        try {
          await store.transaction('add', add);
          acknowledged += 1;
        } catch (error) {
          const { code } = error as { code: string };
          if (code === 'COMMIT_UNKNOWN') unclear += 1;
          else if (code !== 'STORE_UNREACHABLE') throw error;
        }
      }
    };
    const workers = [1, 2, 3].map(worker);
    for (let kill = 1; kill <= 2; kill++) {
      const before = acknowledged;
      await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(before + 20), { timeout: 120_000 });
      await db.kill();
      await vi.waitFor(() => expect(store.health().isWritable).toBe(false), { timeout: 120_000 });
      expect(store.health().why).toMatch(/no connection to the database at 127\.0\.0\.1/);
      await db.start();
      await vi.waitFor(() => expect(store.health()).toEqual({ isWritable: true, why: null }), { timeout: 120_000 });
    }
    const before = acknowledged;
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(before + 20), { timeout: 120_000 });
    stop = true;
    await Promise.all(workers);
    const stored = Number(await value());
    expect(stored).toBeGreaterThanOrEqual(acknowledged);
    // A server that is back within moments may have been waited for by all: how many failed says nothing.
    expect(stored).toBeLessThanOrEqual(acknowledged + unclear);
  });

  test('a restart of a moment is ridden out by what has not begun yet', async () => {
    const patient = await open({ reconnectMs: 120_000 });
    await patient.transaction('add', add);
    await db.kill();
    const waiting = [1, 2, 3, 4, 5].map(() => patient.transaction('add', add));
    await db.start();
    await Promise.all(waiting);
    store = patient;
    expect(await value()).toBe(6);
  });

  test('a server that becomes read-only takes nothing more, says so, and is used again without a restart', async () => {
    await db.admin(
      `create user if not exists daybreak@'127.0.0.1'`,
      `grant all on daybreak_private.* to daybreak@'127.0.0.1'`,
    );
    const plain = new URL(db.url);
    plain.username = 'daybreak';
    const client = await open({ url: plain.toString() });
    await client.transaction('add', add);

    const early = client.transaction('becomes read-only before its write', async (tx) => {
      await db.admin('set global read_only = 1');
      await add(tx);
    });
    await expect(early).rejects.toMatchObject({ code: 'STORE_READ_ONLY', retryable: true });
    await expect(client.transaction('add', add)).rejects.toThrow(/read_only = ON.*Name the primary/);
    await expect(client.read('look', async () => undefined)).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
    // One who may write all the same does not.
    await expect(store.transaction('add', add)).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
    await expect(open()).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
    await vi.waitFor(() => expect(client.health().isWritable).toBe(false), { timeout: 60_000 });

    await db.admin('set global read_only = 0');
    await vi.waitFor(() => expect(client.health()).toEqual({ isWritable: true, why: null }), { timeout: 60_000 });
    await vi.waitFor(() => expect(store.health().isWritable).toBe(true), { timeout: 60_000 });

    const late = client.transaction('becomes read-only before its commit', async (tx) => {
      await add(tx);
      // It waits for open transactions to end in newer servers; those go on until their COMMIT is asked for.
      void db.admin('set global read_only = 1');
      await vi.waitFor(async () => expect(await db.admin('select @@global.read_only as r')).toEqual([{ r: 1 }]), {
        timeout: 60_000,
      });
    });
    await expect(late).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
    await db.admin('set global read_only = 0');
    expect(await value()).toBe(1);
  });

  test('a killed statement and a killed connection undo their transaction, and nothing else', async () => {
    const killed = (verb: string) =>
      store.transaction('killed', async (tx) => {
        await add(tx);
        const [[id]] = (await tx.arrays('select connection_id()')) as [[number]];
        // It may be refused before the kill's own answer is here.
        const slow = tx.arrays('select sleep(60) from t').catch(() => undefined);
        await vi.waitFor(
          async () => {
            const [row] = (await db.admin(
              `select info as info from information_schema.processlist where id = ${id}`,
            )) as [{ info: string }];
            expect(row.info).toContain('sleep');
          },
          { timeout: 60_000 },
        );
        await db.admin(`kill ${verb} ${id}`);
        await slow;
        await add(tx).catch(() => undefined);
      });
    await expect(killed('query')).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    await expect(killed('connection')).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(await value()).toBe(0);
    await store.transaction('add', add);
    expect(await value()).toBe(1);
  });

  test('a lock that is waited for too long undoes and repeats the whole transaction, savepoints included', async () => {
    const [{ Value: rollbackOnTimeout }] = (await db.admin(`show variables like 'innodb_rollback_on_timeout'`)) as [
      { Value: string },
    ];
    expect(rollbackOnTimeout).toBe('OFF');
    await store.transaction('other row', (tx) => tx.run('replace into t (id, n) values (2, 0)'));
    let [runs, outside] = [0, 0];
    const locked = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    releases.push(release);
    const holder = store.transaction('holder', async (tx) => {
      await tx.run('update t set n = 100 where id = 2');
      locked.resolve();
      await released;
    });
    await locked.promise;
    const waiter = store.transaction('waiter', async (tx) => {
      runs += 1;
      await tx.run('set session innodb_lock_wait_timeout = 1');
      await tx.run('savepoint half');
      await add(tx);
      if (runs === 2) release();
      await tx.run('update t set n = n + 1 where id = 2');
      await tx.run('release savepoint half');
    });
    await waiter.then(() => {
      outside += 1;
    });
    await holder;
    expect(runs).toBeGreaterThanOrEqual(2);
    expect([outside, await value()]).toEqual([1, 1]);
    expect(await store.read('two', (tx) => tx.arrays('select n from t where id = 2'))).toEqual([[101]]);
    expect(store.figures().transactions.repeated).toBeGreaterThanOrEqual(1);
  });

  test('when all connections are taken, renewals go through, and who waits too long is told', async () => {
    const small = await open({ connections: 2, reserved: 1, connectionWaitMs: 300 });
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    releases.push(release);
    const holders = [1, 2].map(() => small.transaction('hold', () => held));
    await vi.waitFor(() => expect(small.figures().connections.inUse).toBe(2), { timeout: 60_000 });
    const waiters = Promise.allSettled([1, 2, 3, 4, 5].map(() => small.transaction('wait', async () => undefined)));
    expect(small.figures().connections).toEqual({ total: 2, inUse: 2, waiting: 5 });
    for (let i = 0; i < 20; i++) await small.transaction('renew', add, { urgent: true });
    const ends = await waiters;
    expect(ends.map((end) => end.status === 'rejected' && end.reason.code)).toEqual(
      new Array(5).fill('STORE_OVERLOADED'),
    );
    release();
    await Promise.all(holders);
    expect(await value()).toBe(20);
    expect(small.figures().connections).toMatchObject({ inUse: 0, waiting: 0 });
    expect(small.health().isWritable).toBe(true);
  });

  test('a server with no connection left is named as that, with the way out', async () => {
    await db.admin('set global max_connections = 10');
    const crowd = await Promise.allSettled([1, 2, 3].map(() => open({ connections: 5, reserved: 4, reconnectMs: 0 })));
    const refused = crowd.find((one) => one.status === 'rejected');
    expect(refused?.reason).toMatchObject({
      code: 'STORE_UNREACHABLE',
      retryable: true,
      message: expect.stringMatching(/no connection left to give.*max_connections/),
    });
    await db.admin('set global max_connections = 151').catch(async () => {
      for (const opened of stores.splice(1)) await opened.close();
      await db.admin('set global max_connections = 151');
    });
  });

  test('a slow server is measured, and only slow', async () => {
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: db.port });
    const target = new URL(db.url);
    target.port = String(proxy.port);
    const slow = await open({ url: target.toString(), slowStatementMs: 200 });
    proxy.delay('down', 400);
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => slow.transaction('add slowly', add)));
    const { roundTrip, connectionWait, slow: names } = slow.figures();
    expect(roundTrip.p50Ms).toBeGreaterThan(390);
    expect(connectionWait.maxMs).toBeGreaterThan(390);
    expect(names).toMatchObject([{ name: 'add slowly' }]);
    expect(slow.figures().clock?.skewMs).toBeLessThan(1_000);
    expect(await value()).toBe(6);
    await slow.close();
    await proxy.close();
  });

  test('opening waits for a server that is not there yet, and says so once', async () => {
    await store.close();
    await db.kill();
    const { logger: loud, lines } = loggedLines();
    const opening = openSqlStore({ url: db.url, connections: 1, waitMs: 240_000 }, { runtime, logger: loud });
    await vi.waitFor(() => expect(lines.length).toBe(1), { timeout: 60_000 });
    expect(lines[0]?.msg).toMatch(/^waiting for the store: no connection to the database at 127\.0\.0\.1/);
    await runtime.sleep(1_500);
    expect(lines).toHaveLength(1);
    await db.start();
    const opened = await opening;
    stores.push(opened);
    expect(lines.at(-1)?.msg).toBe('the store is there');
  });

  test('opening does not wait for what will not come', async () => {
    const wrong = new URL(db.url);
    wrong.pathname = '/nowhere';
    await expect(open({ url: wrong.toString(), waitMs: 600_000 })).rejects.toThrow(/no database "nowhere"/);
  });
});
