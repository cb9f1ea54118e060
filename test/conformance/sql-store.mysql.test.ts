import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { updateManyText } from '../../shared/sql/bulk-sql.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { readMysqlPlace } from '../../shared/sql/mysql-place.ts';
import { openMysqlPool } from '../../shared/sql/mysql-pool.ts';
import { wayTo } from '../../shared/sql/mysql-way.ts';
import { openSqlStore, type SqlStoreOptions } from '../../shared/sql/open-store.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import { describeOnEachServer } from '../support/each-store.ts';
import { loggedLines } from '../support/logged-lines.ts';
import { createMysqlDatabase, runOnServer } from '../support/mysql-database.ts';
import { createTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { describeSqlStore } from './sql-store.suite.ts';

// The statement alone: "autocommit" stands in other packets. 3 is the protocol's byte for a query; where a query may have
// attributes, which MySQL takes, 0 and 1 stand behind it: none, in one set.
const COMMIT_PACKET = ['\u0003commit', '\u0003\u0000\u0001commit'];
const runtime = systemRuntime();
const POOL = {
  ...{ connections: 1, runtime, facts: null },
  ...{ connectTimeoutMs: 5_000, statementTimeoutMs: 60_000, connectionWaitMs: 60_000 },
};
const open = (url: string, more: Partial<SqlStoreOptions> = {}): Promise<SqlStore> =>
  openSqlStore({ url, connections: 6, durability: 'warn', ...more }, { runtime, logger });

describeOnEachServer('with a server', (server) => {
  const drops: (() => Promise<void>)[] = [];
  const freshDatabase = async (): Promise<string> => {
    const database = await createMysqlDatabase(server);
    drops.push(database.drop);
    return database.url;
  };
  afterAll(async () => {
    for (const drop of drops) await drop();
  });

  describeSqlStore(server, async () => open(await freshDatabase()));

  describe(`the store on ${server}`, () => {
    let databaseUrl: string;
    let store: SqlStore;
    let proxy: TcpProxy;
    let viaProxy: string;

    beforeAll(async () => {
      databaseUrl = await freshDatabase();
      store = await open(databaseUrl);
      await store.transaction('tables', (tx) =>
        tx.run('create table t (id int primary key, n bigint not null) engine=innodb'),
      );
      const target = new URL(databaseUrl);
      proxy = await createTcpProxy({ host: target.hostname, port: Number(target.port || 3306) });
      target.hostname = '127.0.0.1';
      target.port = String(proxy.port);
      viaProxy = target.toString();
    });
    afterAll(async () => {
      await store.close();
      await proxy.close();
    });

    const put = (id: number, n: number): Promise<number> =>
      store.transaction('put', (tx) => tx.run('replace into t (id, n) values (?, ?)', [id, n]));
    const numberOf = async (id: number): Promise<number | undefined> =>
      (await store.read('value', (db) => db.get<{ n: number }>('select n from t where id = ?', [id])))?.n;
    const add = (id: number) => (tx: SqlTx) => tx.run('update t set n = n + 1 where id = ?', [id]);

    test('calls a COMMIT whose answer is lost unknown, and does not repeat it', async () => {
      await put(1, 0);
      const cut = await open(viaProxy, { connections: 1 });
      let runs = 0;
      proxy.cutAnswerTo(COMMIT_PACKET);
      const attempt = cut.transaction('add', async (tx) => {
        runs++;
        return add(1)(tx);
      });
      await expect(attempt).rejects.toMatchObject({
        name: 'CommitUnknownError',
        code: 'COMMIT_UNKNOWN',
        retryable: false,
      });
      expect(runs).toBe(1);
      // It did happen: a caller that took the error for "failed" would have done it twice.
      expect(await numberOf(1)).toBe(1);
      // The store works on with another connection.
      await cut.transaction('add', add(1));
      expect(await numberOf(1)).toBe(2);
      await cut.close();
    });

    test('calls a COMMIT that may not have arrived unknown as well', async () => {
      await put(2, 0);
      const cut = await open(viaProxy, { connections: 1 });
      proxy.cutBefore(COMMIT_PACKET);
      await expect(cut.transaction('add', add(2))).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
      expect(await numberOf(2)).toBe(0);
      await cut.close();
    });

    test('calls a connection lost before the COMMIT unreachable: nothing has happened', async () => {
      await put(3, 0);
      const cut = await open(viaProxy, { connections: 1 });
      proxy.cutAnswerTo('update t set');
      const attempt = cut.transaction('add', async (tx) => {
        await add(3)(tx).catch((error: unknown) => expect(error).toMatchObject({ code: 'STORE_UNREACHABLE' }));
        // A body that goes on all the same cannot commit the rest.
      });
      await expect(attempt).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', retryable: true });
      expect(await numberOf(3)).toBe(0);
      await cut.close();
    });

    test('a process that lost a connection in the middle of a statement ends when it is done', async () => {
      proxy.cutAnswerTo('select 4711');
      const root = join(import.meta.dirname, '../..');
      const script = `
        import { openSqlStore } from '${root}/shared/sql/open-store.ts';
        import { systemRuntime } from '${root}/shared/runtime/system-runtime.ts';
        import { silentLogger as logger } from '${root}/shared/logger.ts';
        const options = { url: ${JSON.stringify(viaProxy)}, connections: 1, durability: 'warn' };
        const store = await openSqlStore(options, { runtime: systemRuntime(), logger });
        await store.read('lost', (db) => db.all('select 4711')).catch(({ code }) => console.log(code));
        await store.close();`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { timeout: 120_000 });
      let said = '';
      child.stdout.on('data', (chunk) => (said += String(chunk)));
      const [code] = await once(child, 'exit');
      // A statement may take 300 s: waiting for that it would have been killed.
      expect([said.trim(), code]).toEqual(['STORE_UNREACHABLE', 0]);
    });

    test('replaces connections that died while they lay idle, without an error', async () => {
      await put(4, 0);
      const cut = await open(viaProxy, { connections: 3 });
      await Promise.all([1, 2, 3].map(() => cut.transaction('add', add(4))));
      proxy.cutAll();
      await Promise.all([1, 2, 3].map(() => cut.transaction('add', add(4))));
      expect(await numberOf(4)).toBe(6);
      await cut.close();
    });

    test('runs the whole body again when it meets a deadlock, until both are through', async () => {
      await put(5, 0);
      await put(6, 0);
      let runs = 0;
      const bothHaveOne = meeting(2);
      const crossing = (first: number, second: number): Promise<number> =>
        store.transaction('cross', async (tx) => {
          runs++;
          await add(first)(tx);
          await bothHaveOne();
          return add(second)(tx);
        });
      await Promise.all([crossing(5, 6), crossing(6, 5)]);
      expect(runs).toBe(3);
      expect([await numberOf(5), await numberOf(6)]).toEqual([2, 2]);
    });

    test('rolls back and repeats even when the body swallows the deadlock', async () => {
      await put(7, 0);
      await put(8, 0);
      const bothHaveOne = meeting(2);
      const crossing = (first: number, second: number): Promise<void> =>
        store.transaction('cross', async (tx) => {
          await add(first)(tx);
          await bothHaveOne();
          await add(second)(tx).catch(() => undefined);
        });
      await Promise.all([crossing(7, 8), crossing(8, 7)]);
      expect([await numberOf(7), await numberOf(8)]).toEqual([2, 2]);
    });

    test('gives up after five runs and says so', async () => {
      let runs = 0;
      const attempt = store.transaction('never', async (tx) => {
        runs++;
        return tx.run(`signal sqlstate '40001' set mysql_errno = 1213, message_text = 'made up'`);
      });
      await expect(attempt).rejects.toMatchObject({ code: 'SQL_DEADLOCK', retryable: true });
      expect(runs).toBe(5);
    });

    test('reads what is committed, under READ COMMITTED, even inside one transaction', async () => {
      await put(9, 0);
      const seen = await store.transaction('look', async (tx) => {
        const look = async (): Promise<unknown> => (await tx.arrays('select n from t where id = 9'))[0]?.[0];
        const before = await look();
        await runOnServer([`update ${new URL(databaseUrl).pathname.slice(1)}.t set n = 5 where id = 9`], server);
        return [before, await look()];
      });
      expect(seen).toEqual([0, 5]);
    });

    test.each([
      'transaction isolation level repeatable read',
      `sql_mode = ''`,
      `sql_mode = concat(@@session.sql_mode, ',NO_BACKSLASH_ESCAPES')`,
      `time_zone = '+08:00'`,
      'autocommit = 1',
    ])('sets a session again that somebody has reset: %s', async (setting) => {
      const { logger: loud, lines } = loggedLines();
      const one = await openSqlStore(
        { url: databaseUrl, connections: 1, durability: 'warn' },
        { runtime, logger: loud },
      );
      const settings = (): Promise<unknown> =>
        one.transaction('look', (tx) =>
          tx.arrays('select @@session.sql_mode, @@session.time_zone, @@session.autocommit, connection_id()'),
        );
      const before = await settings();
      for (const _ of [1, 2]) {
        await one.transaction('meddle', (tx) => tx.run(`set session ${setting}`));
        expect(await settings()).toEqual(before);
      }
      const told = lines.filter(({ msg }) => msg.includes('reset by somebody'));
      expect(told).toHaveLength(1);
      await one.close();
    });

    test('keeps connections for urgent transactions when all others are taken', async () => {
      const small = await open(databaseUrl, { connections: 2, reserved: 1 });
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const holders = [1, 2, 3, 4].map(() => small.transaction('hold', () => held));
      expect(await small.transaction('renew', async () => 'renewed', { urgent: true })).toBe('renewed');
      release();
      await Promise.all(holders);
      await small.close();
    });

    test('picks past rows that another connection holds, without waiting for it', async () => {
      await put(30, 0);
      await put(31, 0);
      const pick = (tx: SqlTx) =>
        tx.arrays(`select id from t where id in (30, 31) order by id limit 1${tx.forUpdateSkipLocked}`);
      const seen = await store.transaction('first', async (tx) => {
        const first = await pick(tx);
        // Work that was begun elsewhere, while the row is held here.
        const second = await new Promise<unknown>((resolve, reject) => {
          outside(() => store.transaction('second', pick).then(resolve, reject));
        });
        return [first, second];
      });
      expect(seen).toEqual([[[30]], [[31]]]);
    });

    test('what lies in the pool outlives the time after which the server ends silent sessions', async () => {
      const place = readMysqlPlace(databaseUrl);
      const outlives = async (pingEveryMs?: number): Promise<boolean> => {
        const pool = openMysqlPool({
          ...POOL,
          place,
          way: wayTo(place),
          ...(pingEveryMs === undefined ? {} : { pingEveryMs }),
        });
        const idOf = async (): Promise<unknown> => {
          const connection = await pool.take();
          await connection.change('set session wait_timeout = 1');
          const [row] = await connection.arrays('select connection_id()');
          connection.release();
          return row?.[0];
        };
        const before = await idOf();
        await runtime.sleep(1_800);
        const after = await idOf();
        await pool.close();
        return before === after;
      };
      expect(await Promise.all([outlives(250), outlives()])).toEqual([true, false]);
    });

    test('does not let one transaction see the connection of another', async () => {
      const connectionIds = await Promise.all(
        [1, 2, 3].map(() =>
          store.transaction('id', async (tx) => {
            const ids = new Set<unknown>();
            for (let i = 0; i < 5; i++) {
              ids.add((await tx.arrays('select connection_id()'))[0]?.[0]);
              await runtime.yieldTurn();
            }
            return [...ids];
          }),
        ),
      );
      expect(new Set(connectionIds.flat()).size).toBe(3);
    });

    test('updates many rows by a table of values, in each form that the server reads', async () => {
      const [row] = await store.read('version', (db) => db.arrays('select version()'));
      for (const form of [/mariadb/i.test(String(row?.[0])) ? 'values' : 'rows', 'union'] as const) {
        await put(20, 1);
        await put(21, 2);
        const spec = { table: 't', key: ['id'], set: ['n'], guard: 'n < ?' };
        const text = updateManyText(spec, 3, form);
        const matched = await store.transaction('update', (tx) => tx.run(text, [20, 5_000_000_000, 21, 7, 99, 1, 100]));
        expect(matched).toBe(2);
        expect([await numberOf(20), await numberOf(21)]).toEqual([5_000_000_000, 7]);
      }
    });

    test('warnings that the server did not keep are not taken for those of keys', async () => {
      await put(40, 1);
      const spec = { table: 't', columns: ['id', 'n'], onConflict: 'ignore' } as const;
      const hidden = store.transaction('hidden', async (tx) => {
        await tx.run('set session max_error_count = 1');
        await tx.insertRows(spec, [
          [40, 1],
          [41, 'no number'],
        ]);
      });
      await expect(hidden).rejects.toMatchObject({
        code: 'SQL_REFUSED',
        message: expect.stringMatching(/kept 1 of 2 warnings \(max_error_count\)/),
      });
      expect(await numberOf(41)).toBeUndefined();
    });

    test('a user with rights on the database alone, and a password, is enough', async () => {
      const own = new URL(databaseUrl);
      const name = own.pathname.slice(1);
      own.username = `u${name.slice(-28)}`;
      own.password = 'a-word';
      const [user, rights] = [`${own.username}@'%'`, `${name}.*`];
      const make = [`create user ${user} identified by 'a-word'`, `grant all on ${rights} to ${user}`];
      await runOnServer(make, server);
      try {
        const plain = await open(own.toString());
        const rows = Array.from({ length: 2_500 }, (_, i) => [1_000 + i, i]);
        const insert = (tx: SqlTx) => tx.insertRows({ table: 't', columns: ['id', 'n'], onConflict: 'ignore' }, rows);
        expect([await plain.transaction('new', insert), await plain.transaction('again', insert)]).toEqual([2_500, 0]);
        await migrate(plain, [{ id: '1-own', statements: () => ['create table own (id int primary key)'] }], {
          logger,
        });
        await plain.close();
      } finally {
        await runOnServer([`drop user ${user}`], server);
      }
    });

    test('closes after what is running, and refuses what comes later', async () => {
      const closing = await open(databaseUrl);
      const running = closing.transaction('add', async (tx) => {
        await runtime.sleep(20);
        return add(9)(tx);
      });
      const closed = closing.close();
      expect(await running).toBe(1);
      await closed;
      await expect(closing.read('late', async () => undefined)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    });

    test('says which database is missing', async () => {
      const nowhere = new URL(databaseUrl);
      nowhere.pathname = '/daybreak_test_nowhere';
      await expect(open(nowhere.toString())).rejects.toThrow(/no database "daybreak_test_nowhere"/);
    });

    test('names a refused user without the password', async () => {
      const wrong = new URL(databaseUrl);
      wrong.username = 'daybreak_nobody';
      wrong.password = 'hunter2';
      const error: unknown = await open(wrong.toString()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'STORE_UNREACHABLE', retryable: false });
      expect(String((error as Error).message)).toContain('daybreak_nobody');
      expect(String((error as Error).message)).not.toContain('hunter2');
    });
  });
});

describe('a MySQL store', () => {
  test('that does not answer is named by host and port', async () => {
    const closedPort = await createTcpProxy({ host: '127.0.0.1', port: 1 });
    await closedPort.close();
    const attempt = open(`mysql://root:hunter2@127.0.0.1:${closedPort.port}/x`);
    await expect(attempt).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', retryable: true });
    await expect(open(`mysql://root:hunter2@127.0.0.1:${closedPort.port}/x`)).rejects.toThrow(
      new RegExp(`127\\.0\\.0\\.1:${closedPort.port}`),
    );
  });

  test.each([
    'mysql://',
    'mysql://host',
    'mysql://host/',
    'mysql://user:pass@host:3306/db?ssl=1',
    'postgres://x/y',
    'sqlite:',
  ])('with the URL %s is refused with how to write it', async (url) => {
    await expect(open(url)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });
});

/** Runs it outside of the transaction that is on: as another process would. */
const outside = AsyncLocalStorage.snapshot();

/** A place where `count` callers wait for each other, once; later ones pass. */
function meeting(count: number): () => Promise<void> {
  let left = count;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    left--;
    if (left <= 0) open();
    return all;
  };
}
