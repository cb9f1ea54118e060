import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { describeSqlStore } from './sql-store.suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'daybreak-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const runtime = systemRuntime();
const open = (url: string): Promise<SqlStore> => openSqlStore({ url, busyWaitMs: 0 }, { runtime, logger });

describeSqlStore('SQLite in memory', () => open('sqlite::memory:'));
describeSqlStore('SQLite in a file', () => open(`sqlite:${join(folder, 'suite.db')}`));

describe('the embedded store', () => {
  test('runs one body at a time, in the order in which they were asked for', async () => {
    const store = await open('sqlite::memory:');
    const order: string[] = [];
    const slowly = (name: string) => async (): Promise<void> => {
      order.push(`${name} begins`);
      await runtime.yieldTurn();
      await runtime.yieldTurn();
      order.push(`${name} ends`);
    };
    await Promise.all([
      store.transaction('a', slowly('a')),
      store.read('b', slowly('b')),
      store.transaction('c', slowly('c')),
      store.transaction('d', slowly('d'), { urgent: true }),
    ]);
    // d is urgent: it goes before those who wait, not into the middle of the one that runs.
    expect(order).toEqual(['a', 'd', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
    await store.close();
  });

  test('gives the next its turn when a body throws', async () => {
    const store = await open('sqlite::memory:');
    const failing = store.transaction('fails', async () => {
      throw new Error('on purpose');
    });
    const next = store.transaction('next', async () => 'done');
    await expect(failing).rejects.toThrow('on purpose');
    expect(await next).toBe('done');
    await store.close();
  });

  test('keeps what it has committed when its process is killed', async () => {
    const path = join(folder, 'killed.db');
    const child = otherProcess(
      path,
      `
      await store.transaction('write', async (tx) => {
        await tx.run('create table t (a integer)');
        await tx.run('insert into t values (42)');
      });
      await store.transaction('never', async (tx) => {
        await tx.run('insert into t values (43)');
        console.log('ready');
        await new Promise(() => setInterval(() => undefined, 1000));
      });`,
    );
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = await open(`sqlite:${path}`);
    expect(await store.read('rows', (db) => db.arrays('select a from t'))).toEqual([[42]]);
    await store.close();
  });

  test('tells a second process who owns the file, and lets it in after the owner is gone', async () => {
    const path = join(folder, 'owned.db');
    const child = otherProcess(
      path,
      `console.log('ready'); await new Promise(() => setInterval(() => undefined, 1000));`,
    );
    await once(child.stdout, 'data');
    const refused = open(`sqlite:${path}`);
    await expect(refused).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true, details: { pid: child.pid } });
    await expect(open(`sqlite:${path}`)).rejects.toThrow(new RegExp(`process ${child.pid} .* since 20\\d\\d-`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = await open(`sqlite:${path}`);
    await store.close();
    expect(existsSync(`${path}.owner`)).toBe(false);
  });

  test('waits a while for an owner that is about to go', async () => {
    const path = join(folder, 'waiting.db');
    const first = await open(`sqlite:${path}`);
    const second = openSqlStore({ url: `sqlite:${path}`, busyWaitMs: 20_000 }, { runtime, logger });
    await runtime.sleep(120);
    await first.close();
    await (await second).close();
  });

  test('does not name a process that is gone as the owner', async () => {
    const path = join(folder, 'stale.db');
    const store = await open(`sqlite:${path}`);
    writeFileSync(`${path}.owner`, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), since: 'long ago' }));
    await expect(open(`sqlite:${path}`)).rejects.toThrow(/another process has it/);
    await store.close();
  });

  test('rolls back when the COMMIT itself is refused, and works on', async () => {
    const store = await open('sqlite::memory:');
    await store.transaction('tables', async (tx) => {
      await tx.run('create table parent (id integer primary key)');
      await tx.run('create table child (id integer references parent (id) deferrable initially deferred)');
    });
    const attempt = store.transaction('orphan', (tx) => tx.run('insert into child values (7)'));
    await expect(attempt).rejects.toMatchObject({ code: 'SQL_REFUSED' });
    expect(await store.read('count', (db) => db.arrays('select count(*) from child'))).toEqual([[0]]);
    await store.close();
  });

  test('refuses a file that is no database, and leaves it as it is', async () => {
    const path = join(folder, 'notes.txt');
    const text = 'these are notes and no database at all. '.repeat(100);
    writeFileSync(path, text);
    await expect(open(`sqlite:${path}`)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('says what is wrong with a folder that is not there', async () => {
    const attempt = open(`sqlite:${join(folder, 'nowhere', 'x.db')}`);
    await expect(attempt).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', retryable: false });
  });

  test('stands on WAL, synchronous FULL and an exclusive lock', async () => {
    const store = await open(`sqlite:${join(folder, 'pragmas.db')}`);
    const pragma = (name: string) => store.read('pragma', (db) => db.arrays(`pragma ${name}`));
    expect(await pragma('journal_mode')).toEqual([['wal']]);
    expect(await pragma('synchronous')).toEqual([[2]]);
    expect(await pragma('locking_mode')).toEqual([['exclusive']]);
    await store.close();
    await expect(store.read('late', async () => undefined)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});

/** Another process that opens the store at `path` and then does `work` with it. */
function otherProcess(path: string, work: string) {
  const shared = (file: string): string => JSON.stringify(join(import.meta.dirname, '../../shared', file));
  const script = `
    import { openSqlStore } from ${shared('sql/open-store.ts')};
    import { silentLogger as logger } from ${shared('logger.ts')};
    import { systemRuntime } from ${shared('runtime/system-runtime.ts')};
    const store = await openSqlStore(${JSON.stringify(`sqlite:${path}`)}, { runtime: systemRuntime(), logger });
    ${work}`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}
