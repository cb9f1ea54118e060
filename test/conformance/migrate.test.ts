import { afterAll, describe, expect, test } from 'vitest';
import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import { node } from '../../executor/storage/migrations/0001-node.ts';
import { slices } from '../../executor/storage/migrations/0002-slices.ts';
import { money } from '../../executor/storage/migrations/0003-money.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { Migration, SqlStore } from '../../shared/sql/sql.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

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

describeWith(['MariaDB'], 'migrations on MySQL', () => {
  const drops: (() => Promise<void>)[] = [];
  const openFresh = async (): Promise<SqlStore> => {
    const database = await createMysqlDatabase();
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
    ];
    const whole = migration('0001-a', ...texts);
    await migrate(store, [whole], { logger });
    for (const done of [0, 1, 2, 3]) {
      // As it stands after a crash between statement `done` and the note that it is done.
      await store.transaction('crash', async (tx) => {
        await tx.run(
          'update schema_migration set statements_done = ?, in_flight = ?, applied_at = null, checksum = ?',
          [done, done + 1, await checksumAfter(openFresh, texts.slice(0, done))],
        );
        if (done < 3) await tx.run('drop table if exists c');
        if (done < 2) await tx.run('alter table a drop column n');
        if (done < 1) await tx.run('drop index a_id on a');
      });
      expect(await migrate(store, [whole], { logger })).toEqual(['0001-a']);
    }
    await store.close();
  });

  test('the one that is applying is waited for by another process', async () => {
    const database = await createMysqlDatabase();
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
