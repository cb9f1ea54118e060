import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import { node } from '../../executor/storage/migrations/0001-node.ts';
import { slices } from '../../executor/storage/migrations/0002-slices.ts';
import { money } from '../../executor/storage/migrations/0003-money.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate, migrationsBehind } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { type PrintedServer, printMigrations } from '../../shared/sql/print-migrations.ts';
import type { Migration, SqlReader, SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachServer } from '../support/each-store.ts';
import { loggedLines } from '../support/logged-lines.ts';
import { createMysqlDatabase, runOnServer } from '../support/mysql-database.ts';

const runtime = systemRuntime();

describe('migrations on SQLite', () => {
  describeMigrate(() => openSqlStore('sqlite::memory:', { runtime, logger }));

  test('a failing one leaves nothing of itself behind', async () => {
    const store = await openSqlStore('sqlite::memory:', { runtime, logger });
    const broken = migration('0001-a', 'create table a (id integer)', 'create table a (id integer)');
    await expect(migrate(store, [broken], { logger })).rejects.toMatchObject({ code: 'SQL_FAILED' });
    await migrate(store, [migration('0001-a', 'create table a (id integer)')], { logger });
    await store.close();
  });
});

describeOnEachServer('migrations', (server) => {
  const drops: (() => Promise<void>)[] = [];
  const openFresh = async (): Promise<SqlStore> => {
    const database = await createMysqlDatabase(server);
    drops.push(database.drop);
    return openSqlStore({ url: database.url, connections: 3, durability: 'warn' }, { runtime, logger });
  };
  afterAll(async () => {
    for (const drop of drops) await drop();
  });

  describeMigrate(openFresh);

  test('one that failed half way goes on where it stopped, with what was wrong put right', async () => {
    const store = await openFresh();
    const broken = migration(
      '0001-a',
      'create table a (id int)',
      'create table b (id nonsense)',
      'create table c (id int)',
    );
    await expect(migrate(store, [broken], { logger })).rejects.toMatchObject({ code: 'SQL_FAILED' });
    const mended = migration('0001-a', 'create table a (id int)', 'create table b (id int)', 'create table c (id int)');
    expect(await migrate(store, [mended], { logger })).toEqual(['0001-a']);
    expect(await migrate(store, [mended], { logger })).toEqual([]);
    await store.close();
  });

  test('one that failed half way is refused when what was already done has another text', async () => {
    const store = await openFresh();
    const broken = migration('0001-a', 'create table a (id int)', 'create table b (id nonsense)');
    await expect(migrate(store, [broken], { logger })).rejects.toMatchObject({ code: 'SQL_FAILED' });
    const other = migration('0001-a', 'create table other (id int)', 'create table b (id int)');
    await expect(migrate(store, [other], { logger })).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    await store.close();
  });

  test('a statement that was done when the power went, but not written down, is not an error', async () => {
    const store = await openFresh();
    const texts = [
      'create table a (id int)',
      'create index a_id on a (id)',
      'alter table a add column n int',
      'create table c (id int)',
      'alter table a drop column n',
    ];
    const whole = migration('0001-a', ...texts);
    await migrate(store, [whole], { logger });
    for (const done of [0, 1, 2, 3, 4]) {
      // As it stands after a crash between statement `done` and the note that it is done.
      await store.transaction('crash', async (tx) => {
        await tx.run(
          'update schema_migration set statements_done = ?, in_flight = ?, applied_at = null, checksum = ?',
          [done, done + 1, await checksumAfter(openFresh, texts.slice(0, done))],
        );
        if (done < 3) await tx.run('drop table if exists c');
        if (done === 2 || done === 3) await tx.run('alter table a add column n int');
        if (done < 1) await tx.run('drop index a_id on a');
      });
      expect(await migrate(store, [whole], { logger })).toEqual(['0001-a']);
    }
    await store.close();
  });

  test('one whose process is killed in the middle is gone on with by the next, which had to wait for nothing but that', async () => {
    const database = await createMysqlDatabase(server);
    drops.push(database.drop);
    const texts = ['create table a (id int)', 'do sleep(600)', 'create table b (id int)'];
    const child = migratingProcess(database.url, texts);
    const store = await openSqlStore({ url: database.url, connections: 3, durability: 'warn' }, { runtime, logger });
    await expect.poll(() => inFlight(store), { timeout: 120_000 }).toEqual([[1, 2]]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    // What the server still runs for the dead is ended, as a server does when it notices.
    const sleeping = await store.read('sleeping', (db) =>
      db.arrays(`select id from information_schema.processlist where info = 'do sleep(600)'`),
    );
    for (const [id] of sleeping) await runOnServer([`kill ${id}`], server).catch(() => undefined);
    const mended = migration('0001-a', texts[0] ?? '', 'do sleep(0)', texts[2] ?? '');
    await expect(migrate(store, [mended], { logger, waitMs: 120_000 })).resolves.toEqual(['0001-a']);
    expect(await store.read('b', (db) => db.arrays('select count(*) from b'))).toEqual([[0]]);
    await store.close();
  });

  test('the lock is not left behind by a migration that met a lock wait or failed', async () => {
    const store = await openFresh();
    const broken = migration('0001-a', 'create table a (id nonsense)');
    await expect(migrate(store, [broken], { logger })).rejects.toMatchObject({ code: 'SQL_FAILED' });
    const deadlocked = migration('0001-a', `signal sqlstate '40001' set mysql_errno = 1213, message_text = 'made up'`);
    await store.transaction('forget', (tx) => tx.run('delete from schema_migration'));
    await expect(migrate(store, [deadlocked], { logger })).rejects.toMatchObject({ code: 'SQL_DEADLOCK' });
    await expect
      .poll(
        () => store.read('free', (db) => db.arrays(`select is_used_lock(left(concat('daybreak.', database()), 64))`)),
        { timeout: 60_000 },
      )
      .toEqual([[null]]);
    await store.close();
  });

  test('who may make tables but no triggers is told what to do, and goes on from there', async () => {
    const store = await openFresh();
    const guard = `signal sqlstate 'HY000' set mysql_errno = 1419, message_text = 'made up'`;
    const forbidden = migrate(store, [migration('0001-a', 'create table a (id int)', guard)], { logger });
    await expect(forbidden).rejects.toMatchObject({
      code: 'STORE_UNFIT',
      message: expect.stringMatching(/log_bin_trust_function_creators = ON.*daybreak migrate --print/),
    });
    const allowed = migration('0001-a', 'create table a (id int)', 'do 0');
    expect(await migrate(store, [allowed], { logger })).toEqual(['0001-a']);
    await store.close();
  });

  test("items' states have one width, and an item's row keeps its default and takes no other word", async () => {
    const store = await openFresh();
    await migrate(store, executorMigrations, { logger });
    const column = await store.read('type', (db) =>
      db.get(`select column_type as type from information_schema.columns
        where table_schema = database() and table_name = 'item' and column_name = 'state'`),
    );
    expect(column).toEqual({ type: 'char(10)' });
    const columns = 'run_id, slice_no, seq, subject, amount_minor, currency, presentation';
    await store.transaction('item', (tx) => tx.run(`insert into item (${columns}) values (1, 0, 1, 1, 500, 'CNY', 1)`));
    const become = (state: string) => store.transaction('state', (tx) => tx.run(`update item set state = ?`, [state]));
    expect(await store.read('state', (db) => db.arrays('select state from item'))).toEqual([['PENDING']]);
    expect(await become('RETRY_WAIT')).toBe(1);
    await expect(become('NONSENSE')).rejects.toMatchObject({ code: 'SQL_REFUSED' });
    await store.close();
  });

  test('who waits for too long is told', async () => {
    const store = await openFresh();
    const { logger: loud, lines } = loggedLines();
    const holder = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const holding = store.transaction('hold', async (tx) => {
      await tx.get(`select get_lock(left(concat('daybreak.', database()), 64), 0) as got`);
      held.resolve();
      await holder.promise;
      await tx.get(`select release_lock(left(concat('daybreak.', database()), 64)) as gone`);
    });
    await held.promise;
    await expect(migrate(store, [node], { logger: loud, waitMs: 1_000 })).rejects.toMatchObject({
      code: 'STORE_BUSY',
      message: expect.stringContaining('has been migrating'),
    });
    expect(lines).toEqual([]);
    holder.resolve();
    await holding;
    await store.close();
  });

  test('the one that is applying is waited for by another process', async () => {
    const database = await createMysqlDatabase(server);
    drops.push(database.drop);
    const stores = await Promise.all(
      [1, 2, 3].map(() => openSqlStore({ url: database.url, connections: 2, durability: 'warn' }, { runtime, logger })),
    );
    const applied = await Promise.all(stores.map((store) => migrate(store, [node, slices], { logger })));
    expect(applied.flat().sort()).toEqual(['0001-node', '0002-slices']);
    for (const store of stores) await store.close();
  });
});

function describeMigrate(open: () => Promise<SqlStore>): void {
  test('all tables of executor and settlement are made, once', async () => {
    const store = await open();
    const all = [...executorMigrations, settlement];
    expect(await migrate(store, all, { logger })).toEqual(all.map((one) => one.id));
    expect(await migrate(store, all, { logger })).toEqual([]);
    const tables = ['x_outbox', 'slice', 'item', 'call_out', 'ledger', 'open_item', 'plan', 'night', 'difference'];
    for (const table of tables) {
      expect(await store.read('count', (db) => db.arrays(`select count(*) from ${table}`))).toEqual([[0]]);
    }
    await store.close();
  });

  test('what must never change is refused by the tables themselves', async () => {
    const store = await open();
    await migrate(store, [node, slices, money], { logger });
    const columns =
      'downstream_id, subject, presentation, attempt, run_id, slice_no, seq, request_no, body_hash, account_no, ' +
      'amount_minor, currency, expire_at, key_dead_at, stored_at, send_deadline_at, sends, state';
    await store.transaction('call', (tx) =>
      tx.run(
        `insert into call_out (${columns}) values (1, 1, 1, 1, 1, 0, 1, 'r', 'h', 'a', 500, 'CNY', 1, 1, 1, 1, 1, 'STORED')`,
      ),
    );
    const change = (set: string): Promise<number> =>
      store.transaction('change', (tx) => tx.run(`update call_out set ${set}`));
    await expect(change('amount_minor = 501')).rejects.toMatchObject({
      code: 'SQL_REFUSED',
      message: expect.stringContaining('never change'),
    });
    await expect(change(`state = 'NONSENSE'`)).rejects.toMatchObject({ code: 'SQL_REFUSED' });
    expect(await change(`state = 'SENT', checks = checks + 1`)).toBe(1);
    await store.close();
  });

  test('what is printed makes the same store: migrating it finds nothing to do', async () => {
    const [printed, migrated] = [await open(), await open()];
    const server = await serverOf(printed);
    const all = [node, slices, money];
    // As a client may be that nobody told otherwise.
    const latin1 = server === 'sqlite' ? '' : 'set names latin1;\n';
    await applyText(printed, `${latin1}${printMigrations(all, server, 'executor')}`);
    expect(await migrationsBehind(printed, all, 'executor')).toEqual([]);
    expect(await migrate(printed, all, { logger, component: 'executor' })).toEqual([]);
    await migrate(migrated, all, { logger, component: 'executor' });
    expect(await tablesOf(printed)).toEqual(await tablesOf(migrated));
    await printed.close();
    await migrated.close();
  });

  test('what a store lacks is told without changing it', async () => {
    const store = await open();
    expect(await migrationsBehind(store, [node, slices])).toEqual(['0001-node', '0002-slices']);
    expect(await store.read('still empty', hasBook)).toBe(false);
    await migrate(store, [node], { logger });
    expect(await migrationsBehind(store, [node, slices])).toEqual(['0002-slices']);
    await migrate(store, [node, slices], { logger });
    expect(await migrationsBehind(store, [node, slices])).toEqual([]);
    await expect(migrationsBehind(store, [node])).rejects.toMatchObject({ code: 'MIGRATION_UNKNOWN' });
    await store.close();
  });

  test('a later one is applied alone', async () => {
    const store = await open();
    const [first, second] = [
      migration('0001-a', 'create table a (id int)'),
      migration('0002-b', 'create table b (id int)'),
    ];
    expect(await migrate(store, [first], { logger })).toEqual(['0001-a']);
    expect(await migrate(store, [first, second], { logger })).toEqual(['0002-b']);
    await store.close();
  });

  test('an applied one with another text is refused by name, other white space is no other text', async () => {
    const store = await open();
    await migrate(store, [migration('0001-a', 'create table a (id int)')], { logger });
    await migrate(store, [migration('0001-a', '  create   table a\n (id int)')], { logger });
    const changed = migrate(store, [migration('0001-a', 'create table a (id int, n int)')], { logger });
    await expect(changed).rejects.toMatchObject({ code: 'MIGRATION_CHANGED', details: { migration: '0001-a' } });
    const longer = migrate(store, [migration('0001-a', 'create table a (id int)', 'create table b (id int)')], {
      logger,
    });
    await expect(longer).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    await store.close();
  });

  test('a store of a newer version is refused', async () => {
    const store = await open();
    const [first, second] = [
      migration('0001-a', 'create table a (id int)'),
      migration('0002-b', 'create table b (id int)'),
    ];
    await migrate(store, [first, second], { logger });
    const older = migrate(store, [first], { logger });
    await expect(older).rejects.toMatchObject({ code: 'MIGRATION_UNKNOWN', details: { unknown: ['0002-b'] } });
    await store.close();
  });

  test('two components of one store know nothing of each other', async () => {
    const store = await open();
    const id = '0001-first';
    expect(
      await migrate(store, [migration(id, 'create table a (id int)')], { logger, component: 'scheduler' }),
    ).toEqual([id]);
    expect(await migrate(store, [migration(id, 'create table b (id int)')], { logger, component: 'executor' })).toEqual(
      [id],
    );
    await store.close();
  });

  test('a list that is not in order is a mistake of ours', async () => {
    const store = await open();
    await expect(migrate(store, [migration('0002-b'), migration('0001-a')], { logger })).rejects.toThrow(/order/);
    await store.close();
  });
}

/** A process that migrates this database, until it has or is killed. */
function migratingProcess(url: string, texts: readonly string[]): ReturnType<typeof spawn> {
  const root = join(import.meta.dirname, '../..');
  const script = `
    import { openSqlStore } from '${root}/shared/sql/open-store.ts';
    import { migrate } from '${root}/shared/sql/migrate.ts';
    import { systemRuntime } from '${root}/shared/runtime/system-runtime.ts';
    import { silentLogger as logger } from '${root}/shared/logger.ts';
    const store = await openSqlStore({ url: ${JSON.stringify(url)}, durability: 'warn' }, { runtime: systemRuntime(), logger });
    await migrate(store, [{ id: '0001-a', statements: () => ${JSON.stringify(texts)} }], { logger });`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Of each migration: how many statements are done, and how many were begun. */
async function inFlight(store: SqlStore): Promise<unknown> {
  try {
    return await store.read('in flight', (db) => db.arrays('select statements_done, in_flight from schema_migration'));
  } catch (error) {
    return String(error);
  }
}

function migration(id: string, ...statements: string[]): Migration {
  return { id, statements: () => statements };
}

/** The checksum that stands in the book when exactly these statements are done. */
async function checksumAfter(openFresh: () => Promise<SqlStore>, texts: readonly string[]): Promise<string> {
  const store = await openFresh();
  await migrate(store, [migration('0001-a', ...texts)], { logger });
  const row = await store.read('checksum', (db) =>
    db.get<{ checksum: string }>('select checksum from schema_migration'),
  );
  await store.close();
  return row?.checksum ?? '';
}

async function serverOf(store: SqlStore): Promise<PrintedServer> {
  if (store.dialect === 'sqlite') return 'sqlite';
  const row = await store.read('version', (db) => db.get<{ version: string }>('select version() as version'));
  return /mariadb/i.test(row?.version ?? '') ? 'mariadb' : 'mysql';
}

/** Runs a printed text as the server's own client would: by its end marks. */
async function applyText(store: SqlStore, text: string): Promise<void> {
  const plain = text.replace(/^(-- .*|delimiter .*|begin immediate;|commit;)$/gm, '');
  const statements: string[] = [];
  for (const part of plain.split(/;\s*\n|\/\/\s*\n/)) {
    const before = statements.at(-1) ?? '';
    // No statement but a trigger of SQLite holds an end mark, and that one ends in "end".
    const isOpen = /\bbegin\b/i.test(before) && !/\bend\s*$/i.test(before);
    if (isOpen) statements.splice(-1, 1, `${before};\n${part}`);
    else if (part.trim() !== '') statements.push(part.trim());
  }
  await store.transaction(
    'apply',
    async (tx) => {
      for (const statement of statements) await tx.run(statement);
    },
    { ownSession: true },
  );
}

function hasBook(db: SqlReader): Promise<boolean> {
  return db.arrays('select count(*) from schema_migration').then(
    () => true,
    () => false,
  );
}

/** Names of tables, columns and triggers, in order; what is checked, and with which characters. */
async function tablesOf(store: SqlStore): Promise<unknown> {
  if (store.dialect === 'sqlite') {
    const text = `select type, name, sql from sqlite_master where name not like 'sqlite_%' order by type, name`;
    return store.read('tables', (db) => db.arrays(text));
  }
  return store.read('tables', async (db) => [
    await db.arrays(`select table_name, column_name, column_type, collation_name from information_schema.columns
      where table_schema = database() order by table_name, ordinal_position`),
    await db.arrays(`select constraint_name, check_clause from information_schema.check_constraints
      where constraint_schema = database() order by constraint_name, check_clause`),
    await db.arrays(`select trigger_name, action_statement, character_set_client, collation_connection
      from information_schema.triggers where trigger_schema = database() order by trigger_name`),
  ]);
}
